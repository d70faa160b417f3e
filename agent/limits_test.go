package agent

import (
	"fmt"
	"testing"
	"time"

	"serf/eventbus"
	"serf/swim"
)

func TestLimitsThatAreReachedAreLoggedSeldom(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.cluster(2)[0]
		w.pass(15 * time.Second)
		stranger := w.endpoint(9)
		flood := func(ltime uint64) {
			for i := range eventbus.PerTimeMax + 10 {
				m := eventbus.UserMessage{LTime: ltime, Name: fmt.Append(nil, "e", i)}
				w.packet(stranger, 1, append([]byte{byte(swim.TypeUser)}, eventbus.AppendUser(nil, &m)...))
			}
		}
		for i := range 20 {
			flood(uint64(20 + i))
			w.pass(time.Second)
		}
		w.pass(11 * time.Second)
		const line = "[WARN] agent: limits were reached: events_same_time_dropped "
		if n := count(a.log, line); n < 2 || n > 4 {
			t.Errorf("%d lines about a limit that was reached for 20 s, want one in 10", n)
		}
		if got := a.Stats()["trouble"]["events_same_time_dropped"]; got != "200" {
			t.Errorf("events_same_time_dropped = %q, want 200", got)
		}
		before := count(a.log, line)
		w.pass(time.Minute)
		if n := count(a.log, line); n != before {
			t.Errorf("%d more lines although no limit was reached", n-before)
		}
	})
}
