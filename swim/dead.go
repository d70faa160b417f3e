package swim

import (
	"bytes"
	"errors"
)

// ErrFar is why an accusation is refused whose incarnation lies absurdly far above the known one.
var ErrFar = errors.New("incarnation too far ahead")

func (n *Node) onDead(b []byte) error {
	m, err := DecodeDead(b)
	if err != nil {
		return n.malformed(err)
	}
	member, ok := n.dir.findBytes(m.Node)
	if !ok {
		n.stats.DeadUnknown++
		return nil
	}
	n.dead(member, accusation{incarnation: m.Incarnation, from: m.From})
	return nil
}

// dead applies a declaration of death to a member; if its accuser is the member itself, a leave.
func (n *Node) dead(member uint32, a accusation) {
	r := n.table.Get(member)
	switch {
	case !r.known():
		n.stats.DeadUnknown++
	case a.incarnation < r.incarnation():
		n.stats.DeadOldIncarnation++
	case !n.credible(member, r, &a):
	case r.status() == Dead || r.status() == Left:
		n.stats.DeadRepeated++
	case member == n.self && !n.leaving:
		n.refute(a.incarnation, TypeDead, string(a.from))
	case n.doubtful(member, r, a):
	default:
		n.bury(member, r, a)
	}
}

// bury makes an alive or suspect member dead or left and tells the others.
func (n *Node) bury(member uint32, r record, a accusation) {
	if _, ok := n.suspicions[member]; ok {
		n.dropSuspicion(member)
	}
	info := n.dir.info(r.info())
	n.nameScratch = append(n.nameScratch[:0], info.Name...)
	n.scratch = AppendDead(n.scratch[:0], &DeadMessage{Incarnation: a.incarnation, Node: n.nameScratch, From: a.from})
	isSelf := member == n.self
	id := n.push(info.Name, n.scratch, isSelf)
	if isSelf {
		n.leaveID = id
	}
	status := Dead
	if bytes.Equal(a.from, n.nameScratch) {
		status = Left
	}
	n.departed[member] = n.now
	n.set(member, r.with(status, a.incarnation))
	n.stats.DeadApplied++
	n.out.event(Event{Kind: EventLeave, Info: info, Left: status == Left, Incarnation: a.incarnation})
}
