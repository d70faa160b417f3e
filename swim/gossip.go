package swim

// armGossip arms the next round when there is something to say and somebody to say it to: one interval after the last
// round, which for something new is often at once.
func (n *Node) armGossip() {
	if n.timers.armed(TimerGossip) || n.cfg.GossipInterval == 0 || n.cfg.GossipNodes == 0 || !n.queued() || !n.anyListener() {
		return
	}
	n.timers.arm(TimerGossip, max(n.now, n.gossipedAt+int64(n.cfg.GossipInterval)))
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
	n.targetScratch = n.choose(n.targetScratch[:0], n.cfg.GossipNodes, n.listens)
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
