package swim

// Variant is in what a node differs from what this package does on its own, for studies of the protocol in its published
// forms. All of them speak with each other. The zero value is what agents run.
type Variant struct {
	// ScaleAll lets the local health scale the probe timeout and the time between probes, too, as Lifeguard §IV-A does;
	// otherwise it scales the window of a probe alone, as reference peers do.
	ScaleAll bool
	// WholeTicks lets probes begin at whole multiples of ProbeInterval after one another: a prober that is busy drops ticks.
	WholeTicks bool
	// GossipTicks lets rounds of gossip begin at ticks alone, GossipInterval apart, even if the last round was long ago.
	GossipTicks bool
	// LateNacks lets nacks leave at the end of the probe timeout, not after 80 % of it.
	LateNacks bool
	// BlameBoth lets a failed probe count against the local health beside the nacks that it missed, not only when there were
	// none to miss.
	BlameBoth bool
	// NoConfirmations lets further accusers of a suspect count for nothing, nor be passed on, as in plain SWIM.
	NoConfirmations bool
	// NoSuspicion lets a member that did not answer a probe be declared dead at once, as in SWIM before §4.2.
	NoSuspicion bool
	// NoBuddy keeps from a suspect, when it is probed, that it is one (Lifeguard §IV-C).
	NoBuddy bool
	// StrangersEqual lets members that never answered be probed and told like all others, however many they are.
	StrangersEqual bool
	// TrustLate lets verdicts that fall due while the local node stands still count all the same.
	TrustLate bool
}

// probeTimeout is how long the direct ping of a probe that begins now may take.
func (n *Node) probeTimeout() int64 {
	if n.cfg.Variant.ScaleAll {
		return n.health.scale(int64(n.cfg.ProbeTimeout))
	}
	return int64(n.cfg.ProbeTimeout)
}

// nextProbe is when the probe after the last one begins.
func (n *Node) nextProbe() int64 {
	interval := int64(n.cfg.ProbeInterval)
	switch {
	case n.cfg.Variant.ScaleAll:
		return n.probe.start + n.health.scale(interval)
	case n.cfg.Variant.WholeTicks:
		ticks := max(1, (n.now-n.probe.start+interval-1)/interval)
		return n.probe.start + ticks*interval
	}
	return n.probe.start + interval
}

// nextGossipTick is when the next round of gossip may begin. The first tick is at a random time.
func (n *Node) nextGossipTick() int64 {
	interval := int64(n.cfg.GossipInterval)
	if n.gossipPhase == 0 {
		n.gossipPhase = 1 + n.rng.Int64N(interval)
	}
	return n.now + interval - (n.now+interval-n.gossipPhase)%interval
}
