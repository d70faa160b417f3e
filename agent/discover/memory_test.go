package discover

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestFailedAddressesAreTriedAgain lists the polls in which an address that answers every time is tried.
func TestFailedAddressesAreTriedAgain(t *testing.T) {
	addr := netip.MustParseAddrPort("10.0.0.2:7946")
	for _, tt := range []struct {
		name    string
		reached bool
		want    []uint64
	}{
		{"never answers", false, []uint64{1, 2, 4, 8, 16, 32, 48}},
		{"answers, but is no member", true, []uint64{1, 17, 33, 49}},
	} {
		var m memory
		var tries []uint64
		for m.now < 50 {
			m.tick()
			if !m.due(addr) {
				continue
			}
			if m.due(addr) {
				t.Errorf("%s: due twice in poll %d", tt.name, m.now)
			}
			tries = append(tries, m.now)
			m.settle(addr, tt.reached)
		}
		if !slices.Equal(tries, tt.want) {
			t.Errorf("%s: tried in polls %v, want %v", tt.name, tries, tt.want)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var m memory
	m.tick()
	first := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), 1)
	m.due(first)
	m.tick()
	for i := range 5 * rememberedMax {
		m.due(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 1))
	}
	if _, known := m.entries[first]; len(m.entries) != rememberedMax || known {
		t.Errorf("%d addresses, oldest one known: %v; want %d without it", len(m.entries), known, rememberedMax)
	}
	for range forgetAfter + 1 {
		m.tick()
	}
	if len(m.entries) != 0 {
		t.Errorf("%d silent addresses remembered", len(m.entries))
	}
	m.settle(first, false)
	if len(m.entries) != 0 {
		t.Error("a forgotten address came back")
	}
}

func TestAnswersOfASecondAreLimited(t *testing.T) {
	var l limiter
	now := time.Unix(1000, 0)
	given := 0
	for range 10_000 {
		if l.allow(now) {
			given++
		}
	}
	if given != answersPerSecondMax || !l.allow(now.Add(time.Second)) {
		t.Errorf("%d answers in a second, want %d, and more in the next", given, answersPerSecondMax)
	}
}
