// Package membership is the whole machine: Cluster joins the failure detector of package swim with Serf's rules about
// members, tags, intents and Lamport time.
//
// Start with New and drive it as the example does; Join and View come next.
//
// # Model
//
// Two sources say how a member does. The failure detector says whether it is there. Intents, gossiped with a Lamport
// time, say whether it means to be: a join intent after each successful join, a leave intent when it leaves or an
// operator says so. A departure is a leave when a leave intent came before it and a failure otherwise; a leave intent
// that comes later turns the failure into a leave. An intent about a member counts only when its time is later than that
// of the last one, so that all members come to the same end in whatever order they hear. A live member that hears of its
// own leave denies it with a later join intent.
//
// A Cluster is a machine like swim.Node: inputs and commands in, effects out, one deadline. It handles the node's events
// itself, puts Serf's part into each push/pull that leaves, and takes it out of each that comes. Commands that take time
// end with a Done effect that carries their Token.
//
// # Time
//
// Every call is told the time. All waits are deadlines: NextDeadline returns the first one, of the failure detector or
// of this package, and HandleDeadline does what is due. Timers without anything to do are not armed. A broadcast that
// was queued asks for a HandleDeadline at once, which lets the failure detector see it.
//
// # Concurrency
//
// A Cluster belongs to one goroutine. Views, members and events are immutable and may be read by any.
//
// # Limits
//
// Members, intents of unknown members, queued broadcasts, dials and commands have a limit each in Config, and each case
// of something ignored has a counter in Stats. A push/pull may hold 2^20 names. Lamport times more than 2^32 ahead are
// not believed.
//
// # Deviations
//
// From what the reference does, and why:
//   - A prune waits until its member is really gone, and ends when the member denies: a live member would otherwise be
//     there unseen.
//   - A left member's Lamport time is merged as it is where it is left or leaving already: counting one up on each
//     exchange drives all clocks.
//   - The intent of a member not yet known is used once: kept, it would mark the member's next life. Their number is
//     bounded.
//   - A leave intent about the local member with the very time of its last join is denied too, and so is any later intent
//     that a push/pull shows: others would otherwise hold on to it.
//   - A force-leave in a cluster of two is gossiped, so that the other can deny it. Its Lamport time is one more than
//     need be.
//   - Ignoring old events concerns only the exchanges of the join that asked for it.
//   - Tags are written in sorted order, and equal tags are not announced again.
//   - Lamport clocks neither jump far nor wrap.
//   - The local member is never forgotten, and a full table forgets who is longest gone.
//   - Several joins may be under way, each with several dials at one time.
package membership
