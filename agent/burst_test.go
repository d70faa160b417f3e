package agent

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"serf/eventbus"
)

// burst sends events "0", "1", … from a as fast as it takes them, until one is refused or n are sent, and returns how many
// were accepted.
func burst(t *testing.T, a *Agent, n int) (int, error) {
	t.Helper()
	for i := range n {
		if err := a.UserEvent(t.Context(), fmt.Sprint(i), nil, false); err != nil {
			return i, err
		}
	}
	return n, nil
}

// wantBurst waits until n events came to s and fails the test unless each came once, in the order of their times.
func (w *world) wantBurst(who string, s *Subscription, n int) {
	w.t.Helper()
	begin := time.Now()
	for i := range n {
		e, err := s.Next(w.t.Context())
		if err != nil {
			w.t.Fatalf("%s: %v", who, err)
		}
		if e.Name != fmt.Sprint(i) {
			w.t.Fatalf("%s got event %q of time %d, want %d", who, e.Name, e.LTime, i)
		}
		if took := time.Since(begin); took > 5*time.Minute {
			w.t.Fatalf("%s got %d events in %v, want %d", who, i, took, n)
		}
	}
}

func TestEveryAcceptedEventOfABurstIsToldToEveryMemberOnceAndInOrder(t *testing.T) {
	for _, c := range []struct{ members, events int }{{2, 5000}, {5, 1500}} {
		t.Run(fmt.Sprint(c.members), func(t *testing.T) {
			in(t, func(t *testing.T, w *world) {
				agents := w.cluster(c.members)
				var streams []*Subscription
				for _, a := range agents {
					streams = append(streams, a.Subscribe(eventbus.Only(eventbus.User), 2*c.events, eventbus.DropNewest))
				}
				begin := time.Now()
				if n, err := burst(t, agents[0], c.events); err != nil {
					t.Fatalf("event %d: %v", n, err)
				}
				for i, s := range streams {
					w.wantBurst(agents[i].Name(), s, c.events)
				}
				t.Logf("%d events in %v", c.events, time.Since(begin).Round(time.Second))
				w.pass(time.Minute) // nothing comes twice
				for i, s := range streams {
					if n := s.ring.Len(); n != 0 {
						t.Errorf("%s got %d events too many", agents[i].Name(), n)
					}
				}
			})
		})
	}
}

func TestSenderIsToldWhenTooManyEventsWait(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(2)
		begin := time.Now()
		n, err := burst(t, agents[0], 2*eventbus.WaitingMax)
		if !errors.Is(err, eventbus.ErrQueueFull) || time.Since(begin) != 0 {
			t.Errorf("event %d: %v after %v, want %v at once", n, err, time.Since(begin), eventbus.ErrQueueFull)
		}
		if n < eventbus.WaitingMax {
			t.Errorf("%d events were accepted, want at least %d", n, eventbus.WaitingMax)
		}
		_ = agents[0].Shutdown()
		if got := count(agents[0].log, "user events were accepted but not sent"); got != 1 {
			t.Errorf("the log says %d times what was not sent, want once", got)
		}
	})
}

func TestLeavingMemberSendsTheEventsThatWait(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(2)
		const events = 1000
		s := agents[1].Subscribe(eventbus.Only(eventbus.User), events, eventbus.DropNewest)
		if n, err := burst(t, agents[0], events); err != nil {
			t.Fatalf("event %d: %v", n, err)
		}
		if err := agents[0].Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.wantBurst(agents[1].Name(), s, events)
	})
}
