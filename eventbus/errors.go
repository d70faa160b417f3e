package eventbus

import (
	"errors"
	"fmt"
)

// Errors, compared with errors.Is. The texts of those that clients of a reference agent know are theirs.
var (
	// ErrTooLarge: a message exceeds a limit; the error is a *SizeError.
	ErrTooLarge = errors.New("message too large")
	// ErrName: the name of an event or query cannot be used; the text says why.
	ErrName = errors.New("unusable name")
	// ErrPattern: a tag filter is no regular expression, or one that costs too much.
	ErrPattern = errors.New("unusable pattern")
	// ErrLTime: a Lamport time too far ahead to be true.
	ErrLTime = errors.New("lamport time too far ahead")
	// ErrMomentFull: PerTimeMax events or queries carry this Lamport time already.
	ErrMomentFull = errors.New("too many messages at one lamport time")
	// ErrQueueFull: events are sent faster than they can be gossiped.
	ErrQueueFull = errors.New("event queue is full")
	// ErrQueriesFull: QueryConfig.RunningMax own queries are running.
	ErrQueriesFull = errors.New("too many queries are running")
	// ErrQueryUnknown: a query to respond to was never received, or so long ago that it is forgotten.
	ErrQueryUnknown = errors.New("unknown query")
	// ErrAnswered: a query was responded to before.
	ErrAnswered = errors.New("response already sent")
	// ErrDeadline: the asking member no longer listens.
	ErrDeadline = errors.New("response is past the deadline")
	// ErrStranger: the destination of a response or relayed message is no known member.
	ErrStranger = errors.New("destination is no known member")
	// ErrRelayed: a message to pass on is no response.
	ErrRelayed = errors.New("relayed message is no query response")
)

// SizeError says which limit a message exceeds. It is an ErrTooLarge.
type SizeError struct {
	Size, Limit int // bytes
	text        string
}

// Error returns a text that names the limit; where reference agents have one for the case, it is theirs.
func (e *SizeError) Error() string { return e.text }

// Is reports whether target is ErrTooLarge.
func (e *SizeError) Is(target error) bool { return target == ErrTooLarge }

func tooLarge(size, limit int, format string, args ...any) error {
	return &SizeError{Size: size, Limit: limit, text: fmt.Sprintf(format, args...)}
}

// checkGossip fails when a message of size bytes fits into no packet.
func checkGossip(what MessageType, size, limit int) error {
	if size <= limit {
		return nil
	}
	return tooLarge(size, limit, "eventbus: %s too large to gossip (%d > %d bytes)", what, size, limit)
}
