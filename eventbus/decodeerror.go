package eventbus

import (
	"errors"
	"fmt"

	"serf/swim/msgpack"
)

// Reasons of a DecodeError. They are compared with errors.Is.
var (
	// ErrShort: the input ends inside a value, or a declared length exceeds what is left.
	ErrShort = msgpack.ErrShort
	// ErrType: a value is of a kind that its field does not take, or a message is not of the wanted type.
	ErrType = msgpack.ErrType
	// ErrRange: a number does not fit its field.
	ErrRange = msgpack.ErrRange
	// ErrDepth: an unknown field nests too deep.
	ErrDepth = msgpack.ErrDepth
	// ErrReserved: the byte c1, which means nothing.
	ErrReserved = msgpack.ErrReserved
	// ErrElements: a list is longer than its limit.
	ErrElements = errors.New("too many elements")
)

// DecodeError says where in which message decoding stopped, and why.
type DecodeError struct {
	// Message is the type of the message.
	Message MessageType
	// Field is the name on the wire of the field that failed; empty when it was not a field.
	Field string
	// Offset is where decoding stopped, in bytes from the type byte.
	Offset int
	// Err is one of the reasons above.
	Err error
}

// Error names the message, the field and the offset.
func (e *DecodeError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("eventbus: decode %s at byte %d: %v", e.Message, e.Offset, e.Err)
	}
	return fmt.Sprintf("eventbus: decode %s: %s at byte %d: %v", e.Message, e.Field, e.Offset, e.Err)
}

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Err }
