package envelope

import (
	"encoding/binary"
	"math/bits"
)

const (
	// nonceSlotsMin is how many slots a young NonceMemory has.
	nonceSlotsMin = 256
	// nonceLoad is how full a table may become, in quarters.
	nonceLoad = 3
)

// NonceMemory knows the nonces of what was opened lately, so that a packet that somebody sends again is told from a new one.
// It remembers by 64-bit fingerprints: that a new nonce looks like an old one happens once in 10^14 packets, and costs one
// packet. It grows with what it has seen, to two tables of at most slotsMax slots of 8 bytes. It belongs to one goroutine.
//
// Invariants: the last entriesMax nonces are in one of the tables; young holds fewer than entriesMax; the length of a table
// is a power of two.
type NonceMemory struct {
	young, old []uint64 // fingerprints in open addressing; 0 is an empty slot
	len        int      // fingerprints in young
	slotsMax   int
}

// NewNonceMemory returns a memory for at least the last entriesMax nonces, and at most eight thirds of that.
func NewNonceMemory(entriesMax int) *NonceMemory {
	slots := nonceSlotsMin
	for slots*nonceLoad/4 < entriesMax {
		slots *= 2
	}
	return &NonceMemory{slotsMax: slots}
}

// Seen reports whether nonce is remembered, and remembers it.
func (m *NonceMemory) Seen(nonce []byte) bool {
	f := fingerprint(nonce)
	if contains(m.old, f) || contains(m.young, f) {
		return true
	}
	m.makeRoom()
	insert(m.young, f)
	m.len++
	return false
}

// makeRoom sees to it that young can take one more.
func (m *NonceMemory) makeRoom() {
	switch {
	case m.young == nil:
		m.young = make([]uint64, nonceSlotsMin)
	case m.len < len(m.young)*nonceLoad/4:
	case len(m.young) < m.slotsMax:
		grown := make([]uint64, 2*len(m.young))
		for _, f := range m.young {
			if f != 0 {
				insert(grown, f)
			}
		}
		m.young = grown
	default:
		m.young, m.old, m.len = m.old, m.young, 0
		if len(m.young) < m.slotsMax {
			m.young = make([]uint64, m.slotsMax)
		}
		clear(m.young)
	}
}

// fingerprint mixes all bytes of a nonce into 64 bits, never 0.
func fingerprint(nonce []byte) uint64 {
	var word [8]byte
	h := uint64(len(nonce))
	for len(nonce) > 0 {
		clear(word[:])
		n := copy(word[:], nonce)
		nonce = nonce[n:]
		hi, lo := bits.Mul64(h^binary.LittleEndian.Uint64(word[:])^0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9)
		h = hi ^ lo ^ bits.RotateLeft64(h, 29)
	}
	h ^= h >> 32
	h *= 0x94d049bb133111eb
	h ^= h >> 29
	return max(h, 1)
}

func contains(table []uint64, f uint64) bool {
	if table == nil {
		return false
	}
	mask := uint64(len(table) - 1)
	for i := f & mask; table[i] != 0; i = (i + 1) & mask {
		if table[i] == f {
			return true
		}
	}
	return false
}

// insert puts f, which is not there, into a table with an empty slot.
func insert(table []uint64, f uint64) {
	mask := uint64(len(table) - 1)
	i := f & mask
	for table[i] != 0 {
		i = (i + 1) & mask
	}
	table[i] = f
}
