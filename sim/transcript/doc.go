// Package transcript runs short plays of swim nodes on virtual time and writes down every effect. The plays lie in
// testdata; the tests compare them line by line, and `go test ./sim/transcript -rewrite` writes them anew.
//
// Start with Run.
//
// # Model
//
// A play is a header of comment lines, which draws the situation, and blocks. A block is commands, a line of four dashes,
// and the lines that the commands must bring about:
//
//	drop a->b
//	advance 1s
//	----
//	1.000s a>b ping seq=1
//	1.500s a>c indirect-ping b seq=1
//
// Commands:
//
//	node NAME [option=value ...]   start a node; options: probe, timeout, gossip, pushpull (durations), k (indirect checks)
//	join A B                       A does a push/pull with B as a joiner
//	leave A; meta A TEXT           A leaves; A changes its metadata
//	crash A                        A is gone
//	drop A->B; pass A->B           packets from A to B are lost; are not
//	cut A->B; mend A->B            streams from A to B cannot be opened; can
//	tell A suspect|dead NODE INC FROM   A receives that message
//	tell A alive NODE INC          A receives an alive message about a node it knows
//	advance DURATION               time passes
//	members A                      prints what A knows
//
// Each packet takes 5 ms, each direction of a stream 10 ms. Sequence numbers are unpredictable on purpose; they are shown in
// order of their first appearance. Below a node's effects stand the counters that the command moved, so that a play also
// shows which branch was taken.
package transcript
