package swim

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

var indirectPingCase = codecCase[IndirectPing]{
	draw: func(t *rapid.T) IndirectPing {
		return IndirectPing{
			Sequence:   rapid.Uint32().Draw(t, "sequence"),
			Target:     drawAddr(t, "target"),
			Node:       drawName(t, "node"),
			WantNack:   rapid.Bool().Draw(t, "nack"),
			Source:     drawAddr(t, "source"),
			SourceNode: drawOptional(t, "source node"),
		}
	},
	append: AppendIndirectPing,
	decode: DecodeIndirectPing,
	sizes: map[int]IndirectPing{
		35: {},
		42: {Target: netip.MustParseAddrPort("127.0.0.1:7946"), Node: []byte("c"), WantNack: true},
	},
}

func TestIndirectPingRoundTrip(t *testing.T)  { indirectPingCase.roundTrip(t) }
func TestIndirectPingTruncation(t *testing.T) { indirectPingCase.truncation(t) }
func TestIndirectPingSize(t *testing.T)       { indirectPingCase.size(t) }

func TestIndirectPingDoesNotAllocate(t *testing.T) {
	m := IndirectPing{Sequence: 1 << 20, Target: netip.MustParseAddrPort("127.0.0.2:7946"), Node: []byte("node-c"), WantNack: true,
		Source: netip.MustParseAddrPort("127.0.0.1:7946"), SourceNode: []byte("node-a")}
	buf := make([]byte, 0, 1400)
	wantNoAllocations(t, "indirect ping", func() {
		buf = AppendIndirectPing(buf[:0], &m)
		if _, err := DecodeIndirectPing(buf); err != nil {
			t.Fatal(err)
		}
	})
}
