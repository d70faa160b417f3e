package swim

import "math"

// Timer names what a deadline is for.
type Timer uint8

// Timers, in the order in which they fire when they are due at the same time.
const (
	TimerNone      Timer = iota
	TimerProbeLate       // the direct ping of the running probe got no ack in time
	TimerProbeEnd        // the window of the running probe is over
	TimerProbe           // start the next probe
	TimerGossip
	TimerPushPull
	TimerReap
	TimerServed    // a ping run for another member got no ack in time
	TimerPing      // a Ping command got no ack in time
	TimerSuspicion // a suspect did not refute in time

	timerSingles = TimerReap + 1 // the kinds below it exist once
)

// String returns the name of t.
func (t Timer) String() string {
	switch t {
	case TimerNone:
		return "none"
	case TimerProbeLate:
		return "probe late"
	case TimerProbeEnd:
		return "probe end"
	case TimerProbe:
		return "probe"
	case TimerGossip:
		return "gossip"
	case TimerPushPull:
		return "push/pull"
	case TimerReap:
		return "reap"
	case TimerServed:
		return "served ping"
	case TimerPing:
		return "ping"
	case TimerSuspicion:
		return "suspicion"
	}
	return "unknown"
}

// never is the deadline of what is not armed.
const never = math.MaxInt64

// handle names an armed keyed timer; 0 names none.
type handle uint32

// alarm is a keyed timer. Its key says whose it is: a member index or a sequence number.
type alarm struct {
	at    int64
	order uint64 // of insertion
	key   uint32
	kind  Timer
	place int32 // in the heap
}

// timers are all deadlines of a node: one slot for each timer that exists once, and an indexed heap for those that exist
// for each of something. The earliest comes first; at equal times the kind decides, then the insertion.
//
// Invariants, checked by the model test: heap[alarms[h].place] == h for each armed h; stopping removes at once, nothing
// expired or stopped lingers.
type timers struct {
	single [timerSingles]int64
	heap   []handle
	alarms []alarm // by handle; 0 is unused
	free   []handle
	order  uint64
}

func newTimers() timers {
	t := timers{alarms: make([]alarm, 1)}
	for k := range t.single {
		t.single[k] = never
	}
	return t
}

// arm sets the single timer k, which may be armed already.
func (t *timers) arm(k Timer, at int64) { t.single[k] = at }

// disarm stops the single timer k.
func (t *timers) disarm(k Timer) { t.single[k] = never }

// armed reports whether the single timer k is armed.
func (t *timers) armed(k Timer) bool { return t.single[k] != never }

// start arms a keyed timer.
func (t *timers) start(k Timer, key uint32, at int64) handle {
	var h handle
	if n := len(t.free); n > 0 {
		h = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		t.alarms = append(t.alarms, alarm{})
		h = handle(len(t.alarms) - 1)
	}
	t.order++
	t.alarms[h] = alarm{at: at, order: t.order, key: key, kind: k, place: int32(len(t.heap))}
	t.heap = append(t.heap, h)
	t.up(len(t.heap) - 1)
	return h
}

// move gives the armed keyed timer h another deadline.
func (t *timers) move(h handle, at int64) {
	a := &t.alarms[h]
	t.order++
	a.at, a.order = at, t.order
	t.fix(int(a.place))
}

// stop removes the armed keyed timer h.
func (t *timers) stop(h handle) {
	place, last := int(t.alarms[h].place), len(t.heap)-1
	t.swap(place, last)
	t.heap = t.heap[:last]
	if place < last {
		t.fix(place)
	}
	t.free = append(t.free, h)
}

// next returns what is due first, with the handle of a keyed timer, or never.
func (t *timers) next() (at int64, k Timer, h handle) {
	at = never
	for i, single := range t.single {
		if single < at {
			at, k = single, Timer(i)
		}
	}
	if len(t.heap) > 0 {
		if first := &t.alarms[t.heap[0]]; first.at < at {
			return first.at, first.kind, t.heap[0]
		}
	}
	return at, k, 0
}

func (t *timers) less(i, j int) bool {
	a, b := &t.alarms[t.heap[i]], &t.alarms[t.heap[j]]
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.kind != b.kind:
		return a.kind < b.kind
	}
	return a.order < b.order
}

func (t *timers) swap(i, j int) {
	t.heap[i], t.heap[j] = t.heap[j], t.heap[i]
	t.alarms[t.heap[i]].place, t.alarms[t.heap[j]].place = int32(i), int32(j)
}

func (t *timers) fix(i int) {
	if !t.down(i) {
		t.up(i)
	}
}

func (t *timers) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t.less(i, parent) {
			return
		}
		t.swap(i, parent)
		i = parent
	}
}

// down reports whether it moved anything.
func (t *timers) down(i int) bool {
	start := i
	for {
		child := 2*i + 1
		if child >= len(t.heap) {
			break
		}
		if child+1 < len(t.heap) && t.less(child+1, child) {
			child++
		}
		if !t.less(child, i) {
			break
		}
		t.swap(i, child)
		i = child
	}
	return i > start
}
