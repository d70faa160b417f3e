package handler

import (
	"maps"
	"sync/atomic"
	"time"
)

// Stats returns the counters that are not zero, by the names they have in "serf info".
func (h *Handlers) Stats() map[string]uint64 {
	stats := map[string]uint64{
		"handler_answers_failed":  h.counters.unanswered.Load(),
		"handler_events_dropped":  h.counters.dropped.Load(),
		"handler_runs_cut_off":    h.counters.cutOff.Load(),
		"handler_runs_failed":     h.counters.failed.Load(),
		"handler_runs_timed_out":  h.counters.timedOut.Load(),
		"handler_outputs_cut":     h.counters.truncated.Load(),
		"handler_values_replaced": h.counters.replaced.Load(),
	}
	maps.DeleteFunc(stats, func(_ string, n uint64) bool { return n == 0 })
	return stats
}

// Measure makes f hear how long each further run of a script took. It must not wait.
func (h *Handlers) Measure(f func(script string, took time.Duration)) { h.measure.Store(&f) }

// counters counts what went wrong.
type counters struct {
	dropped    atomic.Uint64 // events that no script got to see
	failed     atomic.Uint64 // runs that ended with another status than 0, or could not be started
	timedOut   atomic.Uint64 // of them, those killed because they took too long
	cutOff     atomic.Uint64 // of them, those killed at the end of the agent
	truncated  atomic.Uint64 // runs whose output was longer than what is kept
	replaced   atomic.Uint64 // tags and texts that did not fit into the environment as they are
	unanswered atomic.Uint64 // answers that could not be given
}
