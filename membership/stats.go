package membership

import (
	"strconv"

	"serf/broadcast"
	"serf/eventbus"
	"serf/membership/coordinate"
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
	// IntentQueue, EventQueue and QueryQueue count the queued broadcasts; EventQueue includes the own events that wait
	// for their turn.
	IntentQueue, EventQueue, QueryQueue int
	// EventsWaiting counts the own events that wait for their turn.
	EventsWaiting int
	Encrypted     bool

	Counters
	Swim    swim.Stats
	Events  eventbus.UserStats
	Queries eventbus.QueryStats
	// Queued, QueuedQuery and QueuedEvent are of the queues of intents, queries and user events.
	Queued, QueuedQuery, QueuedEvent broadcast.Stats
	// Coordinates says that they are not switched off; Coordinate counts what was done with them.
	Coordinates bool
	Coordinate  coordinate.Stats
	// Lost counts those that are tried again although they are no members any more.
	Lost int
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

	MessageEmpty     uint64 // user messages without a byte
	MessageUnknown   uint64 // of a type unknown, or that does not come as a user message
	MessageMalformed uint64
	StateEmpty       uint64 // push/pulls without a Serf part
	StateMalformed   uint64
	StateEventNews   uint64 // user events learned by push/pull
	StateEventFailed uint64 // user events in push/pulls that cannot be true
	Held             uint64 // user events and queries that had to wait for the first push/pull
	HeldDropped      uint64 // because too many waited
	HeldExpired      uint64 // queries that were over when their wait was
	EventUnheard     uint64 // own user events that nobody was there to hear
	EventUnordered   uint64 // told before their forerunners, since too many waited for theirs
	EventRefused     uint64 // because too many waited; their senders were told
	EventLost        uint64 // own user events for which the Lamport clock had no time left
	SendsDropped     uint64 // answers not sent because too many waited
	SendsFailed      uint64 // answers too large to send, or with too many streams open
	QueryUnknown     uint64 // internal queries of an unknown name

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
	MessageTooLarge   uint64 // could not be gossiped on: longer than a packet
	LeaveUnknown      uint64 // departures of members not known here
	LeaveNotAlive     uint64 // departures of members that had departed
	UpdateUnknown     uint64
	TagsMalformed     uint64
	PruneDeferred     uint64 // prunes that wait for a member still leaving
	PruneCancelled    uint64 // because the member turned out to be alive
	MembersEvicted    uint64 // forgotten early because the table was full
	MembersFull       uint64 // members not taken up because the table was full
	Conflicts         uint64 // claims of a member's name by another address
	ConflictVotes     uint64 // on the local name
	ConflictsLost     uint64
	Reconnects        uint64 // failed members contacted
	ReconnectsSkipped uint64 // rounds skipped by the draw
	Rejoins           uint64 // tries of a lone member
	LostForgotten     uint64 // of those to be tried again, for want of room
	QueueWarnings     uint64
	QueuePruned       uint64
}

// Map returns the "serf" group of an agent's statistics as operators know it.
func (s *Stats) Map() map[string]string {
	m := map[string]string{
		"members":      strconv.Itoa(s.Members),
		"failed":       strconv.Itoa(s.Failed),
		"left":         strconv.Itoa(s.Left),
		"health_score": strconv.Itoa(s.Health),
		"member_time":  strconv.FormatUint(s.MemberTime, 10),
		"event_time":   strconv.FormatUint(s.EventTime, 10),
		"query_time":   strconv.FormatUint(s.QueryTime, 10),
		"intent_queue": strconv.Itoa(s.IntentQueue),
		"event_queue":  strconv.Itoa(s.EventQueue),
		"query_queue":  strconv.Itoa(s.QueryQueue),
		"encrypted":    strconv.FormatBool(s.Encrypted),
	}
	if s.Coordinates {
		m["coordinate_resets"] = strconv.FormatUint(s.Coordinate.Resets, 10)
	}
	return m
}
