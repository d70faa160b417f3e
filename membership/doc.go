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
// User events and queries are gossiped with Lamport times of their own, in queues behind that of the intents. What they
// are is the matter of package eventbus; here they meet the members: answers go to members only, relays are members, a
// query waits for those that are there. Queries whose names start with "_serf_" are answered here: pings, votes on a
// disputed name, and key operations. A change of the keys leaves as an effect, and is answered when the driver has stored
// it. Probes carry network coordinates. With a snapshot, each fact worth remembering leaves as a Record, and what it said
// comes back as Config.Recovered.
//
// Whoever was once known and did not leave is tried again for ever, at a bounded rate: failed members, those of them that
// were forgotten since, those that a snapshot knows, and the seeds. So the sides of a partition find each other after any
// time. A member that is alone tries more at one time, at a falling rate.
//
// A Cluster is a machine like swim.Node: inputs and commands in, effects out, one deadline. It handles the node's events
// itself, puts Serf's part into each push/pull that leaves, and takes it out of each that comes. Commands that take time
// end with a Done effect that carries their Token.
//
// # Time
//
// Every call is told the time. All waits are deadlines: NextDeadline returns the first one, of the failure detector or
// of this package, and HandleDeadline does what is due. Timers without anything to do are not armed. A broadcast that
// was queued asks for a HandleDeadline at once, which lets the failure detector see it. So do answers to queries: they are
// sent by a call of their own, since every input to the failure detector destroys the bytes of its earlier effects.
//
// # Concurrency
//
// A Cluster belongs to one goroutine. Views, members and events are immutable and may be read by any.
//
// # Limits
//
// Members, intents of unknown members, queued broadcasts, dials and commands have a limit each in Config, and each case
// of something ignored has a counter in Stats. A push/pull may hold 2^20 names. Lamport times more than 2^32 ahead are
// not believed. 16,384 answers may wait for one call, 1,024 lost members are remembered, a fair sample of more; 1,024 keys
// are kept, and 64 changes of them wait to be stored.
//
// # Deviations
//
// From what the reference does, and why:
//   - A prune waits until its member is really gone, and ends when the member denies: a live member would otherwise be
//     there unseen.
//   - A left member's Lamport time is merged as it is where it is left or leaving already: counting one up on each
//     exchange drives all clocks.
//   - A leave whose time is that of a push/pull gives way to a join of the same time: the member's next life may begin with
//     it. Of a member that left, a push/pull tells the time of the leave, even when a join has come since.
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
//   - Nothing is said in push/pulls of members that have just begun to leave: their time would be taken for that of a join
//     there, and the leave for old news.
//   - User events and queries are sent twelve times at least: the reference's four in a small cluster leave one member of a
//     hundred out. Own events of a burst wait their turn. Nothing is queued that fits no packet, 1390 bytes unencrypted.
//   - Replayed user events say whether they may be coalesced, in a field that others skip, and are told in the order of
//     their time.
//   - An own query is answered without the network. Answers and relayed messages go to known members only; those to whom
//     claims a member's name are few. Responses too large for a packet go over a stream.
//   - A vote on the local name is lost only if most of the answers, and two at least, name another address. One vote runs
//     at one time, and 30 s lie between them.
//   - Key operations are answered after the keys are stored; a key operation counts answers of members only.
//   - After its leave a member records nothing more.
//   - Lost members and seeds are tried for ever, several at one time while the member is alone or many have failed.
//   - User events and queries of others wait for the first push/pull, which tells how far the clocks are.
//   - A failed member that comes back at another address has its name at once.
//   - Several joins may be under way, each with several dials at one time.
package membership
