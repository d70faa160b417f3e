package agent

import (
	"errors"
	"fmt"
	"strings"

	"serf/membership"
	"serf/transport/envelope"
)

// JoinError says why none of the addresses of a Join answered. Its text has several lines, one per address; scripts match
// on it.
type JoinError struct {
	// Failures holds one error per address that could not be resolved or did not answer.
	Failures []error
}

// Error returns the text that the reference agent gives:
//
//	1 error occurred:
//		* failed to join 127.0.0.79:1: dial tcp 127.0.0.79:1: connect: connection refused
//
// with two newlines at the end.
func (e *JoinError) Error() string {
	var b strings.Builder
	if len(e.Failures) == 1 {
		b.WriteString("1 error occurred:\n")
	} else {
		fmt.Fprintf(&b, "%d errors occurred:\n", len(e.Failures))
	}
	for _, err := range e.Failures {
		fmt.Fprintf(&b, "\t* %v\n", err)
	}
	b.WriteString("\n")
	return b.String()
}

// Unwrap makes errors.Is and errors.As look into each failure.
func (e *JoinError) Unwrap() []error { return e.Failures }

// joinFailure words one address that did not answer.
func joinFailure(f membership.JoinFailure) error {
	if errors.Is(f.Err, envelope.ErrNoKey) {
		return fmt.Errorf("failed to join %s: %w (key mismatch?)", f.Target.Addr, reason(f.Err))
	}
	return fmt.Errorf("failed to join %s: %w", f.Target.Addr, reason(f.Err))
}
