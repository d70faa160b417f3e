package membership

import (
	"strconv"

	"serf/broadcast"
	"serf/swim"
)

// Stats is how things stand and what happened since the start.
type Stats struct {
	// Members counts the known members in all statuses; Failed and Left are parts of it.
	Members, Failed, Left int
	// Intents counts the intents remembered of members not yet known.
	Intents int
	// Health is the failure detector's awareness score; 0 is healthy.
	Health int
	// MemberTime, EventTime and QueryTime are the Lamport clocks.
	MemberTime, EventTime, QueryTime uint64
	// IntentQueue counts the queued broadcasts.
	IntentQueue int
	Encrypted   bool

	Counters
	Swim   swim.Stats
	Queued broadcast.Stats // of the intent queue
}

// Counters counts events, and each case in which something was ignored or refused.
type Counters struct {
	Joins    uint64 // member-join events
	Leaves   uint64 // member-leave events of members that left by themselves
	Failures uint64 // member-failed events
	Updates  uint64 // member-update events
	Reaps    uint64 // member-reap events
	Forced   uint64 // members that a force-leave turned from failed to left
	Flaps    uint64 // members back soon after they failed

	MessageEmpty         uint64 // user messages without a byte
	MessageUnknown       uint64 // of a type unknown, or that does not come as a user message
	MessageMalformed     uint64
	UserEventIgnored     uint64
	QueryIgnored         uint64
	QueryResponseIgnored uint64
	RelayIgnored         uint64
	StateEmpty           uint64 // push/pulls without a Serf part
	StateMalformed       uint64
	StateEventIgnored    uint64 // user events in push/pulls

	LTimeRefused      uint64 // Lamport times too far ahead to be true
	LeaveStale        uint64 // leave intents not newer than what is known
	JoinStale         uint64
	LeftRepeated      uint64 // left members of a push/pull whose time is no news
	Refutes           uint64 // leave intents about us that we denied
	Reasserts         uint64 // later intents about us, heard of in push/pulls, that we answered
	IntentStored      uint64 // of members not yet known
	IntentStale       uint64 // not newer than the stored one
	IntentFull        uint64 // no room
	IntentUsed        uint64 // by the member they were for
	IntentExpired     uint64
	IntentTooLarge    uint64 // could not be gossiped: longer than a packet
	LeaveUnknown      uint64 // departures of members not known here
	LeaveNotAlive     uint64 // departures of members that had departed
	UpdateUnknown     uint64
	TagsMalformed     uint64
	PruneDeferred     uint64 // prunes that wait for a member still leaving
	PruneCancelled    uint64 // because the member turned out to be alive
	MembersEvicted    uint64 // forgotten early because the table was full
	MembersFull       uint64 // members not taken up because the table was full
	Conflicts         uint64 // claims of a member's name by another address
	Reconnects        uint64 // failed members contacted
	ReconnectsSkipped uint64 // rounds skipped by the draw
	QueueWarnings     uint64
	QueuePruned       uint64
}

// Map returns the "serf" group of an agent's statistics as operators know it.
func (s *Stats) Map() map[string]string {
	return map[string]string{
		"members":      strconv.Itoa(s.Members),
		"failed":       strconv.Itoa(s.Failed),
		"left":         strconv.Itoa(s.Left),
		"health_score": strconv.Itoa(s.Health),
		"member_time":  strconv.FormatUint(s.MemberTime, 10),
		"event_time":   strconv.FormatUint(s.EventTime, 10),
		"query_time":   strconv.FormatUint(s.QueryTime, 10),
		"intent_queue": strconv.Itoa(s.IntentQueue),
		"event_queue":  "0",
		"query_queue":  "0",
		"encrypted":    strconv.FormatBool(s.Encrypted),
	}
}
