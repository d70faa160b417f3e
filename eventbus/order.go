package eventbus

import (
	"slices"
	"time"
)

// Limits of an Order that do not depend on anything.
const (
	// OrderHeldMax is how many events wait for earlier ones; beyond that the earliest is told.
	OrderHeldMax = 1024
	// orderGapMax is how many times may be missing before an event for it to wait: more are not on their way, they are from
	// a time that this member has not seen. Nobody has more events under way.
	orderGapMax = 512
)

// Order tells user events in the order of their Lamport times although gossip brings them in any: one that comes before
// its forerunners waits for them, but not for long. What comes later than that is told when it comes. It is a machine
// without goroutines and not safe for concurrent use.
//
// Invariants: held is sorted by time and arrival, holds no time before next, and at most OrderHeldMax events.
type Order struct {
	wait time.Duration
	next uint64 // all before it were told, or are late
	held []*heldEvent
	full uint64
	out  fifo[Event]
}

type heldEvent struct {
	Event
	until time.Time
}

// NewOrder returns an Order in which an event waits at most this long; 0: not at all.
func NewOrder(wait time.Duration) *Order { return &Order{wait: wait} }

// Push takes an event.
func (o *Order) Push(now time.Time, e Event) {
	if o.wait == 0 || e.LTime <= o.next || e.LTime-o.next > orderGapMax {
		o.tell(e)
		o.follow()
		return
	}
	at, _ := slices.BinarySearchFunc(o.held, e.LTime+1, func(h *heldEvent, ltime uint64) int {
		if h.LTime < ltime {
			return -1
		}
		return 1
	})
	o.held = slices.Insert(o.held, at, &heldEvent{e, now.Add(o.wait)})
	if len(o.held) > OrderHeldMax {
		o.full++
		o.passOver(1)
	}
}

// Advance says that nothing from before ltime is on its way any more.
func (o *Order) Advance(ltime uint64) {
	if ltime <= o.next {
		return
	}
	n := 0
	for n < len(o.held) && o.held[n].LTime < ltime {
		n++
	}
	o.passOver(n)
	o.next = max(o.next, ltime)
	o.follow()
}

// HandleDeadline ends the wait of those that have waited long enough, and of all before them.
func (o *Order) HandleDeadline(now time.Time) {
	n := 0
	for i, h := range o.held {
		if !now.Before(h.until) {
			n = i + 1
		}
	}
	o.passOver(n)
}

// NextDeadline returns when HandleDeadline is wanted; zero when nothing waits.
func (o *Order) NextDeadline() (at time.Time) {
	for _, h := range o.held {
		if at.IsZero() || h.until.Before(at) {
			at = h.until
		}
	}
	return at
}

// Next takes out the next event to be told; false when there is none.
func (o *Order) Next() (Event, bool) { return o.out.next() }

// Full returns how many events were told before their forerunners since too many waited.
func (o *Order) Full() uint64 { return o.full }

// Len returns how many events wait.
func (o *Order) Len() int { return len(o.held) }

// passOver tells the first n of those that wait, and what follows them.
func (o *Order) passOver(n int) {
	for _, h := range o.held[:n] {
		o.tell(h.Event)
	}
	o.held = slices.Delete(o.held, 0, n)
	o.follow()
}

// follow tells those that wait for nothing any more.
func (o *Order) follow() {
	n := 0
	for ; n < len(o.held) && o.held[n].LTime <= o.next; n++ {
		o.tell(o.held[n].Event)
	}
	o.held = slices.Delete(o.held, 0, n)
}

func (o *Order) tell(e Event) {
	o.out.put(e)
	o.next = max(o.next, e.LTime+1)
}
