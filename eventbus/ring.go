package eventbus

// Policy says which event is lost when a Ring is full.
type Policy uint8

const (
	// DropOldest makes room for what is new: for readers that want to know how things stand.
	DropOldest Policy = iota
	// DropNewest keeps what is there: for readers that must see a beginning without holes.
	DropNewest
)

// String returns "drop-oldest" or "drop-newest".
func (p Policy) String() string {
	switch p {
	case DropOldest:
		return "drop-oldest"
	case DropNewest:
		return "drop-newest"
	}
	return "unknown"
}

// Ring holds the events that one subscriber has not read yet, oldest first. It is not safe for concurrent use.
//
// Invariants: len ≤ len(buffer) ≤ capacity; the events are buffer[head], buffer[head+1], … modulo len(buffer).
type Ring struct {
	filter   Filter
	policy   Policy
	capacity int
	buffer   []Event
	head     int
	len      int
	dropped  uint64
}

// ringStart is how many events a ring has room for before it first grows: most readers keep up.
const ringStart = 8

// NewRing returns an empty ring for up to capacity events, at least one, that pass filter. Memory grows with what waits.
func NewRing(filter Filter, capacity int, policy Policy) *Ring {
	return &Ring{filter: filter, policy: policy, capacity: max(1, capacity)}
}

// Push adds e if the filter lets it through. In a full ring one event is lost, by the policy, and counted.
func (r *Ring) Push(e Event) {
	if !r.filter.Match(e) {
		return
	}
	if r.len == r.capacity {
		r.dropped++
		if r.policy == DropNewest {
			return
		}
		r.buffer[r.head] = Event{}
		r.head = (r.head + 1) % len(r.buffer)
		r.len--
	}
	if r.len == len(r.buffer) {
		r.grow()
	}
	r.buffer[(r.head+r.len)%len(r.buffer)] = e
	r.len++
}

func (r *Ring) grow() {
	bigger := make([]Event, min(r.capacity, max(ringStart, 2*len(r.buffer))))
	n := copy(bigger, r.buffer[r.head:])
	copy(bigger[n:], r.buffer[:r.head])
	r.buffer, r.head = bigger, 0
}

// Next takes the oldest event out; false when none waits.
func (r *Ring) Next() (Event, bool) {
	if r.len == 0 {
		return Event{}, false
	}
	e := r.buffer[r.head]
	r.buffer[r.head] = Event{}
	r.head = (r.head + 1) % len(r.buffer)
	r.len--
	return e, true
}

// Len returns how many events wait.
func (r *Ring) Len() int { return r.len }

// Dropped returns how many events were lost since NewRing.
func (r *Ring) Dropped() uint64 { return r.dropped }
