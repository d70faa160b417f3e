package eventbus

import (
	"errors"

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
type DecodeError = msgpack.DecodeError[MessageType]
