// Package agent is a running member: real time, sockets and a log around the machine of package membership. It needs no
// RPC, HTTP or command line; a program embeds a member with it.
//
// Start with Start and Join. Members shows who is there, Subscribe tells what happens, UserEvent and Query talk to the others,
// Leave and Shutdown end it.
//
// # Model
//
// One goroutine, the loop, owns the membership.Cluster:
//
//	sockets ─► reader: open packets ─► inbox ─┐
//	streams ─► one goroutine each ── arrivals ─┤
//	callers ─────────────────────── commands ──┼─► loop ─► Cluster ─► effects ─► packets, streams, log, subscriptions
//	                                 timer ────┘                └─────► view (atomic pointer) ─► readers
//
// It takes one input, does all that the machine then wants, publishes the new View if there is one, and sets its only timer
// to the machine's next deadline. Decryption, decompression, and the encoding and decoding of whole states happen in other
// goroutines.
//
// # Time
//
// The loop reads the clock once per input; a packet carries the time at which it was read. An idle agent wakes up for the
// machine's deadlines and for nothing else.
//
// # Concurrency
//
// An Agent's methods may be called by any goroutine. View and Members never wait for the loop. A command's result comes after
// the view that shows its effect. An idle agent has three goroutines, one more with a snapshot, and one more while it
// looks after seeds with host names; each open stream has one more.
//
// # Files
//
// The snapshot and the keyring file are written outside the loop, which never waits for the disk. The answer to a key
// operation does: it leaves when the file is written. A file of keys or tags always has its old content or all of the new.
//
// # Limits
//
// Messages waiting for the loop, commands waiting and under way, answers waiting for the reader of a query, streams in either
// direction, push/pulls at once, states being decoded at once, and the bytes of all open streams together are bounded by the
// constants of this package and by transport.Config. What exceeds a limit is dropped or refused, counted (group "trouble" of
// Stats) and logged at most once in ten seconds.
//
// # Deviations
//
// Host names are looked up by the system resolver alone; the reference first asks the first name server for records of
// type ANY, which name servers refuse today.
//
// A query ends as soon as everybody who was asked has answered; QueryParams.WaitFull keeps it until its timeout. Files of keys
// and tags are replaced, not overwritten. A member that loses its name to another ends with an error.
package agent
