package handler

import (
	"time"

	"serf/eventbus"
)

// orderWait is how long what a script has done may stay unsaid because a handler before it in the configuration is not ready.
const orderWait = 200 * time.Millisecond

// await waits until the handlers before that of j are done with the event, so that the log, and which of two answers to a query
// counts, depend on the configuration and not on who is faster. But a handler that hangs must not cost another one its answer: the
// wait ends after half of the time that a query has left, or after orderWait.
func (h *Handlers) await(j job) {
	limit := orderWait
	if j.event.Type == eventbus.Query {
		limit = time.Until(j.event.Deadline) / 2
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for _, done := range j.earlier {
		select {
		case <-done:
		case <-timer.C:
			return
		case <-h.ctx.Done():
			return
		}
	}
}
