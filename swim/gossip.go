package swim

// Rounds come sooner when applications have much to say, so that a burst of events is over in seconds.
const (
	// gossipDeep is how many messages of attached queues go at the usual pace: about half as many as fit into a packet.
	// Twice as many halve the interval.
	gossipDeep = 20
	// gossipHurryMax is how many times shorter the interval gets at most. On a LAN a member then sends 100 rounds in a
	// second, about 3 Mbit/s, while a burst lasts.
	gossipHurryMax = 20
)

// armGossip arms the next round when there is something to say and somebody to say it to: one interval after the last
// round, which for something new is often at once.
func (n *Node) armGossip() {
	if n.hold.gossip || n.timers.armed(TimerGossip) || n.cfg.GossipInterval == 0 || n.cfg.GossipNodes == 0 || !n.queued() || !n.anyListener() {
		return
	}
	if n.cfg.Variant.GossipTicks {
		n.timers.arm(TimerGossip, n.nextGossipTick())
		return
	}
	n.timers.arm(TimerGossip, max(n.now, n.gossipedAt+n.gossipInterval()))
}

// gossipInterval returns the time between two rounds, by how much is queued for applications.
func (n *Node) gossipInterval() int64 {
	depth := 0
	for _, q := range n.attached {
		depth += q.Len()
	}
	depth = min(max(depth, gossipDeep), gossipHurryMax*gossipDeep)
	return int64(n.cfg.GossipInterval) * gossipDeep / int64(depth)
}

// anyListener reports whether gossip has a target: another member that is alive or suspect, or one dead so recently that
// it may not be dead at all.
func (n *Node) anyListener() bool {
	if n.others() > 0 {
		return true
	}
	if n.count[Dead] == 0 {
		return false
	}
	for member := range n.departed { //order-free: any one will do
		if n.listens(member, n.table.Get(member)) {
			return true
		}
	}
	return false
}

// listens reports whether a member is sent gossip.
func (n *Node) listens(member uint32, r record) bool {
	switch {
	case member == n.self:
		return false
	case r.status() == Dead:
		return n.now-n.departed[member] <= int64(n.cfg.GossipToTheDeadTime)
	}
	return r.status() != Left
}

// fireGossip sends what is queued to some random members. Each packet draws from the queues anew.
func (n *Node) fireGossip() {
	n.gossipedAt = n.now
	n.stats.GossipRounds++
	n.targetScratch = n.chooseListeners(n.targetScratch[:0])
	for _, member := range n.targetScratch {
		info := n.dir.info(n.table.Get(member).info())
		e := n.out.packet(info.Addr)
		e.Checksum = wantsChecksum(info)
		n.fill(e)
		if e.Batch.Len() == 0 {
			n.out.drop()
			return
		}
		n.stats.GossipPackets++
	}
}
