package agent

import (
	"errors"

	"serf/transport/envelope"
)

// Errors of an Agent. They are compared with errors.Is.
var (
	// ErrClosed says that the agent, or the subscription, has ended.
	ErrClosed = errors.New("agent: closed")
	// ErrBusy says that too many commands wait; nothing was done.
	ErrBusy = errors.New("agent: too many commands waiting")
	// ErrNameConflict says that most members know another one by this member's name.
	ErrNameConflict = errors.New("agent: minority in name conflict resolution")
	// ErrQueryName says that the name of a query is not for applications. Scripts match on its text.
	//
	//lint:ignore ST1005 scripts match on this text
	ErrQueryName = errors.New("Queries cannot contain the '_serf_' prefix")
)

// ListenError says that Start could not bind the address or found none to advertise. Its text is that of Err.
type ListenError struct{ Err error }

func (e *ListenError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *ListenError) Unwrap() error { return e.Err }

// reason returns what an operator needs of err: of the envelope's errors the sentence, without the layer it was found in.
func reason(err error) error {
	if e, ok := errors.AsType[*envelope.DecodeError](err); ok {
		return e.Err
	}
	return err
}

// SetupError says that Start could not read a file of the configuration. Its text is that of Err.
type SetupError struct{ Err error }

func (e *SetupError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *SetupError) Unwrap() error { return e.Err }
