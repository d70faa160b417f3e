package envelope

import (
	"encoding/binary"
	"net/netip"
)

// senderSlots is how many senders an Opener tells apart at most, a power of two: while keys are changed, or where clusters share a
// network for a while, a sender goes on with the key that it used last.
const senderSlots = 1024

// senders remembers which key of the ring opened the last packet of each sender. It is a hint: senders may share a slot, and the ring
// may have changed; a wrong key costs one try.
type senders [senderSlots]uint16

// slot returns where the key of a sender is remembered. Neighbouring addresses, and neighbouring ports, have different slots.
func (s *senders) slot(from netip.AddrPort) *uint16 {
	a := from.Addr().As16()
	h := binary.BigEndian.Uint64(a[:8])*0x9e3779b97f4a7c15 + binary.BigEndian.Uint64(a[8:]) + uint64(from.Port())*31
	return &s[h%senderSlots]
}

// OpenPacketFrom is OpenPacket for a datagram that came from the given address. If the ring has several keys, that which opened the
// last packet from there is tried first.
func (o *Opener) OpenPacketFrom(ring *Keyring, from netip.AddrPort, datagram []byte) (Messages, error) {
	if ring.Len() < 2 || !from.IsValid() {
		return o.OpenPacket(ring, datagram)
	}
	if o.senders == nil {
		o.senders = new(senders)
	}
	slot := o.senders.slot(from)
	o.first = int(*slot)
	m, err := o.OpenPacket(ring, datagram)
	if o.used >= 0 {
		*slot = uint16(o.used)
	}
	o.first = 0
	return m, err
}
