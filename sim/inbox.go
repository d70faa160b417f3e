package sim

import "time"

// inboxMax bounds the packets and new streams that wait at a busy host, about what the buffer of a socket holds.
const inboxMax = 256

// inbox is what waits at a host that is frozen, slow or blocked. It is done in the order in which it came, and before the
// deadline that has passed meanwhile, as the agent does.
//
// Invariants: while something waits and the host is not blocked, or while a deadline waits, an event that calls work is
// scheduled; never two.
type inbox struct {
	waiting   []func()
	arrived   int           // of waiting: packets and new streams
	busyUntil int64         // until then nothing is done
	frozen    int64         // until then it is frozen; not after busyUntil
	slow      time.Duration // how long each input takes
	blocked   int64         // until then nothing comes in or goes out
	scheduled bool          // an event that calls work is
	pace      time.Duration // how long each input keeps others waiting, but no deadline
	handling  int64         // until then an input does
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
func (b *inbox) idle(now int64) bool {
	return len(b.waiting) == 0 && b.busyUntil <= now && b.blocked <= now && b.handling <= now
}

// punctual reports whether deadlines do not wait for inputs: the host is neither frozen nor slow.
func (b *inbox) punctual(now int64) bool {
	return b.busyUntil <= now && (b.blocked > now || b.pace > 0)
}

// arrive lets the host do something that came from outside. When too much waits there it is lost, and arrive says so.
func (h *host) arrive(do func()) bool {
	if h.inbox.idle(h.world.clock.now) {
		h.handle(do)
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
		h.handle(do)
		return
	}
	h.wait(do)
}

// deadline lets the host do what is due.
func (h *host) deadline() {
	b, now := &h.inbox, h.world.clock.now
	if b.idle(now) || b.punctual(now) {
		h.begin(h.fire)
		return
	}
	b.waking = true
	h.scheduleWork()
}

// handle does something that came from outside.
func (h *host) handle(do func()) {
	h.inbox.handling = h.world.clock.now + int64(h.inbox.pace)
	h.begin(do)
}

func (h *host) begin(do func()) {
	if h.inbox.slow > 0 {
		h.inbox.busyUntil = h.world.clock.now + int64(h.inbox.slow)
	}
	if end := h.world.shared.take(h.world.clock.now); end > h.world.clock.now {
		h.inbox.busyUntil = max(h.inbox.busyUntil, end)
		h.later(end, do)
		return
	}
	do()
}

// later has something done at the given time, if the host is up then as it is now.
func (h *host) later(at int64, do func()) {
	life := h.lives
	h.world.clock.schedule(at, func() {
		if h.cluster != nil && h.lives == life {
			do()
		}
	})
}

// wait queues do behind what waits already.
func (h *host) wait(do func()) {
	h.world.counts.Delayed++
	h.inbox.waiting = append(h.inbox.waiting, do)
	if h.inbox.blocked <= h.world.clock.now {
		h.scheduleWork()
	}
}

// scheduleWork has work called when the host has got time, unless it will be.
func (h *host) scheduleWork() {
	if h.inbox.scheduled {
		return
	}
	h.inbox.scheduled = true
	life := h.lives
	at := h.inbox.busyUntil
	if !h.inbox.waking {
		at = max(at, h.inbox.handling)
	}
	h.world.clock.schedule(at, func() {
		if h.cluster != nil && h.lives == life {
			h.inbox.scheduled = false
			h.work()
		}
	})
}

// work does the next thing that waits; of a blocked host only what is due.
func (h *host) work() {
	b, now := &h.inbox, h.world.clock.now
	switch {
	case b.busyUntil > now: // frozen once more
		h.scheduleWork()
		return
	case b.waking && b.punctual(now):
		b.waking = false
		h.begin(h.fire)
	case b.blocked <= now && b.handling <= now:
		h.workOff()
	}
	if b.waking || len(b.waiting) > 0 && b.blocked <= now {
		h.scheduleWork()
	} else if len(b.waiting) == 0 {
		b.waiting = nil
	}
}

// workOff does what has waited the longest.
func (h *host) workOff() {
	b := &h.inbox
	if b.waking {
		b.waking = false
		b.waiting = append(b.waiting, h.fire)
	}
	do := b.waiting[0]
	b.waiting[0] = nil
	b.waiting = b.waiting[1:]
	b.late = true
	h.handle(do)
	b.late = false
}
