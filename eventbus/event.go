package eventbus

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
)

// String returns the text name: "member-join", …, "user", "query".
func (t EventType) String() string {
	switch t {
	case MemberJoin:
		return "member-join"
	case MemberLeave:
		return "member-leave"
	case MemberFailed:
		return "member-failed"
	case MemberUpdate:
		return "member-update"
	case MemberReap:
		return "member-reap"
	case User:
		return "user"
	case Query:
		return "query"
	}
	return "unknown"
}

// Event is one thing an application may want to know. It is immutable.
type Event struct {
	Type EventType
	// Members is set for the five member types: at least one, in the state after the change.
	Members []*Member
}
