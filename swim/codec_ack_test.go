package swim

import (
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

var ackCase = proof.Codec[Ack]{
	Draw: func(t *rapid.T) Ack {
		return Ack{Sequence: rapid.Uint32().Draw(t, "sequence"), Payload: proof.DrawBytes(t, "payload")}
	},
	Append: AppendAck,
	Decode: DecodeAck,
	Short:  ErrShort,
	Sizes: map[int]Ack{
		18:      {},
		18 + 4:  {Payload: []byte("1234")},
		18 + 42: {Payload: make([]byte, 40)},
		18 + 44: {Payload: make([]byte, 40), Sequence: 256},
	},
}

var nackCase = proof.Codec[Nack]{
	Draw:   func(t *rapid.T) Nack { return Nack{Sequence: rapid.Uint32().Draw(t, "sequence")} },
	Append: AppendNack,
	Decode: DecodeNack,
	Short:  ErrShort,
	Sizes:  map[int]Nack{9: {}, 10: {Sequence: 128}, 11: {Sequence: 256}, 13: {Sequence: 1 << 16}},
}

func TestAckRoundTrip(t *testing.T)  { ackCase.RoundTrip(t) }
func TestAckTruncation(t *testing.T) { ackCase.Truncation(t) }
func TestAckSize(t *testing.T)       { ackCase.Size(t) }

func TestNackRoundTrip(t *testing.T)  { nackCase.RoundTrip(t) }
func TestNackTruncation(t *testing.T) { nackCase.Truncation(t) }
func TestNackSize(t *testing.T)       { nackCase.Size(t) }

func TestAckAndNackDoNotAllocate(t *testing.T) {
	payload := make([]byte, 150)
	buf := make([]byte, 0, 1400)
	proof.Allocations(t, "ack and nack", 0, func() {
		buf = AppendAck(buf[:0], &Ack{Sequence: 1 << 20, Payload: payload})
		if _, err := DecodeAck(buf); err != nil {
			t.Fatal(err)
		}
		buf = AppendNack(buf[:0], &Nack{Sequence: 1 << 20})
		if _, err := DecodeNack(buf); err != nil {
			t.Fatal(err)
		}
	})
}
