package swim

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

var indirectPingCase = proof.Codec[IndirectPing]{
	Draw: func(t *rapid.T) IndirectPing {
		return IndirectPing{
			Sequence:   rapid.Uint32().Draw(t, "sequence"),
			Target:     proof.DrawAddr(t, "target"),
			Node:       proof.DrawName(t, "node"),
			WantNack:   rapid.Bool().Draw(t, "nack"),
			Source:     proof.DrawAddr(t, "source"),
			SourceNode: drawOptional(t, "source node"),
		}
	},
	Append: AppendIndirectPing,
	Decode: DecodeIndirectPing,
	Short:  ErrShort,
	Sizes: map[int]IndirectPing{
		35: {},
		42: {Target: netip.MustParseAddrPort("127.0.0.1:7946"), Node: []byte("c"), WantNack: true},
	},
}

func TestIndirectPingRoundTrip(t *testing.T)  { indirectPingCase.RoundTrip(t) }
func TestIndirectPingTruncation(t *testing.T) { indirectPingCase.Truncation(t) }
func TestIndirectPingSize(t *testing.T)       { indirectPingCase.Size(t) }

func TestIndirectPingDoesNotAllocate(t *testing.T) {
	m := IndirectPing{Sequence: 1 << 20, Target: netip.MustParseAddrPort("127.0.0.2:7946"), Node: []byte("node-c"), WantNack: true,
		Source: netip.MustParseAddrPort("127.0.0.1:7946"), SourceNode: []byte("node-a")}
	buf := make([]byte, 0, 1400)
	proof.Allocations(t, "indirect ping", 0, func() {
		buf = AppendIndirectPing(buf[:0], &m)
		if _, err := DecodeIndirectPing(buf); err != nil {
			t.Fatal(err)
		}
	})
}
