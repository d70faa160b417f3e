package swim

import (
	"net/netip"
	"slices"

	"serf/broadcast"
)

// What a packet costs beside its messages.
const (
	compoundOverhead = 2 // type and count
	partOverhead     = 2 // the length of each message
	checksumBytes    = 5 // type and CRC
	// checksumProtocol is the protocol version from which on a member understands the checksum wrapper, nackProtocol
	// and streamPingProtocol likewise.
	checksumProtocol   = 5
	nackProtocol       = 4
	streamPingProtocol = 3
)

// closeMessage ends the message that was appended to the body of b behind the first start bytes.
func closeMessage(b *broadcast.Batch, start int) {
	b.Sizes = append(b.Sizes, uint16(len(b.Body)-start))
}

// fairTurn is which packet of those that could carry messages of attached queues is filled from the last queue to the
// first. However much there is to say of members, a quarter of the room goes to applications.
const fairTurn = 4

// fill appends broadcasts to e, as many as fit the packet budget: the node's own first, then those of the attached queues,
// but each fairTurn-th time the other way round. Each message costs two bytes for its length, those in e included; reference peers exceed the budget by them.
func (n *Node) fill(e *Effect) {
	budget := n.cfg.PacketBytesMax - compoundOverhead - len(e.Batch.Body) - partOverhead*e.Batch.Len()
	if e.Checksum {
		budget -= checksumBytes
	}
	members := n.table.Len()
	take := func(q *broadcast.Queue) {
		if q.Len() > 0 {
			budget -= q.Take(&e.Batch, partOverhead, budget, members)
		}
	}
	if !n.attachedQueued() {
		take(n.queue)
		return
	}
	if n.turn = (n.turn + 1) % fairTurn; n.turn == 0 {
		for _, q := range slices.Backward(n.attached) {
			take(q)
		}
		take(n.queue)
		return
	}
	take(n.queue)
	for _, q := range n.attached {
		take(q)
	}
}

// queued reports whether there is anything to gossip.
func (n *Node) queued() bool {
	return n.queue.Len() > 0 || n.attachedQueued()
}

// attachedQueued reports whether one of the attached queues has something to say.
func (n *Node) attachedQueued() bool {
	for _, q := range n.attached {
		if q.Len() > 0 {
			return true
		}
	}
	return false
}

// wantsChecksum reports whether info's member understands the checksum wrapper.
func wantsChecksum(info *Info) bool { return info.Versions.ProtocolMax() >= checksumProtocol }

// encodePing appends a ping of the named member.
func (n *Node) encodePing(dst []byte, sequence uint32, name string) []byte {
	n.nameScratch = append(n.nameScratch[:0], name...)
	return AppendPing(dst, &Ping{Sequence: sequence, Node: n.nameScratch, Source: n.addr, SourceNode: n.name})
}

// sendAck answers a ping.
func (n *Node) sendAck(to netip.AddrPort, checksum bool, sequence uint32, payload []byte) {
	e := n.out.packet(to)
	e.Checksum = checksum
	e.Batch.Body = AppendAck(e.Batch.Body, &Ack{Sequence: sequence, Payload: payload})
	closeMessage(&e.Batch, 0)
	n.fill(e)
}

// sendNack says that an indirect ping was not answered.
func (n *Node) sendNack(to netip.AddrPort, sequence uint32) {
	e := n.out.packet(to)
	e.Batch.Body = AppendNack(e.Batch.Body, &Nack{Sequence: sequence})
	closeMessage(&e.Batch, 0)
	n.fill(e)
}

// newSequence returns a number that no open ping has and nobody can guess: an ack that carries it comes from somebody who
// has seen the ping.
func (n *Node) newSequence() uint32 {
	for {
		s := n.rng.Uint32()
		if s != 0 && !(n.probe.open && n.probe.sequence == s) && n.served[s] == nil && n.pings[s] == nil {
			return s
		}
	}
}

// sameHost reports whether a and b are the same address, in whatever form and with whatever port. Members announce no
// zones, sockets tell them.
func sameHost(a netip.Addr, b netip.AddrPort) bool { return a.Unmap() == b.Addr().Unmap().WithZone("") }
