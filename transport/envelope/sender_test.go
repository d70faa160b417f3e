package envelope

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"testing"
)

// The key that last opened a sender's packet is tried first, whatever its place in the ring and whatever others send.
func TestKeyOfASenderIsTriedFirst(t *testing.T) {
	var keys [][]byte
	for i := range 8 {
		keys = append(keys, bytes.Repeat([]byte{byte(40 + i)}, 32))
	}
	ring := mustRing(t, keys...)
	o := NewOpener(Default())
	sender := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 7946)
	}
	open := func(from netip.AddrPort, key int) (first int) {
		t.Helper()
		first = int(*o.slotOf(from))
		if _, err := o.OpenPacketFrom(ring, from, sealOne(t, Default(), mustRing(t, keys[key]), "\x08hello")); err != nil {
			t.Fatal(err)
		}
		return first
	}
	for i := range keys {
		if first := open(sender(i), i); first != 0 {
			t.Errorf("key %d is tried first for a new sender, want the primary one", first)
		}
	}
	for i := range keys {
		if first := open(sender(i), i); first != i {
			t.Errorf("key %d is tried first for a sender that used key %d", first, i)
		}
	}
	open(sender(3), 6)
	if first := open(sender(3), 6); first != 6 {
		t.Errorf("key %d is tried first for a sender that has changed to key 6", first)
	}
	if _, err := o.OpenPacketFrom(ring, sender(3), sealOne(t, Default(), mustRing(t, key16), "\x08forged")); !errors.Is(err, ErrNoKey) {
		t.Errorf("a packet that no key opens: got %v, want ErrNoKey", err)
	}
	if first := open(sender(3), 6); first != 6 {
		t.Errorf("a forged packet made key %d the first to be tried, want 6 as before", first)
	}
	smaller := mustRing(t, keys[:2]...)
	if _, err := o.OpenPacketFrom(smaller, sender(7), sealOne(t, Default(), mustRing(t, keys[1]), "\x08hello")); err != nil {
		t.Errorf("with a ring that has fewer keys than the one remembered: %v", err)
	}
}

// slotOf returns where o remembers the key of a sender.
func (o *Opener) slotOf(from netip.AddrPort) *uint16 {
	if o.senders == nil {
		o.senders = new(senders)
	}
	return o.senders.slot(from)
}

func TestEveryKeyHasItsTurn(t *testing.T) {
	for keys := 1; keys < 6; keys++ {
		for first := range keys {
			var turns []int
			for turn := range keys {
				turns = append(turns, turnOf(turn, first))
			}
			if turns[0] != first || !slices.IsSorted(turns[1:]) || len(slices.Compact(slices.Sorted(slices.Values(turns)))) != keys {
				t.Errorf("%d keys, key %d first: tried in the order %v", keys, first, turns)
			}
		}
	}
}

func TestNeighboursHaveTheirOwnPlaces(t *testing.T) {
	var s senders
	seen := map[*uint16]bool{}
	for i := range senderSlots / 2 {
		seen[s.slot(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 7946))] = true
	}
	if len(seen) != senderSlots/2 {
		t.Errorf("%d neighbouring addresses have %d places", senderSlots/2, len(seen))
	}
}

func benchmarkOpenByLastKey(b *testing.B, from netip.AddrPort) {
	var keys [][]byte
	for i := range 8 {
		keys = append(keys, bytes.Repeat([]byte{byte(40 + i)}, 32))
	}
	body := gossip(1352)
	packet, err := NewSealer(Default(), new(NonceCounter)).SealPacket(nil, mustRing(b, keys[7]), body, split(body, 13), true)
	if err != nil {
		b.Fatal(err)
	}
	ring, opener := mustRing(b, keys...), NewOpener(Default())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := opener.OpenPacketFrom(ring, from, packet); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenByLastOfEightKeys(b *testing.B) {
	b.Run("known sender", func(b *testing.B) { benchmarkOpenByLastKey(b, netip.MustParseAddrPort("10.0.0.1:7946")) })
	b.Run("unknown sender", func(b *testing.B) { benchmarkOpenByLastKey(b, netip.AddrPort{}) })
}
