package sim

import (
	"slices"
	"time"

	"serf/swim"
)

// Block keeps host i for d from sending and receiving, like a member in Lifeguard's measurements: what it sends goes out when
// the block is over, what comes for it waits as with Freeze. Its timers fire in time, and the member acts upon them, but for
// what has to wait for its own writes; see swim.Node.Hold. A block during another one makes that longer, never shorter.
func (w *World) Block(i int, d time.Duration) {
	h := w.hosts[i]
	until := w.clock.now + int64(d)
	if h.cluster == nil || until <= h.inbox.blocked || d <= 0 {
		return
	}
	begin := h.inbox.blocked <= w.clock.now
	h.inbox.blocked = until
	life := h.lives
	w.clock.schedule(until, func() {
		if h.cluster != nil && h.lives == life && h.inbox.blocked == until {
			h.unblock()
		}
	})
	if begin {
		h.hold(true)
	}
}

// Pace lets every input of host i keep the next ones waiting for d from now on, as in a process that handles one packet after the
// other. Unlike with Slow its timers do not wait.
func (w *World) Pace(i int, d time.Duration) { w.hosts[i].inbox.pace = d }

// Blocked reports whether nothing comes into host i or goes out.
func (w *World) Blocked(i int) bool { return w.hosts[i].inbox.blocked > w.clock.now }

// hold tells the member that what it sends waits, or no longer does.
func (h *host) hold(on bool) {
	h.cluster.Hold(h.now(), on)
	h.drain()
}

// unblock lets out what waited to be sent, then what the member has yet to send, then what waited to be received.
func (h *host) unblock() {
	out := h.outbox
	h.outbox = nil
	for i := range out {
		h.wire(&out[i])
	}
	h.hold(false)
	if len(h.inbox.waiting) > 0 {
		h.scheduleWork()
	}
}

// post sends e, or has it wait until the host is not blocked any more. What waits is one probe, one round of gossip, one
// push/pull, and what commands ask for; none of it is answered meanwhile.
func (h *host) post(e *swim.Effect) {
	if h.inbox.blocked <= h.world.clock.now {
		h.wire(e)
		return
	}
	later := *e
	later.Body = slices.Clone(e.Body)
	later.Batch.Body, later.Batch.Sizes = slices.Clone(e.Batch.Body), slices.Clone(e.Batch.Sizes)
	h.outbox = append(h.outbox, later)
	h.world.counts.Delayed++
}
