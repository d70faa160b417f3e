package swim

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

var pingCase = proof.Codec[Ping]{
	Draw: func(t *rapid.T) Ping {
		return Ping{
			Sequence:   rapid.Uint32().Draw(t, "sequence"),
			Node:       proof.DrawName(t, "node"),
			Source:     proof.DrawAddr(t, "source"),
			SourceNode: drawOptional(t, "source node"),
		}
	},
	Append: AppendPing,
	Decode: DecodePing,
	Short:  ErrShort,
	Sizes: map[int]Ping{
		15: {},
		16: {Node: []byte("b")},
		70: {Sequence: 128, Node: []byte("node-b"), Source: netip.MustParseAddrPort("127.0.0.1:7946"), SourceNode: []byte("node-a")},
		82: {Sequence: 128, Node: []byte("node-b"), Source: netip.MustParseAddrPort("[::1]:7946"), SourceNode: []byte("node-a")},
	},
}

func TestPingRoundTrip(t *testing.T)  { pingCase.RoundTrip(t) }
func TestPingTruncation(t *testing.T) { pingCase.Truncation(t) }
func TestPingSize(t *testing.T)       { pingCase.Size(t) }

// TestPingDoesNotAllocate includes names that are at hand as strings, and looking one up: the compiler needs no copy.
func TestPingDoesNotAllocate(t *testing.T) {
	name, source := strings.Repeat("b", 100), netip.MustParseAddrPort("127.0.0.1:7946")
	buf := make([]byte, 0, 1400)
	known := map[string]int{name: 1}
	proof.Allocations(t, "ping", 0, func() {
		buf = AppendPing(buf[:0], &Ping{Sequence: 1 << 20, Node: []byte(name), Source: source, SourceNode: []byte(name)})
		m, err := DecodePing(buf)
		if err != nil || known[string(m.Node)] != 1 {
			t.Fatalf("got %+v, %v", m, err)
		}
	})
}
