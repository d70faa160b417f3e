package sim

import "time"

// inboxMax bounds the packets and new streams that wait at a busy host, about what the buffer of a socket holds.
const inboxMax = 256

// inbox is what waits at a host that is frozen or slow. It is done in the order in which it came, and before the deadline
// that has passed meanwhile, as the agent does.
//
// Invariants: while something waits, or a deadline does, one event that calls work is scheduled.
type inbox struct {
	waiting   []func()
	arrived   int           // of waiting: packets and new streams
	busyUntil int64         // until then nothing is done
	frozen    int64         // until then it is frozen; not after busyUntil
	slow      time.Duration // how long each input takes
	waking    bool          // a deadline has passed meanwhile
	late      bool          // something that waited is being done
}

// Freeze stops host i for d, like a process that gets no processor: what comes for it waits, and beyond 256 packets is
// lost; its timers fire late.
func (w *World) Freeze(i int, d time.Duration) {
	h := w.hosts[i]
	h.inbox.frozen = max(h.inbox.frozen, w.clock.now+int64(d))
	h.inbox.busyUntil = max(h.inbox.busyUntil, h.inbox.frozen)
}

// Slow lets every input of host i take d from now on; 0 makes it fast again. What comes meanwhile waits as with Freeze.
func (w *World) Slow(i int, d time.Duration) { w.hosts[i].inbox.slow = d }

// Frozen reports whether host i does nothing now.
func (w *World) Frozen(i int) bool { return w.hosts[i].inbox.frozen > w.clock.now }

// idle reports whether an input can be done at once.
func (b *inbox) idle(now int64) bool { return len(b.waiting) == 0 && b.busyUntil <= now }

// arrive lets the host do something that came from outside. When too much waits there it is lost, and arrive says so.
func (h *host) arrive(do func()) bool {
	if h.inbox.idle(h.world.clock.now) {
		h.begin(do)
		return true
	}
	if h.inbox.arrived >= inboxMax {
		h.world.counts.InboxFull++
		return false
	}
	h.inbox.arrived++
	h.wait(func() {
		h.inbox.arrived--
		do()
	})
	return true
}

// turn lets the host hear of the end of an own exchange, which is never lost.
func (h *host) turn(do func()) {
	if h.inbox.idle(h.world.clock.now) {
		h.begin(do)
		return
	}
	h.wait(do)
}

// deadline lets the host do what is due.
func (h *host) deadline() {
	if h.inbox.idle(h.world.clock.now) {
		h.begin(h.fire)
		return
	}
	if len(h.inbox.waiting) == 0 && !h.inbox.waking {
		h.scheduleWork()
	}
	h.inbox.waking = true
}

func (h *host) begin(do func()) {
	if h.inbox.slow > 0 {
		h.inbox.busyUntil = h.world.clock.now + int64(h.inbox.slow)
	}
	do()
}

// wait queues do behind what waits already.
func (h *host) wait(do func()) {
	h.world.counts.Delayed++
	h.inbox.waiting = append(h.inbox.waiting, do)
	if len(h.inbox.waiting) == 1 && !h.inbox.waking {
		h.scheduleWork()
	}
}

func (h *host) scheduleWork() {
	life := h.lives
	h.world.clock.schedule(h.inbox.busyUntil, func() {
		if h.cluster != nil && h.lives == life {
			h.work()
		}
	})
}

// work does the next thing that waits.
func (h *host) work() {
	b := &h.inbox
	if b.busyUntil > h.world.clock.now { // frozen once more
		h.scheduleWork()
		return
	}
	if b.waking {
		b.waking = false
		b.waiting = append(b.waiting, h.fire)
	}
	do := b.waiting[0]
	b.waiting[0] = nil
	b.waiting = b.waiting[1:]
	b.late = true
	h.begin(do)
	b.late = false
	if len(b.waiting) > 0 || b.waking {
		h.scheduleWork()
	} else {
		b.waiting = nil
	}
}
