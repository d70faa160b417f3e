package agent

import (
	"context"

	"serf/agent/journal"
)

// UserEvent sends an event to every member, this one included. It returns when the event has been handed over; that it
// reached anybody is not awaited. With coalesce a receiver may skip it for a later one of the same name. It fails when
// the name cannot be used, when the event is too large (ErrTooLarge of package eventbus), or when more are sent than can
// be gossiped; then it was not sent.
func (a *Agent) UserEvent(ctx context.Context, name string, payload []byte, coalesce bool) error {
	a.log.Printf(journal.Debug, "agent", "Requesting user event send: %s. Coalesced: %v. Payload: %q", plain(name), coalesce, payload)
	_, err := a.do(ctx, command{kind: commandUserEvent, name: name, payload: payload, coalesce: coalesce})
	if err != nil {
		a.log.Printf(journal.Warn, "agent", "failed to send user event: %v", err)
	}
	return err
}
