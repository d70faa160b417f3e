package membership

// counter is what happened how often.
type counter struct {
	name string
	n    uint64
}

// Trouble calls yield with each counter of what was dropped, refused or forgotten, and why: zero in a healthy cluster.
func (s *Stats) Trouble(yield func(name string, n uint64)) {
	s.Limits(yield)
	e, q, w := &s.Events, &s.Queries, &s.Swim
	for _, c := range []counter{ // messages that cannot be true, or are not for us to act on
		{"messages_malformed", s.MessageMalformed + s.StateMalformed + w.Malformed},
		{"messages_unknown", s.MessageUnknown + w.UnknownType},
		{"lamport_times_refused", s.LTimeRefused + e.LTimeRefused + q.LTimeRefused},
		{"events_too_old", e.Old},
		{"queries_too_old", q.Old},
		{"strangers_refused", q.AckRefused + q.RelayRefused + q.AnswerStrange},
		{"members_refused", w.AliveVersions + w.AliveName + w.AliveMeta + w.AliveAddress + w.AliveRefused},
		{"accusations_refused", w.AccusationFar + w.AccusationName},
		{"name_conflicts", s.Conflicts},
	} {
		yield(c.name, c.n)
	}
}

// Limits calls yield with each counter of Trouble that says how often a limit was reached.
func (s *Stats) Limits(yield func(name string, n uint64)) {
	e, q, w := &s.Events, &s.Queries, &s.Swim
	for _, c := range []counter{
		{"intent_queue_dropped", s.Queued.Dropped + s.Queued.Pruned},
		{"query_queue_dropped", s.QueuedQuery.Dropped + s.QueuedQuery.Pruned},
		{"event_queue_dropped", s.QueuedEvent.Dropped + s.QueuedEvent.Pruned},
		{"events_held_dropped", s.HeldDropped},
		{"events_forgotten", e.Evicted},
		{"events_refused", s.EventRefused},
		{"events_out_of_order", s.EventUnordered},
		{"events_same_time_dropped", e.MomentFull},
		{"queries_same_time_dropped", q.MomentFull},
		{"queries_forgotten", q.Forgotten},
		{"queries_refused", q.RunningRefused},
		{"intents_full", s.IntentFull},
		{"members_full", s.MembersFull + w.AliveTableFull},
		{"members_evicted", s.MembersEvicted},
		{"lost_members_forgotten", s.LostForgotten},
		{"answers_unsent", s.SendsDropped + s.SendsFailed},
		{"pings_refused", w.PingsRefused},
		{"pings_for_others_refused", w.ServedFull},
		{"departures_unverified", w.DeparturesUnverified},
		{"strangers_passed_over", w.ProbesPassedOver},
		{"messages_too_large", s.MessageTooLarge + e.TooLarge},
	} {
		yield(c.name, c.n)
	}
}
