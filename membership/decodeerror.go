package membership

import "fmt"

// DecodeError says why a message was not understood. Test the cause with errors.Is: it is one of the errors of package
// msgpack, ErrMessageType or ErrMessageEmpty.
type DecodeError struct {
	Message string // "leave", "join", "push/pull", "tags", …
	Field   string // as on the wire; empty when the failure is not in a field
	Offset  int    // bytes from the start of the message
	Err     error
}

// Error returns for instance `membership: join: LTime: wrong type at byte 8`.
func (e *DecodeError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("membership: %s: %v at byte %d", e.Message, e.Err, e.Offset)
	}
	return fmt.Sprintf("membership: %s: %s: %v at byte %d", e.Message, e.Field, e.Err, e.Offset)
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }
