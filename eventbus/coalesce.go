package eventbus

import "time"

// windowMembersMax is how many members a window holds before it is flushed early: more than a large cluster has.
const windowMembersMax = 65536

// Coalescer turns bursts of member events into few: within a window only the last event of each member counts, it is
// left out when it repeats what was told last, and what remains comes as one event per type. Other events pass through
// at once and may so overtake those that wait.
//
// It is a machine: after Push and HandleDeadline take events with Next until it returns false. It is not safe for
// concurrent use.
//
// Invariants: order lists the keys of latest, oldest first; sent holds no member whose last event was a reap.
type Coalescer struct {
	window window
	latest map[string]change
	order  []string
	sent   map[string]EventType // what was last told of each member
	out    fifo[Event]
}

// change is the last event of a member in this window.
type change struct {
	typ    EventType
	member *Member
}

// NewCoalescer returns a coalescer whose windows end after period, or when nothing came for quiescent. If one of them
// is not positive, every event passes through.
func NewCoalescer(period, quiescent time.Duration) *Coalescer {
	return &Coalescer{
		window: window{period: period, quiescent: quiescent},
		latest: make(map[string]change),
		sent:   make(map[string]EventType),
	}
}

// Push takes e in.
func (c *Coalescer) Push(now time.Time, e Event) {
	if !e.Type.OfMember() || !c.window.enabled() {
		c.out.put(e)
		return
	}
	c.window.touch(now)
	for _, m := range e.Members {
		if _, known := c.latest[m.Name]; !known {
			c.order = append(c.order, m.Name)
		}
		c.latest[m.Name] = change{e.Type, m}
	}
	if len(c.order) >= windowMembersMax {
		c.Flush()
	}
}

// NextDeadline returns when HandleDeadline is wanted; the zero time when nothing waits.
func (c *Coalescer) NextDeadline() time.Time { return c.window.deadline() }

// HandleDeadline flushes if the window is over.
func (c *Coalescer) HandleDeadline(now time.Time) {
	if c.window.due(now) {
		c.Flush()
	}
}

// Flush ends the window at once, at a shutdown for instance. Events come out in the order of their types' numbers,
// members in the order in which they first changed.
func (c *Coalescer) Flush() {
	var groups [eventTypes][]*Member
	for _, name := range c.order {
		now := c.latest[name]
		if last, told := c.sent[name]; told && last == now.typ && now.typ != MemberUpdate {
			continue
		}
		if c.sent[name] = now.typ; now.typ == MemberReap {
			delete(c.sent, name)
		}
		groups[now.typ] = append(groups[now.typ], now.member)
	}
	for t, members := range groups {
		if len(members) > 0 {
			c.out.put(Event{Type: EventType(t), Members: members})
		}
	}
	clear(c.latest)
	clear(c.order)
	c.order = c.order[:0]
	c.window.close()
}

// Next takes the next event out; false when there is none.
func (c *Coalescer) Next() (Event, bool) { return c.out.next() }
