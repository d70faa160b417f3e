package msgpack

import "fmt"

// MessageKind is the type byte of the messages of one package.
type MessageKind interface {
	~uint8
	fmt.Stringer
	// Package is the name that errors begin with.
	Package() string
}

// DecodeError says where in which message decoding stopped, and why.
type DecodeError[K MessageKind] struct {
	// Message is the type of the message.
	Message K
	// Field is the name on the wire of the field that failed; empty when it was not a field.
	Field string
	// Offset is where decoding stopped, in bytes from the type byte.
	Offset int
	// Err is the reason, to be compared with errors.Is: one of this package, or of the package of the message.
	Err error
}

// Error names the message, the field and the offset.
func (e *DecodeError[K]) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: decode %s at byte %d: %v", e.Message.Package(), e.Message, e.Offset, e.Err)
	}
	return fmt.Sprintf("%s: decode %s: %s at byte %d: %v", e.Message.Package(), e.Message, e.Field, e.Offset, e.Err)
}

// Unwrap returns the reason.
func (e *DecodeError[K]) Unwrap() error { return e.Err }

// Message takes one message apart that begins with its type; its Fields walk the body.
type Message[K MessageKind] struct {
	Fields
	Kind K
}

// OpenMessage starts to decode the message b, type byte first, of the given kind, whose fields have these names.
func OpenMessage[K MessageKind](b []byte, kind K, names []string) Message[K] {
	m := Message[K]{NewFields(b), kind}
	switch t, err := m.R.Byte(); {
	case err != nil:
		m.Fail(err)
	case K(t) != kind:
		m.Fail(ErrType)
	default:
		m.Begin(names)
	}
	return m
}

// Err returns nil, or what went wrong as a *DecodeError.
func (m *Message[K]) Err() error {
	if m.Fault() == nil {
		return nil
	}
	return &DecodeError[K]{Message: m.Kind, Field: m.Name(), Offset: m.R.Offset(), Err: m.Fault()}
}
