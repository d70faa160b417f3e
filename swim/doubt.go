package swim

import "bytes"

// doubtsMax bounds the departures that are being verified. What comes beyond it is believed: a flood of them cannot make
// this node send more.
const doubtsMax = 64

// doubt is a departure, told by others, of a member that has only just spoken itself.
type doubt struct {
	member      uint32
	incarnation uint32
	from        []byte // copied
	leave       bool   // the member is said to have left of its own will
}

// heardLately reports whether a member itself was heard within the time for which others must have suspected it before they
// could declare it dead. Who really dies was heard longer ago, so that doubts never hold up the news of that.
func (n *Node) heardLately(member uint32) bool {
	h, ok := n.heard.find(member)
	return ok && n.now-h.heard <= int64(suspicionTimeout(n.cfg.SuspicionMult, n.table.Len(), n.cfg.ProbeInterval))
}

// doubtful reports whether others say that a member has departed which was heard a moment ago, and then asks that one. It is
// told what they say in the same packet, so that it can refute at once.
func (n *Node) doubtful(member uint32, r record, a accusation) bool {
	if a.local || a.verified || !n.cfg.VerifyDepartures || member == n.self || r.status() > Suspect || !n.heardLately(member) {
		return false
	}
	if n.doubts[member] != nil { // what is news by then will be told again
		n.stats.DeparturesRepeated++
		return true
	}
	if len(n.doubts) >= doubtsMax || len(n.pings) >= pingsMax {
		n.stats.DeparturesUnverified++
		return false
	}
	info := n.dir.info(r.info())
	d := &doubt{member: member, incarnation: a.incarnation, from: bytes.Clone(a.from), leave: string(a.from) == info.Name}
	n.doubts[member] = d
	n.stats.DeparturesDoubted++
	sequence := n.newSequence()
	n.pings[sequence] = &commandPing{info: info, start: n.now, doubt: d,
		timer: n.timers.start(TimerPing, sequence, n.now+int64(n.cfg.ProbeTimeout))}
	e := n.out.packet(info.Addr)
	e.Checksum = wantsChecksum(info)
	n.nameScratch = append(n.nameScratch[:0], info.Name...)
	e.Batch.Body = AppendDead(e.Batch.Body, &DeadMessage{Incarnation: d.incarnation, Node: n.nameScratch, From: d.from})
	closeMessage(&e.Batch, 0)
	start := len(e.Batch.Body)
	e.Batch.Body = n.encodePing(e.Batch.Body, sequence, info.Name)
	closeMessage(&e.Batch, start)
	return true
}

// onDoubtAck ends the doubt about a member that answers: it is not dead. One that leaves answers, too, but does not refute: its
// leave is believed at the end of the wait.
func (n *Node) onDoubtAck(d *doubt) (over bool) {
	if d.leave {
		return false
	}
	delete(n.doubts, d.member)
	n.stats.DeparturesDenied++
	return true
}

// fireDoubt believes a departure that was not refuted in time.
func (n *Node) fireDoubt(p *commandPing) {
	d := p.doubt
	delete(n.doubts, d.member)
	r := n.table.Get(d.member)
	if !r.known() || n.dir.info(r.info()).Name != p.info.Name {
		return
	}
	if d.incarnation < r.incarnation() {
		n.stats.DeparturesDenied++
		return
	}
	n.dead(d.member, accusation{incarnation: d.incarnation, from: d.from, verified: true})
}
