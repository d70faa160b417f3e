package swim

import "time"

// hold is how far the node's tasks have come whose driver cannot send. A stuck one waits for its own write.
type hold struct {
	on                      bool
	probe, gossip, pushPull bool  // stuck
	pushPullAt              int64 // when the next one is due after the stuck one
}

// Hold says that what the node sends waits in its driver, until Hold is called with false. Then the node is like a process
// whose tasks each wait for their own writes: a probe, a round of gossip and a push/pull come as far as to the first thing
// that they send and no further, while all other timers run on. The window of a stuck probe runs on, too; its verdict comes
// when the hold is over. With Variant.GossipTicks the round that follows a stuck one comes at once: a tick waited for it.
func (n *Node) Hold(now time.Time, on bool) {
	n.begin(now)
	defer n.settle()
	if n.hold.on == on {
		return
	}
	was := n.hold
	n.hold = hold{on: on}
	if was.gossip && n.cfg.Variant.GossipTicks && n.queued() && n.anyListener() {
		n.timers.disarm(TimerGossip)
		n.fireGossip()
	}
	if was.pushPull {
		n.timers.arm(TimerPushPull, max(n.now, was.pushPullAt))
	}
	if p := &n.probe; was.probe && p.open {
		n.timers.arm(TimerProbeEnd, max(n.now, p.end))
		if !p.late {
			n.timers.arm(TimerProbeLate, max(n.now, min(p.end, n.now+n.probeTimeout())))
		}
	}
}

// stall notes, after the timer of a task has fired, that what the task has sent is held.
func (n *Node) stall(kind Timer) {
	if !n.hold.on {
		return
	}
	switch p := &n.probe; kind {
	case TimerProbe, TimerProbeLate:
		if p.open && (!p.late || p.asked > 0 || p.stream != 0) {
			n.hold.probe = true
			n.timers.disarm(TimerProbeLate)
			n.timers.disarm(TimerProbeEnd)
		}
	case TimerGossip:
		n.hold.gossip = true
	case TimerPushPull:
		n.hold.pushPull = true
		n.hold.pushPullAt = n.timers.single[TimerPushPull]
		n.timers.disarm(TimerPushPull)
	}
}
