package transport

import "sync/atomic"

// Stats counts what a transport did since it was made.
type Stats struct {
	PacketsIn     uint64 // packets delivered
	BytesIn       uint64 // their bytes, without headers
	PacketsOut    uint64 // packets sent
	BytesOut      uint64 // their bytes, without headers
	PacketsEmpty  uint64 // datagrams of no bytes, dropped
	PacketsLarge  uint64 // packets delivered that did not fit into their slot and cost a copy
	Reads         uint64 // reads of the socket that gave packets
	ReadErrors    uint64 // failed reads of the socket
	PacketsUnsent uint64 // packets that WriteBatch could not send

	StreamsAccepted      uint64 // streams handed out by Accept
	StreamsOpen          uint64 // of these, not closed yet
	StreamsRefused       uint64 // streams closed at once: Config.StreamsMax were open, or no descriptor was left
	StreamsRefusedSource uint64 // streams closed at once: Config.StreamsPerSourceMax of the same address were open
	AcceptErrors         uint64 // failed accepts
	StreamsDialed        uint64 // streams opened by Dial
	DialErrors           uint64 // failed dials

	ReceiveBufferBytes uint64 // socket receive buffer as the system accounts it; 0 when unknown
}

// counters are the Stats of a Net while they change.
type counters struct {
	packetsIn, bytesIn, packetsOut, bytesOut, packetsEmpty, packetsLarge atomic.Uint64
	reads, readErrors, packetsUnsent                                     atomic.Uint64
	streamsAccepted, streamsRefused, streamsRefusedSource                atomic.Uint64
	acceptErrors, streamsDialed, dialErrors                              atomic.Uint64
}

func (c *counters) stats() Stats {
	return Stats{
		PacketsIn:            c.packetsIn.Load(),
		BytesIn:              c.bytesIn.Load(),
		PacketsOut:           c.packetsOut.Load(),
		BytesOut:             c.bytesOut.Load(),
		PacketsEmpty:         c.packetsEmpty.Load(),
		PacketsLarge:         c.packetsLarge.Load(),
		Reads:                c.reads.Load(),
		ReadErrors:           c.readErrors.Load(),
		PacketsUnsent:        c.packetsUnsent.Load(),
		StreamsAccepted:      c.streamsAccepted.Load(),
		StreamsRefused:       c.streamsRefused.Load(),
		StreamsRefusedSource: c.streamsRefusedSource.Load(),
		AcceptErrors:         c.acceptErrors.Load(),
		StreamsDialed:        c.streamsDialed.Load(),
		DialErrors:           c.dialErrors.Load(),
	}
}
