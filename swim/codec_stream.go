package swim

import "serf/swim/msgpack"

// UserBytesMax is the longest user message or user part of a push/pull over a stream: reference peers refuse more.
const UserBytesMax = 20 << 20

var (
	errorFields      = []string{"Error"}
	userStreamFields = []string{"UserMsgLen"}
)

// AppendErrorMessage appends the reply that tells an initiator what was wrong with its request:
//
//	0d  map of 1  "Error" str
func AppendErrorMessage(dst []byte, text string) []byte {
	dst = append(dst, byte(TypeError), 0x81)
	dst = append(dst, "\xa5Error"...)
	return msgpack.AppendString(dst, text)
}

// DecodeErrorMessage returns the text of the error message b, type byte first. It fails with a *DecodeError.
func DecodeErrorMessage(b []byte) (string, error) {
	var text []byte
	d := open(b, TypeError, errorFields)
	for d.More() {
		text = d.Bytes()
	}
	return string(text), d.Err()
}

// AppendUserStream appends payload, at most UserBytesMax bytes, as the one message of a stream:
//
//	08  map of 1  "UserMsgLen" int  payload
func AppendUserStream(dst, payload []byte) []byte {
	dst = append(dst, byte(TypeUser), 0x81)
	dst = append(dst, "\xaaUserMsgLen"...)
	dst = msgpack.AppendInt(dst, int64(len(payload)))
	return append(dst, payload...)
}

// DecodeUserStream returns the payload of the user message b, type byte first, as a part of b. It fails with a
// *DecodeError: ErrDeclared when the declared length is negative or above UserBytesMax.
func DecodeUserStream(b []byte) ([]byte, error) {
	var n int64
	d := open(b, TypeUser, userStreamFields)
	for d.More() {
		n = d.Int()
	}
	d.limit(0, n, UserBytesMax)
	payload := d.tail(n)
	return payload, d.Err()
}
