package swim

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

var errorCase = proof.Codec[string]{
	Draw:   func(t *rapid.T) string { return string(proof.DrawName(t, "text")) },
	Append: func(dst []byte, text *string) []byte { return AppendErrorMessage(dst, *text) },
	Decode: DecodeErrorMessage,
	Short:  ErrShort,
	Sizes:  map[int]string{9: "", 13: "four", 9 + 2 + 35: "thirty-five bytes: the first raw 16"},
}

var userStreamCase = proof.Codec[[]byte]{
	Draw:   func(t *rapid.T) []byte { return drawOptional(t, "payload") },
	Append: func(dst []byte, payload *[]byte) []byte { return AppendUserStream(dst, *payload) },
	Decode: DecodeUserStream,
	Short:  ErrShort,
	Sizes:  map[int][]byte{14: nil, 14 + 127: make([]byte, 127), 16 + 128: make([]byte, 128)},
}

func TestErrorRoundTrip(t *testing.T)  { errorCase.RoundTrip(t) }
func TestErrorTruncation(t *testing.T) { errorCase.Truncation(t) }
func TestErrorSize(t *testing.T)       { errorCase.Size(t) }

func TestUserStreamRoundTrip(t *testing.T)  { userStreamCase.RoundTrip(t) }
func TestUserStreamTruncation(t *testing.T) { userStreamCase.Truncation(t) }
func TestUserStreamSize(t *testing.T)       { userStreamCase.Size(t) }

func TestUserStreamDeclaresItsLengthWithinBounds(t *testing.T) {
	for name, length := range map[string]string{"-1": "\xff", "20 MiB + 1": "\xd2\x01\x40\x00\x01", "wrapped": "\xcf\xff\xff\xff\xff\xff\xff\xff\xff"} {
		_, err := DecodeUserStream([]byte("\x08\x81\xaaUserMsgLen" + length + "rest"))
		if !errors.Is(err, ErrDeclared) {
			t.Errorf("%s: got %v, want %v", name, err, ErrDeclared)
		}
	}
}
