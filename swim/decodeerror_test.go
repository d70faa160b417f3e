package swim

import (
	"errors"
	"testing"
)

func TestDecodeErrorsSayWhere(t *testing.T) {
	tests := []struct {
		name, in string
		want     string
		is       error
	}{
		{"nothing", "", "swim: decode suspect at byte 0: input too short", ErrShort},
		{"other type", "\x04\x80", "swim: decode suspect at byte 1: wrong type", ErrType},
		{"body is a number", "\x03\x05", "swim: decode suspect at byte 2: wrong type", ErrType},
		{"key is a number", "\x03\x82\xa4From\xa0\x01\x02", "swim: decode suspect at byte 9: wrong type", ErrType},
		{"name is a number", "\x03\x81\xa4Node\x05", "swim: decode suspect: Node at byte 8: wrong type", ErrType},
		{"too large", "\x03\x81\xabIncarnation\xcf\x00\x00\x00\x01\x00\x00\x00\x00", "swim: decode suspect: Incarnation at byte 23: value out of range", ErrRange},
		{"unknown field", "\x03\x81\xa2Zz\xc1", "swim: decode suspect at byte 6: reserved byte c1", ErrReserved},
	}
	for _, tt := range tests {
		m, err := DecodeSuspect([]byte(tt.in))
		var decodeError *DecodeError
		if !errors.As(err, &decodeError) || !errors.Is(err, tt.is) || err.Error() != tt.want {
			t.Errorf("%s: got %+v and %v, want %v", tt.name, m, err, tt.want)
		}
	}
}

func TestMessageTypesHaveNames(t *testing.T) {
	for kind, want := range map[MessageType]string{TypePing: "ping", TypeIndirectPing: "indirect ping", TypeAck: "ack", TypeSuspect: "suspect",
		TypeAlive: "alive", TypeDead: "dead", TypePushPull: "push/pull", TypeUser: "user", TypeNack: "nack", TypeError: "error", 244: "type 244"} {
		if got := kind.String(); got != want {
			t.Errorf("type %d: got %q, want %q", uint8(kind), got, want)
		}
	}
}
