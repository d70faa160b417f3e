package eventbus

import (
	"testing"

	"pgregory.net/rapid"
)

func TestKeyRequestCodec(t *testing.T) {
	codecCase[KeyRequest]{
		draw:   func(t *rapid.T) KeyRequest { return KeyRequest{Key: drawBytes(t, "key")} },
		append: AppendKeyRequest, decode: DecodeKeyRequest,
		sizes: map[int]KeyRequest{7: {}, 41: {Key: make([]byte, 32)}},
	}.run(t)
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
	codecCase[KeyResponse]{
		draw: func(t *rapid.T) KeyResponse {
			m := KeyResponse{
				Result: rapid.Bool().Draw(t, "result"), Message: drawText(t, "message"), PrimaryKey: drawText(t, "primary key"),
			}
			if n := rapid.IntRange(-1, 20).Draw(t, "keys"); n >= 0 {
				m.Keys = make([]string, n)
				for i := range m.Keys {
					m.Keys[i] = drawText(t, "key")
				}
			}
			return m
		},
		append: AppendKeyResponse, decode: DecodeKeyResponse,
		sizes: map[int]KeyResponse{37: {}, 38: {Message: "x"}},
	}.run(t)
}

func TestVoteCodec(t *testing.T) {
	codecCase[Member]{
		draw: func(t *rapid.T) Member {
			m := Member{
				Name: drawText(t, "name"), Addr: drawAddr(t, "addr"),
				Status: Status(rapid.IntRange(0, 4).Draw(t, "status")),
			}
			for i := range m.Versions {
				m.Versions[i] = rapid.Uint8().Draw(t, "version")
			}
			if n := rapid.IntRange(-1, 5).Draw(t, "tags"); n >= 0 {
				m.Tags = make(map[string]string)
				for range n {
					m.Tags[drawText(t, "tag")] = drawText(t, "value")
				}
			}
			return m
		},
		append: AppendVote,
		decode: func(b []byte) (Member, error) {
			m, err := DecodeVote(b)
			if m == nil {
				return Member{}, err
			}
			return *m, err
		},
		sizes: map[int]Member{112: {}},
	}.run(t)
}

// TestHostileVoteIsTamed: an address that is none and an unknown status do not get further.
func TestHostileVoteIsTamed(t *testing.T) {
	b := append([]byte{byte(TypeVote), 0x82}, "\xa4Addr\xa3abc\xa6Status\xd1\x7f\xff"...)
	if m, err := DecodeVote(b); err != nil || m.Addr.IsValid() || m.Status != StatusNone {
		t.Errorf("got %+v, %v, want neither address nor status", m, err)
	}
}
