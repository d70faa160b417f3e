package eventbus

import "time"

// windowEventsMax is how many user events a window holds before it is flushed early.
const windowEventsMax = 4096

// UserCoalescer does for user events whose sender allows it what Coalescer does for member events: within a window only
// those with the highest Lamport time of each name survive, in the order of their arrival. It is the same kind of
// machine.
//
// Invariants: order lists the keys of newest, oldest first; all events of one entry have the same LTime.
type UserCoalescer struct {
	window window
	newest map[string][]Event
	order  []string
	held   int
	out    fifo[Event]
}

// NewUserCoalescer returns a coalescer whose windows end after period, or when nothing came for quiescent. If one of
// them is not positive, every event passes through.
func NewUserCoalescer(period, quiescent time.Duration) *UserCoalescer {
	return &UserCoalescer{window: window{period: period, quiescent: quiescent}, newest: make(map[string][]Event)}
}

// Push takes e in.
func (c *UserCoalescer) Push(now time.Time, e Event) {
	if e.Type != User || !e.Coalesce || !c.window.enabled() {
		c.out.put(e)
		return
	}
	c.window.touch(now)
	events, known := c.newest[e.Name]
	if !known {
		c.order = append(c.order, e.Name)
	}
	switch {
	case len(events) == 0 || e.LTime == events[0].LTime:
		c.newest[e.Name] = append(events, e)
		c.held++
	case e.LTime > events[0].LTime:
		c.held += 1 - len(events)
		clear(events)
		c.newest[e.Name] = append(events[:0], e)
	}
	if c.held >= windowEventsMax {
		c.Flush()
	}
}

// NextDeadline returns when HandleDeadline is wanted; the zero time when nothing waits.
func (c *UserCoalescer) NextDeadline() time.Time { return c.window.deadline() }

// HandleDeadline flushes if the window is over.
func (c *UserCoalescer) HandleDeadline(now time.Time) {
	if c.window.due(now) {
		c.Flush()
	}
}

// Flush ends the window at once. Names come out in the order in which they first arrived.
func (c *UserCoalescer) Flush() {
	for _, name := range c.order {
		for _, e := range c.newest[name] {
			c.out.put(e)
		}
	}
	clear(c.newest)
	clear(c.order)
	c.order, c.held = c.order[:0], 0
	c.window.close()
}

// Next takes the next event out; false when there is none.
func (c *UserCoalescer) Next() (Event, bool) { return c.out.next() }
