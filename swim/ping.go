package swim

import (
	"fmt"
	"net/netip"
	"time"
)

// servedPing is a ping that runs for another member.
type servedPing struct {
	requester netip.AddrPort
	original  uint32 // the requester's number
	member    uint32 // the target
	info      *Info
	wantNack  bool // and none was sent yet
	end       int64
	timer     handle
}

// commandPing is a Ping, or, with a doubt, a question of the node's own.
type commandPing struct {
	info  *Info
	start int64
	timer handle
	doubt *doubt
}

// onPing answers a ping that is meant for this node, or for whoever gets it.
func (n *Node) onPing(from netip.AddrPort, b []byte) error {
	m, err := DecodePing(b)
	if err != nil {
		return n.malformed(err)
	}
	if len(m.Node) > 0 && string(m.Node) != n.cfg.Name {
		n.stats.PingsOtherNode++
		return fmt.Errorf("swim: %w (%q)", ErrOtherNode, m.Node)
	}
	n.stats.PingsAnswered++
	to, checksum := n.replyTo(from, m.Source, m.SourceNode)
	n.sendAck(to, checksum, m.Sequence, n.ackPayload)
	return nil
}

// replyTo returns where an answer goes: to the address the sender asked for, if that is its own or the one of the member
// it says it is; otherwise back to where the packet came from, so that nobody can be flooded through this node. It also
// reports whether that member understands the checksum wrapper, and learns second addresses of members.
func (n *Node) replyTo(from, source netip.AddrPort, node []byte) (to netip.AddrPort, checksum bool) {
	member, ok := n.dir.findBytes(node)
	r := record(0)
	if ok {
		r = n.table.Get(member)
	}
	isMember := false
	if r.known() {
		info := n.dir.info(r.info())
		checksum = wantsChecksum(info)
		isMember = SameAddr(info.Addr, source)
		if isMember {
			n.noteHeard(member)
		}
		if isMember && !n.heardFrom(member, info, from) {
			n.learnAlias(member, info, from.Addr().Unmap().WithZone(""))
		}
	}
	switch {
	case !source.Addr().IsValid() || source.Port() == 0:
		return from, checksum
	case isMember || sameHost(source.Addr(), from):
		return source, checksum
	}
	n.stats.RepliesReturned++
	return from, checksum
}

// onIndirectPing pings a member for another one.
func (n *Node) onIndirectPing(from netip.AddrPort, b []byte) error {
	m, err := DecodeIndirectPing(b)
	if err != nil {
		return n.malformed(err)
	}
	requester, _ := n.replyTo(from, m.Source, m.SourceNode)
	m.Target = n.receivedPort(m.Target)
	member, ok := n.dir.findBytes(m.Node)
	r := record(0)
	if ok {
		r = n.table.Get(member)
	}
	switch {
	case !r.known() || !SameAddr(n.dir.info(r.info()).Addr, m.Target) || member == n.self:
		n.stats.ServedRefused++
	case len(n.served) >= n.cfg.ServedMax:
		n.stats.ServedFull++
	default:
		n.serve(member, n.dir.info(r.info()), requester, &m)
		return nil
	}
	if m.WantNack {
		n.sendNack(requester, m.Sequence)
	}
	return nil
}

func (n *Node) serve(member uint32, info *Info, requester netip.AddrPort, m *IndirectPing) {
	sequence := n.newSequence()
	end := n.now + int64(n.cfg.ProbeTimeout)
	first := end
	if m.WantNack {
		if first = n.now + n.nackAfter(); n.cfg.Variant.LateNacks {
			first = end
		}
	}
	n.served[sequence] = &servedPing{
		requester: requester, original: m.Sequence, member: member, info: info, wantNack: m.WantNack,
		end: end, timer: n.timers.start(TimerServed, sequence, first),
	}
	n.stats.Served++
	e := n.out.packet(info.Addr)
	e.Checksum = wantsChecksum(info)
	e.Batch.Body = n.encodePing(e.Batch.Body, sequence, info.Name)
	closeMessage(&e.Batch, 0)
	n.fill(e)
}

// nackAfter returns after what time without an ack the requester is told so: early enough that the nack arrives within
// its window, of which a probe timeout has passed already (Lifeguard §IV-A has 80 % of the timeout). Acks are passed on
// until the whole probe timeout is over.
func (n *Node) nackAfter() int64 {
	wait := int64(n.cfg.ProbeTimeout)
	if rest := int64(n.cfg.ProbeInterval) - wait; rest > 0 {
		wait = min(wait, rest)
	}
	return wait * 4 / 5
}

// onServedAck passes the ack of a target on to who asked for it.
func (n *Node) onServedAck(from netip.AddrPort, sequence uint32) {
	s := n.served[sequence]
	if !n.heardFrom(s.member, s.info, from) {
		n.stats.AckSource++
		return
	}
	n.timers.stop(s.timer)
	delete(n.served, sequence)
	n.stats.ServedAcks++
	n.sendAck(s.requester, false, s.original, nil)
}

// fireServed tells who asked that the target has not answered yet, or ends the service.
func (n *Node) fireServed(sequence uint32) {
	s := n.served[sequence]
	if !s.wantNack {
		delete(n.served, sequence)
		return
	}
	s.wantNack = false
	s.timer = n.timers.start(TimerServed, sequence, s.end)
	n.stats.ServedNacks++
	n.sendNack(s.requester, s.original)
}

// pingsMax bounds the Ping commands that run at one time.
const pingsMax = 1024

// Ping sends one ping to the member called name at the given address. EventPinged follows if an ack comes within the
// probe timeout; otherwise nothing does. It has no effect on the member's status or on the local health. It fails with
// ErrBusy when too many run at one time.
func (n *Node) Ping(now time.Time, name string, to netip.AddrPort) error {
	if len(n.pings) >= pingsMax {
		n.stats.PingsRefused++
		return fmt.Errorf("swim: ping: %w (%d)", ErrBusy, pingsMax)
	}
	n.begin(now)
	info := &Info{Name: name, Addr: n.withPort(to)}
	if known, ok := n.Lookup(name); ok && SameAddr(known.Info.Addr, info.Addr) {
		info = known.Info
	}
	sequence := n.newSequence()
	n.pings[sequence] = &commandPing{info: info, start: n.now,
		timer: n.timers.start(TimerPing, sequence, n.now+int64(n.cfg.ProbeTimeout))}
	e := n.out.packet(info.Addr)
	e.Checksum = wantsChecksum(info)
	e.Batch.Body = n.encodePing(e.Batch.Body, sequence, name)
	closeMessage(&e.Batch, 0)
	n.settle()
	return nil
}

func (n *Node) onPingAck(from netip.AddrPort, sequence uint32, payload []byte) {
	p := n.pings[sequence]
	member, ok := n.dir.find(p.info.Name)
	if !sameHost(p.info.Addr.Addr(), from) && !(ok && n.heardFrom(member, p.info, from)) {
		n.stats.AckSource++
		return
	}
	if p.doubt != nil && !n.onDoubtAck(p.doubt) {
		return
	}
	n.timers.stop(p.timer)
	delete(n.pings, sequence)
	if p.doubt != nil {
		return
	}
	e := n.out.add(EffectEvent)
	e.Body = append(e.Body, payload...)
	e.Event = Event{Kind: EventPinged, Info: p.info, Payload: e.Body, RTT: time.Duration(n.now - p.start)}
}

// firePing ends a ping that was not answered.
func (n *Node) firePing(sequence uint32) {
	p := n.pings[sequence]
	delete(n.pings, sequence)
	if p.doubt != nil {
		n.fireDoubt(p)
	}
}
