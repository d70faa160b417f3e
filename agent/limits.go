package agent

import (
	"fmt"
	"strings"
	"time"

	"serf/agent/journal"
)

// limitsEvery is the least time between two looks at the limits of the machine, and so between two lines about them.
const limitsEvery = 10 * time.Second

// limits knows how often each limit of the machine had been reached when it looked last.
type limits struct {
	at   time.Time
	last map[string]uint64
}

// watch says which limits of the machine were reached since the last look, if that is long enough ago. It runs at the end of a turn,
// since without one no limit is reached: an idle agent is not woken up for it.
func (w *limits) watch(now time.Time, l *loop) {
	if now.Sub(w.at) < limitsEvery {
		return
	}
	w.at = now
	if w.last == nil {
		w.last = make(map[string]uint64)
	}
	var reached []string
	s := l.cluster.Stats()
	s.Limits(func(name string, n uint64) {
		if more := n - w.last[name]; more > 0 {
			reached = append(reached, fmt.Sprintf("%s %d", name, more))
			w.last[name] = n
		}
	})
	if len(reached) > 0 {
		l.agent.log.Printf(journal.Warn, "agent", "limits were reached: %s (serf info has the totals)", strings.Join(reached, ", "))
	}
}
