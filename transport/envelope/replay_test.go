package envelope

import (
	"encoding/binary"
	"errors"
	"testing"

	"serf/sim/proof"
)

func nonceOf(i int) []byte {
	n := make([]byte, NonceBytes)
	binary.BigEndian.PutUint64(n[4:], uint64(i))
	return n
}

// What is remembered is compared with a list of all nonces: each of the last ones is known, and none is that never came.
func TestNonceMemoryKnowsTheLastNonces(t *testing.T) {
	const window = 500
	m := NewNonceMemory(window)
	for i := range 20 * window {
		if m.Seen(nonceOf(i)) {
			t.Fatalf("nonce %d: seen before it came", i)
		}
		for _, back := range []int{0, 1, window / 2, window - 1} {
			if back <= i && !m.Seen(nonceOf(i-back)) {
				t.Fatalf("nonce %d after nonce %d: forgotten", i-back, i)
			}
		}
	}
	if m.Seen(nonceOf(0)) {
		t.Errorf("first nonce: still remembered %d later", 20*window)
	}
	if len(m.young)+len(m.old) > 2*m.slotsMax {
		t.Errorf("got %d slots, want at most %d", len(m.young)+len(m.old), 2*m.slotsMax)
	}
}

func TestNonceMemoryStartsSmallAndStopsAllocating(t *testing.T) {
	m := NewNonceMemory(1 << 16)
	m.Seen(nonceOf(0))
	if got := len(m.young) + len(m.old); got != nonceSlotsMin {
		t.Errorf("slots for one nonce: got %d, want %d", got, nonceSlotsMin)
	}
	next := 1
	for range 4 << 16 {
		m.Seen(nonceOf(next))
		next++
	}
	if n := testing.AllocsPerRun(1000, func() { m.Seen(nonceOf(next)); next++ }); n > 1 { // the nonce itself
		t.Errorf("allocations of a full memory: got %v a nonce, want none", n-1)
	}
}

func TestRepeatedPacketIsRefused(t *testing.T) {
	ring := mustRing(t, key32)
	for _, c := range []Cipher{AESGCM, XChaCha20} {
		o := NewOpener(Config{ReplayWindow: 100})
		s := NewSealer(Config{Cipher: c}, new(NonceCounter))
		for i := range 3 {
			packet, err := s.SealPacket(nil, ring, []byte("\x08hello"), []uint16{6}, false)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.OpenPacket(ring, packet); err != nil {
				t.Errorf("%v, packet %d: got error %v, want none", c, i, err)
			}
			if _, err := o.OpenPacket(ring, packet); !errors.Is(err, ErrReplay) {
				t.Errorf("%v, packet %d again: got error %v, want ErrReplay", c, i, err)
			}
		}
		if got := o.Stats().Replay; got != 3 {
			t.Errorf("%v: counted %d repetitions, want 3", c, got)
		}
	}
}

// A packet that does not open must not make the real one, which has the same nonce, a repetition.
func TestForgedPacketDoesNotSpoilANonce(t *testing.T) {
	ring := mustRing(t, key32)
	o := NewOpener(Config{ReplayWindow: 100})
	packet := sealOne(t, Config{}, ring, "\x08hello")
	forged := append([]byte(nil), packet...)
	forged[len(forged)-1]++
	if _, err := o.OpenPacket(ring, forged); !errors.Is(err, ErrNoKey) {
		t.Fatalf("forged: got error %v, want ErrNoKey", err)
	}
	if _, err := o.OpenPacket(ring, packet); err != nil {
		t.Errorf("real: got error %v, want none", err)
	}
}

func FuzzNonceMemory(f *testing.F) {
	f.Add([]byte("abacad"))
	f.Fuzz(func(t *testing.T, order []byte) {
		proof.Memory(t, len(order), func() {
			m := NewNonceMemory(len(order))
			for _, b := range order {
				m.Seen([]byte{b})
			}
		})
		m := NewNonceMemory(len(order))
		seen := make(map[byte]bool)
		for _, b := range order {
			if got := m.Seen([]byte{b}); got != seen[b] {
				t.Fatalf("nonce %d: got seen %v, want %v", b, got, seen[b])
			}
			seen[b] = true
		}
	})
}
