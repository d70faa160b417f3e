package swim

import (
	"testing"

	"pgregory.net/rapid"
)

var suspectCase = codecCase[SuspectMessage]{
	draw: func(t *rapid.T) SuspectMessage {
		return SuspectMessage{
			Incarnation: rapid.Uint32().Draw(t, "incarnation"),
			Node:        drawName(t, "node"),
			From:        drawName(t, "from"),
		}
	},
	append: AppendSuspect,
	decode: DecodeSuspect,
	sizes: map[int]SuspectMessage{
		27: {},
		39: {Incarnation: 3, Node: []byte("node-b"), From: []byte("node-a")},
	},
}

var deadCase = codecCase[DeadMessage]{
	draw:   func(t *rapid.T) DeadMessage { return DeadMessage(suspectCase.draw(t)) },
	append: AppendDead,
	decode: DecodeDead,
	sizes:  map[int]DeadMessage{27: {}, 31: {Incarnation: 1 << 16}},
}

func TestSuspectRoundTrip(t *testing.T)  { suspectCase.roundTrip(t) }
func TestSuspectTruncation(t *testing.T) { suspectCase.truncation(t) }
func TestSuspectSize(t *testing.T)       { suspectCase.size(t) }

func TestDeadRoundTrip(t *testing.T)  { deadCase.roundTrip(t) }
func TestDeadTruncation(t *testing.T) { deadCase.truncation(t) }
func TestDeadSize(t *testing.T)       { deadCase.size(t) }

func TestSuspectAndDeadDoNotAllocate(t *testing.T) {
	node, from := "a name of more than thirty-two bytes, b", "a name of more than thirty-two bytes, a"
	buf := make([]byte, 0, 1400)
	wantNoAllocations(t, "suspect and dead", func() {
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
