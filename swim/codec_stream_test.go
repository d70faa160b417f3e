package swim

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

var errorCase = codecCase[string]{
	draw:   func(t *rapid.T) string { return string(drawName(t, "text")) },
	append: func(dst []byte, text *string) []byte { return AppendErrorMessage(dst, *text) },
	decode: DecodeErrorMessage,
	sizes:  map[int]string{9: "", 13: "four", 9 + 2 + 35: "thirty-five bytes: the first raw 16"},
}

var userStreamCase = codecCase[[]byte]{
	draw:   func(t *rapid.T) []byte { return drawOptional(t, "payload") },
	append: func(dst []byte, payload *[]byte) []byte { return AppendUserStream(dst, *payload) },
	decode: DecodeUserStream,
	sizes:  map[int][]byte{14: nil, 14 + 127: make([]byte, 127), 16 + 128: make([]byte, 128)},
}

func TestErrorRoundTrip(t *testing.T)  { errorCase.roundTrip(t) }
func TestErrorTruncation(t *testing.T) { errorCase.truncation(t) }
func TestErrorSize(t *testing.T)       { errorCase.size(t) }

func TestUserStreamRoundTrip(t *testing.T)  { userStreamCase.roundTrip(t) }
func TestUserStreamTruncation(t *testing.T) { userStreamCase.truncation(t) }
func TestUserStreamSize(t *testing.T)       { userStreamCase.size(t) }

func TestUserStreamDeclaresItsLengthWithinBounds(t *testing.T) {
	for name, length := range map[string]string{"-1": "\xff", "20 MiB + 1": "\xd2\x01\x40\x00\x01", "wrapped": "\xcf\xff\xff\xff\xff\xff\xff\xff\xff"} {
		_, err := DecodeUserStream([]byte("\x08\x81\xaaUserMsgLen" + length + "rest"))
		if !errors.Is(err, ErrDeclared) {
			t.Errorf("%s: got %v, want %v", name, err, ErrDeclared)
		}
	}
}
