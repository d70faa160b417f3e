package sim

import (
	"serf/membership"
)

// hardening is a rule of docs/reliability.md that might act on the news of crashes and events, with what a cluster is without it.
type hardening struct {
	name  string
	where string // the rows of docs/reliability.md
	off   func(*Options)
	// added says that the rule is off in all other runs, and that off switches it on.
	added bool
}

// hardenings are the rules that can be switched off.
var hardenings = []hardening{
	{name: "whom nobody hears is probed first", where: "promise 7, fault 32", off: func(o *Options) { o.Cluster.Swim.ProbeStalest = false }},
	{name: "who was heard lately is asked before it is believed dead", where: "faults 4, 6, 10, rule 7",
		off: func(o *Options) { o.Cluster.Swim.VerifyDepartures = false }},
	{name: "no verdicts on what fell due while the process stood still", where: "fault 33", off: func(o *Options) { o.Cluster.Swim.Variant.TrustLate = true }},
	{name: "a crowd that never answered is passed over", where: "fault 11", off: func(o *Options) { o.Cluster.Swim.Variant.StrangersEqual = true }},
	{name: "events wait for their forerunners", where: "fault 27", off: func(o *Options) { o.Cluster.EventOrderWait = 0 }},
	{name: "events wait for the first push/pull", where: "fault 8, rule 3", off: func(o *Options) { o.Cluster.EventHold = 0 }},
	{name: "padding is refused, nonces are remembered", where: "faults 3, 3a, 8, rules 1, 2", added: true,
		off: func(o *Options) { o.Direct, o.ReplayWindow = false, replayWindow }},
}

// replayWindow is how many packets agents know again.
const replayWindow = 96 << 10

// watched is a rule without a switch, whose every act is counted. Where it never acts a cluster without it would do the same, to
// the bit.
type watched struct {
	name  string
	where string
	acts  func(*membership.Stats) uint64
}

var watchedRules = []watched{
	{"absurd accusations are not believed", "fault 5, rule 6", func(s *membership.Stats) uint64 { return s.Swim.AccusationFar + s.Swim.AccusationName }},
	{"replies go to members only", "fault 13, rule 8", func(s *membership.Stats) uint64 {
		return s.Swim.RepliesReturned + s.Swim.ServedRefused + s.Swim.AckSource + s.Swim.NackSource + s.Queries.AckRefused + s.Queries.RelayRefused
	}},
	{"absurd Lamport times are not believed", "fault 9, rule 3", func(s *membership.Stats) uint64 {
		return s.LTimeRefused + s.Events.LTimeRefused + s.Queries.LTimeRefused
	}},
	{"names are taken by nobody else", "faults 6, 7", func(s *membership.Stats) uint64 { return s.Conflicts + s.Swim.AliveConflict }},
	{"tables and queues are bounded", "promise 3, faults 11, 12, 27", func(s *membership.Stats) uint64 {
		return s.Swim.AliveTableFull + s.MembersEvicted + s.MembersFull + s.IntentFull + s.HeldDropped + s.EventRefused + s.SendsDropped + s.QueuePruned +
			s.Events.MomentFull + s.Queries.MomentFull + s.Queued.Dropped + s.QueuedEvent.Dropped + s.QueuedQuery.Dropped
	}},
}
