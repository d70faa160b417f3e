package eventbus

import (
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

func TestResponseCodec(t *testing.T) {
	proof.Codec[ResponseMessage]{
		Draw: func(t *rapid.T) ResponseMessage {
			return ResponseMessage{
				LTime: rapid.Uint64().Draw(t, "ltime"), ID: rapid.Uint32().Draw(t, "id"), From: proof.DrawName(t, "from"),
				Flags: rapid.Uint32().Draw(t, "flags"), Payload: proof.DrawBytes(t, "payload"),
			}
		},
		Append: AppendResponse, Decode: DecodeResponse,
		Short: ErrShort,
		Sizes: map[int]ResponseMessage{35: {}, 41: {From: []byte("node-b"), Flags: FlagAck}},
	}.Run(t)
}

func TestRelayCodec(t *testing.T) {
	proof.Codec[RelayMessage]{
		Draw: func(t *rapid.T) RelayMessage {
			return RelayMessage{
				IP: proof.DrawBytes(t, "ip"), Port: rapid.Int64().Draw(t, "port"), Zone: proof.DrawName(t, "zone"), Node: proof.DrawName(t, "node"),
				Inner: proof.DrawName(t, "inner"),
			}
		},
		Append: AppendRelay, Decode: DecodeRelay,
		Tail:  func(m *RelayMessage) int { return len(m.Inner) },
		Short: ErrShort,
		Sizes: map[int]RelayMessage{
			38: {},
			51: {IP: []byte{127, 0, 0, 1}, Port: 7946, Node: []byte("node-a"), Inner: []byte{5}},
		},
	}.Run(t)
}
