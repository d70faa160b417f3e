// Package eventbus holds what a cluster tells its applications: the Event and the Member it is about, coalescing of
// bursts, and the bounded Ring from which a subscriber reads.
//
// Start with NewRing and ParseFilter; NewCoalescer is for who makes events.
//
// # Model
//
// A Coalescer stands before all subscribers, a Ring before each. Both are plain values without goroutines: a driver puts
// events in and takes events out.
//
// # Time
//
// Coalescers are told the time and say with NextDeadline when they want to be told again. Both ends of a window count
// from the times of the events.
//
// # Concurrency
//
// Events and members are immutable and may be shared by any number of goroutines. Everything else belongs to one
// goroutine, or to one lock.
//
// # Limits
//
// A Ring never holds more than its capacity and counts what it lost. A window is flushed early at 65536 members or 4096
// user events.
//
// # Deviations
//
// The reference never clears a member window, so that an update is told again at each later flush; here a window ends
// with its flush. After a reap the reference remembers the member for ever; here it is forgotten.
package eventbus
