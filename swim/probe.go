package swim

import (
	"net/netip"
	"time"
)

// probe is the one probe that may be running: a direct ping, then, after the probe timeout, indirect ones and one over a
// stream, and the verdict at the end of the window. It ends relative to its send time.
type probe struct {
	open        bool
	late        bool // others were asked
	unsent      bool // the direct ping could not be written
	streamed    bool // answered over a stream
	sequence    uint32
	member      uint32
	incarnation uint32 // of the target when the probe began
	info        *Info
	start, end  int64
	helpers     [selectMax]helper
	asked       int // helpers in use
	nacksWanted int
	nacks       int
	stream      Exchange
	foreign     netip.Addr // an ack came from this address, which is not known to be the target's
}

// helper is a member asked to ping the target.
type helper struct {
	addr   netip.AddrPort
	nacked bool
}

// armProbe arms the timer of the next probe when there is somebody to probe and no probe is running: one interval
// after the start of the last, or at a random time within the first interval.
func (n *Node) armProbe() {
	if n.timers.armed(TimerProbe) || n.probe.open || n.cfg.ProbeInterval == 0 {
		return
	}
	if n.others() == 0 {
		n.probing = false
		return
	}
	at := n.nextProbe()
	if !n.probing {
		at = n.now + n.rng.Int64N(int64(n.cfg.ProbeInterval))
	}
	n.probing = true
	n.timers.arm(TimerProbe, max(at, n.now))
}

// fireProbe begins the next probe.
func (n *Node) fireProbe() {
	member, ok := n.nextTarget()
	if !ok {
		return
	}
	if n.cfg.ProbeStalest && n.others() <= stalestMax && n.table.Cap() <= stalestCapMax {
		member = n.stalest(member)
	}
	n.noteProbed(member)
	n.acquainted.last = n.isStranger(member)
	r := n.table.Get(member)
	p := &n.probe
	*p = probe{
		open: true, sequence: n.newSequence(), member: member, incarnation: r.incarnation(), info: n.dir.info(r.info()),
		start: n.now, end: n.now + n.health.scale(int64(n.cfg.ProbeInterval)),
	}
	n.stats.Probes++
	if n.health.score > 0 {
		n.stats.ProbesDegraded++
	}
	n.timers.arm(TimerProbeLate, p.start+n.probeTimeout())
	n.timers.arm(TimerProbeEnd, p.end)
	e := n.out.packet(p.info.Addr)
	e.Probe, e.Checksum = p.sequence, wantsChecksum(p.info)
	e.Batch.Body = n.encodePing(e.Batch.Body, p.sequence, p.info.Name)
	closeMessage(&e.Batch, 0)
	if r.status() == Suspect && !n.cfg.Variant.NoBuddy { // tell it in the same packet, so that it can refute at once
		start := len(e.Batch.Body)
		e.Batch.Body = AppendSuspect(e.Batch.Body,
			&SuspectMessage{Incarnation: r.incarnation(), Node: n.nameScratch, From: n.name})
		closeMessage(&e.Batch, start)
		return
	}
	n.fill(e)
}

// nextTarget returns the next member of the ring to probe. Each pass has every member once, in random order; when one is
// over, the departed are reaped and the next begins.
func (n *Node) nextTarget() (uint32, bool) {
	for passes := 0; passes < 2; {
		member, ok := n.ring.next()
		if !ok {
			passes++
			if n.reapsNow() {
				n.reap()
			}
			n.ring.begin(n.table.Cap(), n.rng)
			continue
		}
		if r := n.table.Get(member); r.known() && r.status() <= Suspect && member != n.self && !n.passesOver(member) {
			return member, true
		}
	}
	return 0, false
}

// HandleUnsent says that the packet with the given probe number could not be written: the probe goes on at once as if the
// ping had been lost.
func (n *Node) HandleUnsent(now time.Time, sequence uint32) {
	n.begin(now)
	if p := &n.probe; p.open && p.sequence == sequence && !p.late {
		p.unsent = true
		n.stats.ProbesUnsent++
		n.timers.disarm(TimerProbeLate)
		n.fireProbeLate()
	}
	n.settle()
}

// fireProbeLate asks others for help and tries a stream, since the direct ping got no answer in time.
func (n *Node) fireProbeLate() {
	p := &n.probe
	p.late = true
	n.out.event(Event{Kind: EventProbeLate, Info: p.info})
	n.targetScratch = n.chooseAnswering(n.targetScratch[:0], n.cfg.IndirectChecks, func(member uint32, r record) bool {
		return r.status() == Alive && member != n.self && member != p.member
	})
	for _, member := range n.targetScratch {
		n.askHelper(n.dir.info(n.table.Get(member).info()))
	}
	n.startStreamPing()
}

func (n *Node) askHelper(info *Info) {
	p := &n.probe
	wantNack := info.Versions.ProtocolMax() >= nackProtocol && n.health.max > 1 // without a score nacks say nothing
	if wantNack {
		p.nacksWanted++
	}
	p.helpers[p.asked] = helper{addr: info.Addr}
	p.asked++
	e := n.out.packet(info.Addr)
	e.Checksum = wantsChecksum(info)
	n.nameScratch = append(n.nameScratch[:0], p.info.Name...)
	e.Batch.Body = AppendIndirectPing(e.Batch.Body, &IndirectPing{
		Sequence: p.sequence, Target: p.info.Addr, Node: n.nameScratch, WantNack: wantNack,
		Source: n.addr, SourceNode: n.name,
	})
	closeMessage(&e.Batch, 0)
	n.fill(e)
}

// startStreamPing pings the target over a stream too: a network that loses packets may still carry streams.
func (n *Node) startStreamPing() {
	p := &n.probe
	if n.cfg.DisableStreamPings || p.info.Versions.ProtocolMax() < streamPingProtocol ||
		n.cfg.StreamPingDisabled != nil && n.cfg.StreamPingDisabled(p.info.Name) {
		return
	}
	x, ok := n.open(exchange{kind: exchangePing, sequence: p.sequence, to: p.info.Addr})
	if !ok {
		return
	}
	p.stream = x
	n.stats.ProbeStreams++
	e := n.out.add(EffectDial)
	e.Exchange, e.To, e.Name, e.WantReply, e.Deadline = x, plain(p.info.Addr), p.info.Name, true, n.stamp(p.end)
	e.Body = n.encodePing(e.Body, p.sequence, p.info.Name)
}

func (n *Node) onAck(from netip.AddrPort, b []byte) error {
	m, err := DecodeAck(b)
	if err != nil {
		return n.malformed(err)
	}
	switch {
	case n.probe.open && n.probe.sequence == m.Sequence:
		n.onProbeAck(from, m.Payload)
	case n.served[m.Sequence] != nil:
		n.onServedAck(from, m.Sequence)
	case n.pings[m.Sequence] != nil:
		n.onPingAck(from, m.Sequence, m.Payload)
	default:
		n.stats.StaleAck++
	}
	return nil
}

// onProbeAck ends the probe well, if the ack comes from the target or from a member asked for help. Another sender that
// knows the number may be the target with a second address: it is remembered for the case that the target turns out to
// be alive.
func (n *Node) onProbeAck(from netip.AddrPort, payload []byte) {
	p := &n.probe
	if !n.heardFrom(p.member, p.info, from) && !p.helped(from) {
		n.stats.AckSource++
		p.foreign = from.Addr().Unmap().WithZone("")
		return
	}
	if n.heardFrom(p.member, p.info, from) {
		n.noteHeard(p.member)
	}
	if p.late {
		n.stats.ProbeLateAcks++
	} else {
		n.stats.ProbeAcks++
		e := n.out.add(EffectEvent)
		e.Body = append(e.Body, payload...)
		e.Event = Event{Kind: EventPinged, Info: p.info, Payload: e.Body, RTT: time.Duration(n.now - p.start)}
	}
	n.probeSucceeded()
}

// heardFrom reports whether a packet from the given address can be a member's own.
func (n *Node) heardFrom(member uint32, info *Info, from netip.AddrPort) bool {
	if sameHost(info.Addr.Addr(), from) {
		return true
	}
	alias, ok := n.aliases[member]
	return ok && sameHost(alias, from)
}

// helped reports whether one of the members asked for help is at the given address.
func (p *probe) helped(from netip.AddrPort) bool {
	for i := range p.helpers[:p.asked] {
		if sameHost(p.helpers[i].addr.Addr(), from) {
			return true
		}
	}
	return false
}

// probeSucceeded ends the probe of a member that lives.
func (n *Node) probeSucceeded() {
	p := &n.probe
	n.noteAnswered()
	if !p.unsent {
		n.health.adjust(-1)
	}
	if p.foreign.IsValid() {
		n.learnAlias(p.member, p.info, p.foreign)
	}
	n.closeProbe()
}

// learnAlias remembers a second address of a member.
func (n *Node) learnAlias(member uint32, info *Info, a netip.Addr) {
	if r := n.table.Get(member); r.known() && n.dir.info(r.info()).Name == info.Name && member != n.self {
		n.aliases[member] = a
	}
}

// closeProbe ends the probe, whatever came of it.
func (n *Node) closeProbe() {
	p := &n.probe
	p.open = false
	n.timers.disarm(TimerProbeLate)
	n.timers.disarm(TimerProbeEnd)
	if x, ok := n.exchanges[p.stream]; ok && x.kind == exchangePing {
		delete(n.exchanges, p.stream)
		e := n.out.add(EffectClose)
		e.Exchange = p.stream
	}
}

func (n *Node) onNack(from netip.AddrPort, b []byte) error {
	m, err := DecodeNack(b)
	if err != nil {
		return n.malformed(err)
	}
	p := &n.probe
	if !p.open || p.sequence != m.Sequence {
		n.stats.StaleNack++
		return nil
	}
	for i := range p.helpers[:p.asked] {
		if h := &p.helpers[i]; !h.nacked && sameHost(h.addr.Addr(), from) {
			h.nacked = true
			p.nacks++
			n.stats.ProbeNacks++
			return nil
		}
	}
	n.stats.NackSource++
	return nil
}

// fireProbeEnd is the end of the window: nobody has reached the target by packets. A window that ended long ago means that
// this node was stopped meanwhile: the answers may be lost, and nobody else is to blame.
func (n *Node) fireProbeEnd(late int64) {
	p := &n.probe
	if late > n.overdue() {
		n.stats.ProbesVoid++
		n.health.adjust(1)
		n.closeProbe()
		return
	}
	if p.streamed {
		n.stats.ProbeStreamAcks++
		n.out.event(Event{Kind: EventStreamOnly, Info: p.info})
		n.probeSucceeded()
		return
	}
	n.stats.ProbeFailures++
	n.noteUnanswered()
	n.out.event(Event{Kind: EventProbeFailed, Info: p.info})
	n.health.adjust(p.blame(n.cfg.Variant.BlameBoth))
	n.closeProbe()
	if !n.table.Get(p.member).known() {
		return
	}
	a := accusation{incarnation: p.incarnation, from: n.name, local: true}
	if n.cfg.Variant.NoSuspicion {
		n.dead(p.member, a)
		return
	}
	n.suspect(p.member, a)
}

// blame returns how much a failed probe says about the local node: helpers that did not even send a nack were not
// reached either.
func (p *probe) blame(both bool) int {
	missed := max(0, p.nacksWanted-p.nacks)
	if p.nacksWanted == 0 || both {
		missed++
	}
	return missed
}
