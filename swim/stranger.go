package swim

// A stranger is a member that has not answered a probe of this node yet. Every member begins as one. Whoever can speak to this
// node can tell it of thousands that there are not, and they must not keep it from finding out about those that there are. So,
// while strangers are more than half of the members and do not answer, the node is crowded: at most every second probe is of
// a stranger, members that have answered help with probes, and one of those who hear a round of gossip has answered. Strangers
// that do answer are probed as often as all others, however many they are, and a cluster that forms is not crowded.

// unansweredMax bounds for how many probes of strangers that answer a crowd is remembered: the number halves with each.
const unansweredMax = 8

// acquaintance is who has answered.
//
// Invariant, checked by check: live is the number of members alive or suspect that have answered.
type acquaintance struct {
	answered   []uint64 // a bit for each member index
	live       int
	unanswered int  // probes of strangers that failed lately
	last       bool // the last probe was of a stranger
}

// has reports whether a member has answered.
func (a *acquaintance) has(member uint32) bool {
	word := int(member / 64)
	return word < len(a.answered) && a.answered[word]>>(member%64)&1 == 1
}

// add notes that a member has answered.
func (a *acquaintance) add(member uint32) {
	word := int(member / 64)
	if word >= len(a.answered) {
		a.answered = append(a.answered, make([]uint64, word+1-len(a.answered))...)
	}
	a.answered[word] |= 1 << (member % 64)
}

// forget makes a member a stranger again.
func (a *acquaintance) forget(member uint32) {
	if a.has(member) {
		a.answered[member/64] &^= 1 << (member % 64)
	}
}

// isStranger reports whether a member has never answered.
func (n *Node) isStranger(member uint32) bool { return member != n.self && !n.acquainted.has(member) }

// strangers returns how many members that are alive or suspect are strangers.
func (n *Node) strangers() int { return n.others() - n.acquainted.live }

// crowded reports whether strangers are to be held back.
func (n *Node) crowded() bool {
	a := &n.acquainted
	return a.unanswered > 0 && a.live > 0 && n.strangers() > a.live && !n.cfg.Variant.StrangersEqual
}

// noteAnswered remembers that the target of the probe answered it.
func (n *Node) noteAnswered() {
	member, a := n.probe.member, &n.acquainted
	r := n.table.Get(member)
	if !r.known() || n.dir.info(r.info()).Name != n.probe.info.Name || !n.isStranger(member) {
		return
	}
	a.unanswered /= 2
	a.add(member)
	if r.status() <= Suspect {
		a.live++
	}
}

// noteUnanswered remembers that the target of the probe did not answer.
func (n *Node) noteUnanswered() {
	if a := &n.acquainted; n.isStranger(n.probe.member) {
		a.unanswered = min(a.unanswered+1, unansweredMax)
	}
}

// unacquaint makes a member that is alive a stranger again: it has another address.
func (n *Node) unacquaint(member uint32) {
	if n.acquainted.has(member) {
		n.acquainted.forget(member)
		n.acquainted.live--
	}
}

// noteStatus keeps count of who has answered, when the record of a member changes.
func (n *Node) noteStatus(member uint32, old, new record) {
	a := &n.acquainted
	if !a.has(member) {
		return
	}
	if old.known() && old.status() <= Suspect {
		a.live--
	}
	switch {
	case !new.known():
		a.forget(member)
	case new.status() <= Suspect:
		a.live++
	}
}

// passesOver reports whether a member is not probed now since it is a stranger, as the last one probed was.
func (n *Node) passesOver(member uint32) bool {
	if !n.acquainted.last || !n.isStranger(member) || !n.crowded() {
		return false
	}
	n.stats.ProbesPassedOver++
	return true
}

// reapsNow reports whether the departed may be forgotten when a pass begins. In a crowd passes are short, but rumours
// live as long as among so many.
func (n *Node) reapsNow() bool {
	return !n.crowded() || n.now-n.reapedAt >= int64(n.table.Len())*int64(n.cfg.ProbeInterval)
}

// chooseAnswering is choose among those that have answered, if the node is crowded and there are any.
func (n *Node) chooseAnswering(dst []uint32, k int, eligible func(member uint32, r record) bool) []uint32 {
	if n.crowded() {
		chosen := n.choose(dst, k, func(member uint32, r record) bool { return !n.isStranger(member) && eligible(member, r) })
		if len(chosen) > len(dst) {
			return chosen
		}
	}
	return n.choose(dst, k, eligible)
}

// chooseListeners appends whom a round of gossip goes to.
func (n *Node) chooseListeners(dst []uint32) []uint32 {
	k := n.cfg.GossipNodes
	if !n.crowded() {
		return n.choose(dst, k, n.listens)
	}
	dst = n.chooseAnswering(dst, 1, n.listens)
	return n.choose(dst, k-1, func(member uint32, r record) bool { return !contains(dst, member) && n.listens(member, r) })
}
