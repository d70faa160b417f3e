package eventbus

import (
	"testing"

	"pgregory.net/rapid"
)

func TestUserCodec(t *testing.T) {
	codecCase[UserMessage]{
		draw: func(t *rapid.T) UserMessage {
			return UserMessage{
				LTime: rapid.Uint64().Draw(t, "ltime"), Name: drawName(t, "name"),
				Payload: drawBytes(t, "payload"), Coalesce: rapid.Bool().Draw(t, "coalesce"),
			}
		},
		append: AppendUser, decode: DecodeUser,
		sizes: map[int]UserMessage{28: {}, 36: {LTime: 1, Name: []byte("deploy"), Payload: []byte("v1")}},
	}.run(t)
}
