package swim

import "math"

// accusationJumpMax is how far the incarnation of an accusation may lie above the known one. A member raises its
// incarnation by one for each refutation or change of metadata, so nobody honest comes near it.
const accusationJumpMax = 1 << 20

// accusation is a suspect or dead message. Its bytes may belong to a packet.
type accusation struct {
	incarnation uint32
	from        []byte
	local       bool // from this node's own observation
	verified    bool // the accused was asked, see doubt
}

func (n *Node) onSuspect(b []byte) error {
	m, err := DecodeSuspect(b)
	if err != nil {
		return n.malformed(err)
	}
	member, ok := n.dir.findBytes(m.Node)
	if !ok {
		n.stats.SuspectUnknown++
		return nil
	}
	n.suspect(member, accusation{incarnation: m.Incarnation, from: m.From})
	return nil
}

// suspect applies the accusation to a member.
func (n *Node) suspect(member uint32, a accusation) {
	r := n.table.Get(member)
	switch {
	case !r.known():
		n.stats.SuspectUnknown++
	case a.incarnation < r.incarnation():
		n.stats.SuspectOldIncarnation++
	case !n.credible(member, r, &a):
	case r.status() == Suspect:
		n.confirm(member, a)
	case r.status() != Alive:
		n.stats.SuspectNotAlive++
	case member == n.self:
		n.refute(a.incarnation, TypeSuspect, string(a.from))
	default:
		n.set(member, r.with(Suspect, a.incarnation))
		n.stats.SuspectApplied++
		n.broadcastSuspect(member, a)
		n.startSuspicion(member, string(a.from))
	}
}

// credible refuses, counts and reports accusations that no honest member makes: with the largest incarnation, which
// cannot be refuted; with one absurdly far above the known one, unless it is about ourselves, where a refutation mends
// what others may have believed; or by an accuser whose name is too long to be a member's.
func (n *Node) credible(member uint32, r record, a *accusation) bool {
	switch {
	case a.local:
		return true
	case len(a.from) > n.cfg.NameBytesMax:
		n.stats.AccusationName++
	case a.incarnation == math.MaxUint32, member != n.self && a.incarnation-r.incarnation() > accusationJumpMax:
		n.stats.AccusationFar++
		n.degraded(ErrFar, "accusation", n.dir.info(r.info()).Name)
	default:
		return true
	}
	return false
}

// confirm counts another accuser of a suspect.
func (n *Node) confirm(member uint32, a accusation) {
	s := n.suspicions[member]
	if !s.confirm(a.from) {
		n.stats.SuspectRepeated++
		return
	}
	n.stats.SuspectConfirmed++
	n.timers.move(s.timer, max(n.now, s.end()))
	n.broadcastSuspect(member, a)
}

// broadcastSuspect passes the accusation on as it came, under the name of the accused.
func (n *Node) broadcastSuspect(member uint32, a accusation) {
	name := n.dir.name(member)
	n.nameScratch = append(n.nameScratch[:0], name...)
	n.scratch = AppendSuspect(n.scratch[:0], &SuspectMessage{Incarnation: a.incarnation, Node: n.nameScratch, From: a.from})
	n.push(name, n.scratch, false)
}
