package eventbus

import (
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

func TestUserCodec(t *testing.T) {
	proof.Codec[UserMessage]{
		Draw: func(t *rapid.T) UserMessage {
			return UserMessage{
				LTime: rapid.Uint64().Draw(t, "ltime"), Name: proof.DrawName(t, "name"),
				Payload: proof.DrawBytes(t, "payload"), Coalesce: rapid.Bool().Draw(t, "coalesce"),
			}
		},
		Append: AppendUser, Decode: DecodeUser,
		Short: ErrShort,
		Sizes: map[int]UserMessage{28: {}, 36: {LTime: 1, Name: []byte("deploy"), Payload: []byte("v1")}},
	}.Run(t)
}
