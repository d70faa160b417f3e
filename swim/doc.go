// Package swim is the failure detector and membership table of one member: SWIM with Lifeguard's local health, as
// memberlist speaks it, as a deterministic machine without clock, socket, goroutine or logger.
//
// Start with New; feed what happens to the Handle functions, and after each of them drain NextEffect and re-arm one timer
// from NextDeadline.
//
// # Model
//
// Each member is alive, suspect, dead or left, and has an incarnation that only it raises. What is said about a member
// N times reborn is ordered by
//
//	alive(N) < suspect(N) < dead(N) = left(N) < alive(N+1)
//
// and a higher statement replaces a lower one. The exceptions:
//
//   - About a suspect, suspect(M ≥ N) is a confirmation: it shortens the suspicion and changes nothing else.
//   - About a dead or left member nothing but alive counts; a leave does not turn dead into left, nor the other way round.
//   - A claim to a name from another address is a conflict, whatever its incarnation, and is not applied; unless the member
//     left, or has been dead for Config.DeadNodeReclaimTime, when it is applied whatever its incarnation.
//   - About the local node nothing is believed: it answers with alive(M+1) whatever is worse than its own word (a
//     refutation), until it leaves.
//   - Unknown members begin with alive(N ≥ 1). alive(0) leaves a dead placeholder.
//   - In a push/pull, dead(N) and suspect(N) are both taken as a suspicion of this node's own, and left(N) as the
//     member's own leave.
//   - dead and left members are forgotten, at the earliest after Config.GossipToTheDeadTime, when a pass over all members
//     begins.
//
// A member is probed in each ProbeInterval: a ping; after ProbeTimeout indirect pings through others and a ping over a
// stream; at the end of the window, ProbeInterval × (health+1) after the first ping, the verdict. At most one probe runs at
// a time; the next begins when the window is over, so that a node in bad health probes less often.
//
// # Time
//
// Every input carries its time; a time before that of an earlier input counts as the earlier one's. A timer that would have
// nothing to do is not armed: a lonely node, or one without anything to say, has fewer deadlines or none. What is
// due at the same time fires in the order of Timer, then of arming.
//
// # Effects
//
// The bytes of an effect are valid until the next input; its State, Info and other pointers for ever. With the build tag
// invariants the bytes are scribbled over then, and the node checks itself after each input.
//
// # Concurrency
//
// A Node, and the Directory it uses, belong to one goroutine. View, State and Info are immutable and may be read by any.
//
// # Random
//
// All choices come from the generator given to New: sequence numbers, the order of probes, whom to gossip with and when the
// first tick of a timer falls. No map is walked on a path that reaches an effect, so equal inputs give equal effects.
//
// # Limits
//
// Members (MembersMax), names, metadata, broadcasts, pings run for others (ServedMax), exchanges (ExchangesMax) and
// confirmations per suspicion (SuspicionMult-2) are bounded; what exceeds a limit is refused and counted in Stats. A known
// member costs about 180 bytes beside its metadata, 16 more once a View was made.
//
// # Deviations
//
// From the reference implementation, all compatible on the wire:
//
//   - Incarnations saturate; accusations with the largest one, or with one more than 2^20 above the known one, are refused.
//     Those about the local node are refused only with the largest: refuting mends what others may have believed.
//   - Members without six version bytes that make sense are not taken into the table; in a push/pull, members that cannot
//     be spoken with are passed over one by one, and the exchange is refused only if no alive member of it can be.
//   - Sequence numbers are random, and an ack counts only from the target, from members asked for help, or over the
//     stream. Second addresses of a member are learned from its pings, and from acks that a stream confirms.
//   - Acks and nacks go to the address that a ping names only if that is its sender's host or the named member's address;
//     only members are pinged for others.
//   - A nack is sent after 80 % of the probe timeout, so that it arrives before the window of the requester is over.
//   - While most members have never answered a probe, and do not, they get every second probe at most; see decision 14.
//   - The 4-byte and the 16-byte form of an IPv4 address are the same address.
//   - Gossip needs no tick: the first round for something new starts at once, if the last is an interval ago.
//   - A refutation is queued under the name of the node, so that it replaces older news of it.
//   - A push/pull that taught of new members is followed by two more soon: gossip had nobody to go to, or came too late.
//   - A newcomer has push/pulls at once while they teach it or its peers much: of many that join one seed in one moment each
//     learns only of those before it.
//   - A newcomer that is told of more than 64 members in a push/pull does not broadcast what it learned.
//   - Packets with broadcasts stay within PacketBytesMax, length words and checksum included.
//   - A leave or metadata update is over, too, when those to be told are gone.
package swim
