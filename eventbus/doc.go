// Package eventbus holds what a cluster tells its applications and what they tell each other: user events, queries and
// their answers, the messages in which both travel, coalescing of bursts, and the bounded Ring from which a subscriber
// reads.
//
// Who reads starts with NewRing and ParseFilter; who makes a member starts with NewUserEvents and NewQueries.
//
// # Model
//
// UserEvents and Queries each join a Lamport clock with a memory of what was heard at its latest times. A message is
// news once; what is news is told here and gossiped on. Queries further holds the own queries that are running, as
// collectors, and the received ones that can still be responded to. A Pacer lets own events go a few at a time, an Order
// tells received ones by their Lamport time. A Coalescer stands before all subscribers, a Ring before each. All are plain values without goroutines: a driver puts messages and events in and takes them out.
//
// A query ends when each member that was expected to answer has: those alive or leaving at its start that pass its
// filters, as far as is known here. An answer is whole with the response, and with the ack if acks were asked for; a
// QueryPing is answered by its ack alone. A member that is lost meanwhile is no longer expected.
//
// # Time
//
// Coalescers and Queries are told the time and say with NextDeadline when they want to be told again. Both ends of a
// window count from the times of the events. The deadline of a received query counts from its receipt.
//
// # Concurrency
//
// Events and members are immutable and may be shared by any number of goroutines. Everything else belongs to one
// goroutine, or to one lock.
//
// # Limits
//
// Own events wait, at most WaitingMax of them or WaitingBytesMax, and beyond that their sender is told; at most
// OrderHeldMax received ones wait for earlier ones. A Ring never holds more than its capacity and counts what it lost. A window is flushed early at 65536 members or 4096
// user events. Of one Lamport time 64 events and 64 queries are taken; times more than 2^32 ahead are refused. Remembered
// events, running and open queries, answers under unknown names, compiled expressions and counted names all have limits
// in the configuration or as constants with their reasons.
//
// What is sent has to fit: into the configured limit, and into a gossip packet, or it is refused with both sizes.
//
// # Trust
//
// Whoever has the gossip key can send events and queries and, having seen a query, answer it in any name. An answer counts
// once for each name, and names of no members are few, or none with MembersOnly. Nothing is ever sent or passed on to an
// address that is no member's, and only responses are passed on.
//
// # Deviations
//
// The reference never clears a member window, so that an update is told again at each later flush; here a window ends
// with its flush. After a reap the reference remembers the member for ever; here it is forgotten. The other differences
// are those of the limits and the trust above, of the early end of queries, and these: memory reaches back 2048 times
// instead of 512; replayed events keep their leave to be coalesced; answers too large for a packet go over a stream; a
// relayed answer may be as large as a direct one; the asking member is never its own relay and answers itself without
// the network.
package eventbus
