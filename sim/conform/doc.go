// Package conform is a black-box conformance suite for any program that claims to be Serf. It starts the binary under
// test on loopback addresses, plays peers over UDP and TCP, RPC clients, command lines, handlers and signals, and
// checks bytes, timing, output and exit codes.
//
// The suite needs the build tag conform:
//
//	cd sim/conform && go test -tags conform                              # builds and checks ours
//	cd sim/conform && go test -tags conform -agent=/path/to/serf         # checks another one
//	cd sim/conform && go test -tags conform -agent=/usr/bin/serf -known=debian
//	cd sim/conform && go test -tags conform -run TestGossip/13           # one chapter
//
// `make conform` runs ours and, where it is installed, Debian's.
//
// # Checks
//
// Each check proves one statement and is a subtest named after the place that makes it: TestGossip/5/compound-of-none-is-a-no-op is
// about chapter 5 of the gossip protocol. The names are stable; checks.txt lists them with section and statement, and
// -list-checks prints the same. A failing check prints the statement, what was expected, what was seen, and what the
// processes and peers that took part had to say.
//
// # Independence
//
// Nothing of ours is imported but sim/process, which starts programs and keeps what they print. Peers encode with a MessagePack library and the standard library's ciphers, LZW and CRC,
// from structures written down from the specification, so that a mistake in our codec is not shared by its judge.
// Waiting is for conditions: that a message has had no effect is shown by a later one that has.
//
// # Known differences
//
// Releases differ. A list of known differences names the checks that a certain binary fails, each with its reason
// (known_debian_test.go). They are the only failures that are tolerated with -known, and a listed check that passes is
// an error too, so that the list cannot rot. Thus the reference itself proves the suite.
//
// # Writing a check
//
// Take the file of its subject, add a line to the table, and run the suite with -run List -update to renew checks.txt.
// Checks run in parallel, each with addresses of its own. What cannot disturb others asks sharedAgent.
package conform
