package swim

// Stats counts what happened since the node's start. Every message that was refused or had no effect is in exactly one
// counter that says why.
type Stats struct {
	// Probes of this node.
	Probes            uint64 // started
	ProbesDegraded    uint64 // of these, with a window stretched by the local health
	ProbesUnsent      uint64 // of these, those whose ping could not be written
	ProbeAcks         uint64 // answered directly within the probe timeout
	ProbeLateAcks     uint64 // answered later, directly or through others
	ProbeStreamAcks   uint64 // answered over a stream only
	ProbeFailures     uint64 // not answered
	ProbesPassedOver  uint64 // not started: of strangers, in a crowd of them
	ProbesVoid        uint64 // ended without a verdict, since this node was stopped meanwhile
	ProbeNacks        uint64 // members asked for help that did not reach the target either
	ProbeStreams      uint64 // pings over a stream started
	ProbeStreamErrors uint64 // of these, failed

	// Answers that count for nothing.
	StaleAck   uint64 // no ping with this number is open
	StaleNack  uint64
	AckSource  uint64 // the number is open, but the sender was not asked
	NackSource uint64

	// Pings of others.
	PingsAnswered   uint64
	PingsOtherNode  uint64 // meant for somebody else
	RepliesReturned uint64 // sent back to the packet's source since the address asked for is not known to be the sender's
	Served          uint64 // indirect pings run for others
	ServedAcks      uint64
	ServedNacks     uint64
	ServedRefused   uint64 // target unknown
	ServedFull      uint64 // too many at one time
	PingsRefused    uint64 // own ones, likewise

	// Alive messages and alive entries of push/pulls.
	AliveApplied        uint64
	AliveOldIncarnation uint64
	AliveSelfSame       uint64 // our own words
	AliveSelfLeft       uint64 // about ourselves after our leave
	AliveVersions       uint64 // no valid versions
	AliveName           uint64 // empty or too long
	AliveMeta           uint64 // metadata too long
	AliveAddress        uint64 // no address, or sent from or about one that is not allowed
	AliveRefused        uint64 // by Config.Admit
	AliveConflict       uint64
	AliveTableFull      uint64
	AliveHeld           uint64 // applied, but not broadcast: a newcomer learned it from those who know

	// Accusations.
	SuspectApplied        uint64
	SuspectConfirmed      uint64
	SuspectRepeated       uint64 // by the same accuser, or no more confirmations are needed
	SuspectUnknown        uint64
	SuspectOldIncarnation uint64
	SuspectNotAlive       uint64
	DeadApplied           uint64
	DeadUnknown           uint64
	DeadOldIncarnation    uint64
	DeadRepeated          uint64 // dead or left already
	DeparturesDoubted     uint64 // of members heard a moment ago, who were asked
	DeparturesUnverified  uint64 // believed, since too many were verified
	DeparturesRepeated    uint64 // while they were
	DeparturesDenied      uint64 // they answered or refuted
	AccusationFar         uint64 // incarnation absurdly far above the known one
	AccusationName        uint64 // accuser's name too long
	Refutations           uint64
	SuspicionsPutOff      uint64 // due while this node was stopped
	SuspicionsExpired     uint64
	SuspicionsDegraded    uint64 // of these, with fewer confirmations than hoped for
	Reaped                uint64

	// Dissemination.
	GossipRounds     uint64
	GossipPackets    uint64
	BroadcastRefused uint64 // too large for a packet
	UserReceived     uint64
	UserSent         uint64

	// Exchanges.
	PushPulls          uint64 // started, joins included
	PushPullsServed    uint64
	PushPullFailures   uint64
	MergeSkipped       uint64 // entries of a push/pull that speak other versions, or are in no known state
	MergeIncompatible  uint64 // push/pulls refused since the peer itself does
	MergeRefused       uint64 // push/pulls refused by Config.AdmitMerge
	StreamsServed      uint64 // pings and user messages over accepted streams
	StreamFailures     uint64
	UnexpectedExchange uint64 // input for an exchange that is not open

	// Input that could not be understood.
	Malformed   uint64
	UnknownType uint64

	// The state of things now.
	Alive, Suspect, Dead, Left int
	Health                     int // local health score, 0 is healthy
	Queued                     int // membership broadcasts
	Strangers                  int // of those alive or suspect, who never answered a probe of this node
	Suspicions, Serving, Open  int // suspicion timers, pings run for others, exchanges
}

// Stats returns the counters.
func (n *Node) Stats() Stats {
	s := n.stats
	s.Alive, s.Suspect, s.Dead, s.Left = n.count[Alive], n.count[Suspect], n.count[Dead], n.count[Left]
	s.Health, s.Strangers = n.health.score, n.strangers()
	s.Queued = n.queue.Len()
	s.Suspicions, s.Serving, s.Open = len(n.suspicions), len(n.served), len(n.exchanges)
	return s
}
