package agent

import (
	"errors"
	"net/netip"

	"serf/agent/journal"
	"serf/transport"
	"serf/transport/envelope"
)

// readPackets opens what arrives and leaves the messages in the inbox, until the transport closes. Keys, checksums and
// compression are its work, so that the loop is not held up by them.
func (a *Agent) readPackets() {
	opener := envelope.NewOpener(a.envelope)
	batch := transport.NewBatch(0)
	for {
		if err := a.transport.ReadBatch(batch); err != nil {
			return
		}
		for i := range batch.Packets {
			a.openPacket(opener, &batch.Packets[i])
		}
		a.in.announce()
	}
}

// openPacket leaves the messages of p in the inbox.
func (a *Agent) openPacket(opener *envelope.Opener, p *transport.Packet) {
	messages, err := opener.OpenPacketFrom(a.Keyring(), p.From, p.Data)
	if err != nil {
		a.onBadPacket(p.From, err)
		return
	}
	for {
		m, ok := messages.Next()
		if !ok {
			break
		}
		if !a.in.put(p.From, p.At, m) {
			a.counters.packetsDropped.Add(1)
			a.log.Limited("inbox", journal.Warn, "memberlist", "handler queue full, dropping messages from=%v", p.From)
			return
		}
	}
	if n := messages.Truncated(); n > 0 {
		a.counters.packetsBad.Add(1)
		a.log.Limited("truncated", journal.Warn, "memberlist", "Compound request had %d truncated messages from=%v", n, p.From)
	}
	if n := messages.Rejected(); n > 0 {
		a.counters.packetsBad.Add(1)
		a.log.Limited("rejected", journal.Warn, "memberlist", "Compound request had %d malformed messages from=%v", n, p.From)
	}
}

// onBadPacket counts a packet that could not be opened, and says so once in a while.
func (a *Agent) onBadPacket(from netip.AddrPort, err error) {
	if errors.Is(err, envelope.ErrReplay) {
		a.counters.packetsReplayed.Add(1) // the network does that, too
		return
	}
	if errors.Is(err, envelope.ErrNoKey) {
		a.counters.packetsKey.Add(1)
		a.log.Limited("packet key", journal.Err, "memberlist", "Decrypt packet failed: %v from=%v (key mismatch?)", reason(err), from)
		return
	}
	a.counters.packetsBad.Add(1)
	a.log.Limited("packet", journal.Warn, "memberlist", "dropped a packet: %v from=%v", err, from)
}

// onBadMessage counts a message that the machine refused, and says so once in a while.
func (a *Agent) onBadMessage(from netip.AddrPort, err error) {
	a.counters.messagesBad.Add(1)
	a.log.Limited("message", journal.Warn, "memberlist", "dropped a message: %v from=%v", err, from)
}
