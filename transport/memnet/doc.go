// Package memnet is a network in memory: the twin of package transport's sockets for tests of drivers. Call New with the
// faults you want, then Listen for each member; an Endpoint is a transport.Transport.
//
// # Model
//
// A packet is copied when it is sent and lies in the receiver's inbox until its latency has passed; then ReadBatch takes it.
// Packets that are due at the same instant come in the order in which they were sent, so latencies that differ reorder
// packets and equal ones do not. A packet to an address where nobody listens is lost without an error, as with UDP.
//
// A stream is a pair of buffers. Connecting takes the latency there and back, bytes take the latency of their direction, in
// order. A writer does not need a reader until StreamWindow bytes wait. Deadlines work as with package net.
//
// # Time
//
// All waiting is on timers and channels of the calling goroutines; there is no goroutine of the network and no I/O. So a
// network made inside a testing/synctest bubble lives on the bubble's clock, and a member that waits for packets counts
// as blocked.
//
// # Concurrency
//
// Everything is safe for concurrent use. The hooks are called one at a time.
//
// # Limits
//
// InboxMax packets on their way to one endpoint, BacklogMax streams that wait for Accept, StreamWindow bytes in each direction
// of a stream. The limits of accepted streams by source, and descriptors that run out, belong to real sockets and have no
// twin here.
package memnet
