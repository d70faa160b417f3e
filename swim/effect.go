package swim

import (
	"net/netip"
	"time"

	"serf/broadcast"
)

// Exchange names one stream: one request, at most one reply, exactly one completion. Exchanges that the node starts have
// even numbers, given by the node; those that a driver accepted have odd ones, given by the driver through Accepted.
type Exchange uint64

// Accepted returns the exchange number of the i-th stream that a driver accepted.
func Accepted(i uint64) Exchange { return Exchange(i<<1 | 1) }

// EffectKind says which fields of an Effect count.
type EffectKind uint8

const (
	// EffectPacket: send Batch to To in one packet; Checksum, Probe.
	EffectPacket EffectKind = iota + 1
	// EffectDial: open a stream to To, write the request (State, or Body when State is nil) and, when WantReply, read the
	// reply; Exchange, Name, Deadline. It ends in HandleReply, HandleState or HandleFailure; without WantReply
	// in HandleReply with no bytes.
	EffectDial
	// EffectReply: write State, or Body when State is nil, to the accepted stream Exchange and close it.
	EffectReply
	// EffectClose: close the accepted stream Exchange without a reply, or give up the dialled one. No input follows.
	EffectClose
	// EffectEvent: Event tells the layer above what happened.
	EffectEvent
)

// Effect is one thing that the driver or the layer above has to do. It is a value; its Batch and Body are valid until the
// next input to the node, its State is immutable and stays valid.
type Effect struct {
	Kind      EffectKind
	Checksum  bool   // Packet: the receiver understands the checksum wrapper
	WantReply bool   // Dial
	Probe     uint32 // Packet: sequence number to hand to HandleUnsent when the local write fails; 0: nobody cares
	Exchange  Exchange
	To        netip.AddrPort
	Name      string // Dial: name of the peer, empty when unknown
	Batch     broadcast.Batch
	Body      []byte
	State     *State
	Deadline  time.Time // Dial: connecting, writing and reading must be done by then
	Event     Event
}
