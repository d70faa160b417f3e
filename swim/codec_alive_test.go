package swim

import (
	"errors"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

var aliveCase = proof.Codec[AliveMessage]{
	Draw: func(t *rapid.T) AliveMessage {
		return AliveMessage{
			Incarnation: rapid.Uint32().Draw(t, "incarnation"),
			Node:        proof.DrawName(t, "node"),
			Addr:        proof.DrawAddr(t, "addr"),
			Meta:        proof.DrawBytes(t, "meta"),
			Versions:    proof.DrawBytes(t, "versions"),
		}
	},
	Append: AppendAlive,
	Decode: DecodeAlive,
	Short:  ErrShort,
	Sizes: map[int]AliveMessage{
		44: {},
		44 + 4 + 4 + 6 + 2 + 6: {Incarnation: 1, Node: []byte("node-a"), Addr: netip.MustParseAddrPort("127.0.0.1:7946"),
			Meta: []byte("meta"), Versions: []byte("\x01\x05\x02\x02\x05\x04")},
	},
}

func TestAliveRoundTrip(t *testing.T)  { aliveCase.RoundTrip(t) }
func TestAliveTruncation(t *testing.T) { aliveCase.Truncation(t) }
func TestAliveSize(t *testing.T)       { aliveCase.Size(t) }

func TestAliveDoesNotAllocate(t *testing.T) {
	m := AliveMessage{Incarnation: 1 << 20, Node: []byte("node-a"), Addr: netip.MustParseAddrPort("[fd00::1]:7946"),
		Meta: make([]byte, 512), Versions: []byte("\x01\x05\x02\x02\x05\x04")}
	buf := make([]byte, 0, 1400)
	proof.Allocations(t, "alive", 0, func() {
		buf = AppendAlive(buf[:0], &m)
		if _, err := DecodeAlive(buf); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAliveWithOddAddressIsRefused(t *testing.T) {
	for _, addr := range []string{"\xa1x", "\xa312\x00", "\xa512345", "\xaf123456789012345", "\xb112345678901234567"} {
		_, err := DecodeAlive([]byte("\x04\x81\xa4Addr" + addr))
		var decodeError *DecodeError
		if !errors.Is(err, ErrAddress) || !errors.As(err, &decodeError) || decodeError.Field != "Addr" {
			t.Errorf("address of %d bytes: got %v, want %v in Addr", len(addr)-1, err, ErrAddress)
		}
	}
}

func TestEmptyAddressIsNone(t *testing.T) {
	for _, addr := range []string{"\xa0", "\xc0"} {
		m, err := DecodeAlive([]byte("\x04\x81\xa4Addr" + addr))
		if err != nil || m.Addr.Addr().IsValid() {
			t.Errorf("address %x: got %v and %v, want none", addr, m.Addr, err)
		}
	}
}

// TestParseVersions: peers that send fewer than six bytes say nothing that can be used.
func TestParseVersions(t *testing.T) {
	tests := []struct {
		raw  string
		want Versions
	}{
		{"", Versions{}},
		{"\x01\x05\x02\x02\x05", Versions{}},
		{"\x01\x05\x02\x02\x05\x04", Versions{1, 5, 2, 2, 5, 4}},
		{"\x01\x05\x02\x02\x05\x04\x07", Versions{1, 5, 2, 2, 5, 4}},
	}
	for _, tt := range tests {
		if got := ParseVersions([]byte(tt.raw)); got != tt.want {
			t.Errorf("%x: got %v, want %v", tt.raw, got, tt.want)
		}
	}
}
