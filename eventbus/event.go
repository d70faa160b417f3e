package eventbus

import "time"

// EventType says what an Event is about. The numbers are stable.
type EventType uint8

const (
	MemberJoin   EventType = 0
	MemberLeave  EventType = 1
	MemberFailed EventType = 2
	MemberUpdate EventType = 3
	MemberReap   EventType = 4
	User         EventType = 5
	Query        EventType = 6

	eventTypes = 7
)

// OfMember reports whether t is one of the five types about members.
func (t EventType) OfMember() bool { return t <= MemberReap }

var eventTypeNames = [eventTypes]string{
	MemberJoin:   "member-join",
	MemberLeave:  "member-leave",
	MemberFailed: "member-failed",
	MemberUpdate: "member-update",
	MemberReap:   "member-reap",
	User:         "user",
	Query:        "query",
}

// String returns the text name: "member-join", …, "user", "query".
func (t EventType) String() string {
	if t < eventTypes {
		return eventTypeNames[t]
	}
	return "unknown"
}

// Event is one thing an application may want to know. It is immutable.
type Event struct {
	Type EventType
	// Members is set for the five member types: at least one, in the state after the change.
	Members []*Member

	// Name is that of a user event or query.
	Name string
	// LTime is the Lamport time of a user event or query.
	LTime uint64
	// Payload is what a user event or query carries; nil and empty are the same.
	Payload []byte
	// Coalesce says that a user event may be dropped for a newer one of its name.
	Coalesce bool

	// ID tells queries of one Lamport time apart; the two together are the QueryID under which to respond.
	ID uint32
	// From is the name of the member that asks; empty if it is too old to say.
	From string
	// Deadline is when the asking member stops listening for responses to a query.
	Deadline time.Time
}

// QueryID returns what a query is known by.
func (e Event) QueryID() QueryID { return QueryID{e.LTime, e.ID} }
