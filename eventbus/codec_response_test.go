package eventbus

import (
	"testing"

	"pgregory.net/rapid"
)

func TestResponseCodec(t *testing.T) {
	codecCase[ResponseMessage]{
		draw: func(t *rapid.T) ResponseMessage {
			return ResponseMessage{
				LTime: rapid.Uint64().Draw(t, "ltime"), ID: rapid.Uint32().Draw(t, "id"), From: drawName(t, "from"),
				Flags: rapid.Uint32().Draw(t, "flags"), Payload: drawBytes(t, "payload"),
			}
		},
		append: AppendResponse, decode: DecodeResponse,
		sizes: map[int]ResponseMessage{35: {}, 41: {From: []byte("node-b"), Flags: FlagAck}},
	}.run(t)
}

func TestRelayCodec(t *testing.T) {
	codecCase[RelayMessage]{
		draw: func(t *rapid.T) RelayMessage {
			return RelayMessage{
				IP: drawBytes(t, "ip"), Port: rapid.Int64().Draw(t, "port"), Zone: drawName(t, "zone"), Node: drawName(t, "node"),
				Inner: drawName(t, "inner"),
			}
		},
		append: AppendRelay, decode: DecodeRelay,
		sizes: map[int]RelayMessage{
			38: {},
			51: {IP: []byte{127, 0, 0, 1}, Port: 7946, Node: []byte("node-a"), Inner: []byte{5}},
		},
	}.run(t)
}
