package swim

import (
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

var suspectCase = proof.Codec[SuspectMessage]{
	Draw: func(t *rapid.T) SuspectMessage {
		return SuspectMessage{
			Incarnation: rapid.Uint32().Draw(t, "incarnation"),
			Node:        proof.DrawName(t, "node"),
			From:        proof.DrawName(t, "from"),
		}
	},
	Append: AppendSuspect,
	Decode: DecodeSuspect,
	Short:  ErrShort,
	Sizes: map[int]SuspectMessage{
		27: {},
		39: {Incarnation: 3, Node: []byte("node-b"), From: []byte("node-a")},
	},
}

var deadCase = proof.Codec[DeadMessage]{
	Draw:   func(t *rapid.T) DeadMessage { return DeadMessage(suspectCase.Draw(t)) },
	Append: AppendDead,
	Decode: DecodeDead,
	Short:  ErrShort,
	Sizes:  map[int]DeadMessage{27: {}, 31: {Incarnation: 1 << 16}},
}

func TestSuspectRoundTrip(t *testing.T)  { suspectCase.RoundTrip(t) }
func TestSuspectTruncation(t *testing.T) { suspectCase.Truncation(t) }
func TestSuspectSize(t *testing.T)       { suspectCase.Size(t) }

func TestDeadRoundTrip(t *testing.T)  { deadCase.RoundTrip(t) }
func TestDeadTruncation(t *testing.T) { deadCase.Truncation(t) }
func TestDeadSize(t *testing.T)       { deadCase.Size(t) }

func TestSuspectAndDeadDoNotAllocate(t *testing.T) {
	node, from := "a name of more than thirty-two bytes, b", "a name of more than thirty-two bytes, a"
	buf := make([]byte, 0, 1400)
	proof.Allocations(t, "suspect and dead", 0, func() {
		buf = AppendSuspect(buf[:0], &SuspectMessage{Incarnation: 1 << 20, Node: []byte(node), From: []byte(from)})
		if _, err := DecodeSuspect(buf); err != nil {
			t.Fatal(err)
		}
		buf = AppendDead(buf[:0], &DeadMessage{Incarnation: 1 << 20, Node: []byte(node), From: []byte(from)})
		if _, err := DecodeDead(buf); err != nil {
			t.Fatal(err)
		}
	})
}
