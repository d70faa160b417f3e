package swim

import (
	"testing"

	"pgregory.net/rapid"
)

var ackCase = codecCase[Ack]{
	draw: func(t *rapid.T) Ack {
		return Ack{Sequence: rapid.Uint32().Draw(t, "sequence"), Payload: drawBytes(t, "payload")}
	},
	append: AppendAck,
	decode: DecodeAck,
	sizes: map[int]Ack{
		18:      {},
		18 + 4:  {Payload: []byte("1234")},
		18 + 42: {Payload: make([]byte, 40)},
		18 + 44: {Payload: make([]byte, 40), Sequence: 256},
	},
}

var nackCase = codecCase[Nack]{
	draw:   func(t *rapid.T) Nack { return Nack{Sequence: rapid.Uint32().Draw(t, "sequence")} },
	append: AppendNack,
	decode: DecodeNack,
	sizes:  map[int]Nack{9: {}, 10: {Sequence: 128}, 11: {Sequence: 256}, 13: {Sequence: 1 << 16}},
}

func TestAckRoundTrip(t *testing.T)  { ackCase.roundTrip(t) }
func TestAckTruncation(t *testing.T) { ackCase.truncation(t) }
func TestAckSize(t *testing.T)       { ackCase.size(t) }

func TestNackRoundTrip(t *testing.T)  { nackCase.roundTrip(t) }
func TestNackTruncation(t *testing.T) { nackCase.truncation(t) }
func TestNackSize(t *testing.T)       { nackCase.size(t) }

func TestAckAndNackDoNotAllocate(t *testing.T) {
	payload := make([]byte, 150)
	buf := make([]byte, 0, 1400)
	wantNoAllocations(t, "ack and nack", func() {
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
