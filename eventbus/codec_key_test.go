package eventbus

import (
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

func TestKeyRequestCodec(t *testing.T) {
	proof.Codec[KeyRequest]{
		Draw:   func(t *rapid.T) KeyRequest { return KeyRequest{Key: proof.DrawBytes(t, "key")} },
		Append: AppendKeyRequest, Decode: DecodeKeyRequest,
		Short: ErrShort,
		Sizes: map[int]KeyRequest{7: {}, 41: {Key: make([]byte, 32)}},
	}.Run(t)
}

// TestKeyRequestTypeByteIsNotLookedAt: reference peers accept any.
func TestKeyRequestTypeByteIsNotLookedAt(t *testing.T) {
	b := AppendKeyRequest(nil, &KeyRequest{Key: []byte("key")})
	b[0] = 99
	if m, err := DecodeKeyRequest(b); err != nil || string(m.Key) != "key" {
		t.Errorf("got %q, %v, want key", m.Key, err)
	}
}

func TestKeyResponseCodec(t *testing.T) {
	proof.Codec[KeyResponse]{
		Draw: func(t *rapid.T) KeyResponse {
			m := KeyResponse{
				Result: rapid.Bool().Draw(t, "result"), Message: string(proof.DrawName(t, "message")), PrimaryKey: string(proof.DrawName(t, "primary key")),
			}
			if n := rapid.IntRange(-1, 20).Draw(t, "keys"); n >= 0 {
				m.Keys = make([]string, n)
				for i := range m.Keys {
					m.Keys[i] = string(proof.DrawName(t, "key"))
				}
			}
			return m
		},
		Append: AppendKeyResponse, Decode: DecodeKeyResponse,
		Short: ErrShort,
		Sizes: map[int]KeyResponse{37: {}, 38: {Message: "x"}},
	}.Run(t)
}

func TestVoteCodec(t *testing.T) {
	proof.Codec[Member]{
		Draw: func(t *rapid.T) Member {
			m := Member{
				Name: string(proof.DrawName(t, "name")), Addr: proof.DrawAddr(t, "addr"),
				Status: Status(rapid.IntRange(0, 4).Draw(t, "status")),
			}
			for i := range m.Versions {
				m.Versions[i] = rapid.Uint8().Draw(t, "version")
			}
			if n := rapid.IntRange(-1, 5).Draw(t, "tags"); n >= 0 {
				m.Tags = make(map[string]string)
				for range n {
					m.Tags[string(proof.DrawName(t, "tag"))] = string(proof.DrawName(t, "value"))
				}
			}
			return m
		},
		Append: AppendVote,
		Decode: func(b []byte) (Member, error) {
			m, err := DecodeVote(b)
			if m == nil {
				return Member{}, err
			}
			return *m, err
		},
		Short: ErrShort,
		Sizes: map[int]Member{112: {}},
	}.Run(t)
}

// TestHostileVoteIsTamed: an address that is none and an unknown status do not get further.
func TestHostileVoteIsTamed(t *testing.T) {
	b := append([]byte{byte(TypeVote), 0x82}, "\xa4Addr\xa3abc\xa6Status\xd1\x7f\xff"...)
	if m, err := DecodeVote(b); err != nil || m.Addr.IsValid() || m.Status != StatusNone {
		t.Errorf("got %+v, %v, want neither address nor status", m, err)
	}
}
