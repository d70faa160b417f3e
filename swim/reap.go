package swim

import "time"

// reapPause is the least time between two searches of a full table.
const reapPause = int64(time.Second)

// armReap arms the timer that forgets the departed when no probe does: reaping otherwise happens when a pass over the
// members begins, so that in a large cluster the dead are remembered longer than any rumour about them lives.
func (n *Node) armReap() {
	if n.timers.armed(TimerReap) || len(n.departed) == 0 || n.cfg.ProbeInterval > 0 && n.others() > 0 {
		return
	}
	if len(n.departed) == 1 && n.leaving { // the local node itself stays
		return
	}
	n.timers.arm(TimerReap, n.now+max(int64(n.cfg.GossipToTheDeadTime), reapPause))
}

// reap forgets members that have been dead or left for more than the gossip to the dead time. The local node, after its
// leave, is not forgotten.
func (n *Node) reap() {
	n.reapedAt = n.now
	if len(n.departed) == 0 {
		return
	}
	for member := range n.table.Cap() {
		r := n.table.Get(member)
		if r.status() < Dead || member == n.self || n.now-n.departed[member] <= int64(n.cfg.GossipToTheDeadTime) {
			continue
		}
		info := n.dir.info(r.info())
		delete(n.departed, member)
		delete(n.aliases, member)
		n.set(member, 0)
		n.stats.Reaped++
		n.out.event(Event{Kind: EventReaped, Info: info})
	}
}
