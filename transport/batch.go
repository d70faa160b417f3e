package transport

import (
	"net/netip"
	"time"
)

const (
	// PacketBytesMax is the largest payload of a UDP datagram over IPv4: 65535 less 20 bytes IP and 8 bytes UDP header.
	PacketBytesMax = 65507

	// BatchLen is the number of packets that one read or write of the socket moves at most. The gain of a batched system
	// call levels off there, and it bounds how long a batch keeps the consumer from its timers.
	BatchLen = 32

	// slotBytes is the room of one packet in a batch. Members send at most 1400 bytes unless configured otherwise; what is
	// longer goes to the batch's spill.
	slotBytes = 2048

	// spillBytes is the size of a spill: one packet of any size fits. A batch keeps one of them.
	spillBytes = 1 << 16
)

// Packet is one received datagram.
type Packet struct {
	From netip.AddrPort // never 4-in-6
	At   time.Time      // when the read that brought it returned
	Data []byte         // 1..65535 bytes in the batch's buffer
}

// Batch is a list of received packets together with the buffers that hold their bytes.
//
// A batch belongs to whoever holds it: ReadBatch fills it and keeps no reference to it, the reader may hand it to another
// goroutine without copying, and passing it to ReadBatch again recycles its buffers. From then on the bytes of the old
// packets are gone. To read ahead, have several batches, and a channel that brings the used ones back.
//
// The buffers are not touched before they are needed, so a batch whose first packets only are ever used costs one or
// two pages of memory. The zero value gets room for BatchLen packets when it is first used.
type Batch struct {
	Packets []Packet // may be resliced and overwritten by the holder

	room  []Packet // all of Packets
	slots []byte   // as many slots of slotBytes
	spill []byte   // bytes of packets longer than a slot, one after the other
}

// NewBatch returns an empty batch for n packets; n ≤ 0 means BatchLen.
func NewBatch(n int) *Batch {
	if n <= 0 {
		n = BatchLen
	}
	return &Batch{room: make([]Packet, n), slots: make([]byte, n*slotBytes)}
}

// Reset empties b and makes its buffers free for new packets.
func (b *Batch) Reset() {
	if len(b.room) == 0 {
		*b = *NewBatch(0)
	}
	b.Packets = b.room[:0]
	b.spill = b.spill[:0]
}

// Full tells whether there is no room for another packet.
func (b *Batch) Full() bool { return len(b.Packets) == len(b.room) }

// Add copies data into b, after a Reset, as its next packet and tells whether there was room. It serves transports that do not read a
// socket straight into b.
func (b *Batch) Add(from netip.AddrPort, at time.Time, data []byte) bool {
	if b.Full() {
		return false
	}
	slot := b.slot(len(b.Packets))
	n := copy(slot, data)
	b.commit(from, at, slot[:n:n], data[n:])
	return true
}

// slot returns the buffer of the i-th packet.
func (b *Batch) slot(i int) []byte { return b.slots[i*slotBytes : (i+1)*slotBytes] }

// commit appends the packet that begins with head, which lies in a slot of b, and goes on with rest, which does not.
func (b *Batch) commit(from netip.AddrPort, at time.Time, head, rest []byte) {
	if len(rest) > 0 {
		head = b.join(head, rest)
	}
	b.Packets = append(b.Packets, Packet{From: from, At: at, Data: head})
}

// join returns head and rest as one slice of the spill. A spill that is too small is left to the packets in it.
func (b *Batch) join(head, rest []byte) []byte {
	n := len(head) + len(rest)
	if cap(b.spill)-len(b.spill) < n {
		b.spill = make([]byte, 0, max(n, spillBytes))
	}
	start := len(b.spill)
	b.spill = append(append(b.spill, head...), rest...)
	return b.spill[start:len(b.spill):len(b.spill)]
}
