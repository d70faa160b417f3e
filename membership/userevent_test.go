package membership

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"serf/eventbus"
)

// event lets the host send a user event.
func (h *host) event(name, payload string) {
	h.w.t.Helper()
	h.do(func(c *Cluster, now time.Time) error { return c.UserEvent(now, name, []byte(payload), false) })
}

// untilHeard waits until every running host has heard want, in any order, and then some, to see that nothing comes twice.
func (w *world) untilHeard(limit time.Duration, want []string) {
	w.t.Helper()
	w.runUntil(limit, fmt.Sprintf("all hear %d events", len(want)), func() bool {
		for _, h := range w.hosts {
			if h.Cluster != nil && len(h.heard) < len(want) {
				return false
			}
		}
		return true
	})
	w.run(20 * time.Second)
	slices.Sort(want)
	for _, h := range w.hosts {
		if got := slices.Sorted(slices.Values(h.heard)); h.Cluster != nil && !slices.Equal(got, want) {
			w.t.Errorf("%s heard %d events, want each of %d once", h.name, len(got), len(want))
		}
	}
}

func TestUserEventsReachEveryMemberOnceThroughLoss(t *testing.T) {
	for _, loss := range []float64{0, 0.1, 0.3} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			w := newWorld(t, 31, 20)
			w.together()
			w.loss = loss
			var want []string
			for i, h := range w.hosts {
				for k := range 3 {
					h.event("deploy", fmt.Sprint(i, k))
					want = append(want, fmt.Sprintf("deploy=%d %d", i, k))
					w.run(50 * time.Millisecond)
				}
			}
			w.untilHeard(time.Minute, want)
		})
	}
}

func TestBurstOfUserEventsArrivesWhole(t *testing.T) {
	w := newWorld(t, 32, 5)
	w.together()
	var want []string
	for i := range 1000 {
		w.hosts[0].event("burst", fmt.Sprint(i))
		want = append(want, fmt.Sprintf("burst=%d", i))
	}
	w.untilHeard(2*time.Minute, want)
	for _, h := range w.hosts {
		if s := h.Stats(); s.Events.Old != 0 || s.QueuedEvent.Dropped != 0 || s.EventQueue != 0 {
			t.Errorf("%s: %d too old, %d dropped, %d queued, want none", h.name, s.Events.Old, s.QueuedEvent.Dropped, s.EventQueue)
		}
	}
}

func TestJoinerHearsRecentUserEventsUnlessItIgnoresThem(t *testing.T) {
	w := newWorld(t, 33, 3)
	w.hosts[0].event("early", "1")
	w.hosts[0].event("early", "2")
	w.hosts[1].join(w.hosts[0])
	if got, want := w.hosts[1].heard, []string{"early=1", "early=2"}; !slices.Equal(got, want) {
		t.Errorf("a joiner heard %v, want %v", got, want)
	}
	h := w.hosts[2]
	h.do(func(c *Cluster, now time.Time) error {
		return c.Join(now, 1, []Target{{Addr: w.hosts[0].addr}}, true)
	})
	h.wait(1)
	w.run(time.Minute)
	if len(h.heard) != 0 {
		t.Errorf("a joiner that ignores old events heard %v", h.heard)
	}
	w.hosts[0].event("late", "3")
	w.run(5 * time.Second)
	if want := []string{"late=3"}; !slices.Equal(h.heard, want) {
		t.Errorf("a joiner that ignores old events heard %v, want %v", h.heard, want)
	}
	if got := w.hosts[0].Stats().EventUnheard; got != 2 {
		t.Errorf("%d events were not gossiped for want of members, want 2", got)
	}
}

func TestLoneMemberSendsEventsWithoutEnd(t *testing.T) {
	w := newWorld(t, 34, 1)
	for i := range 6000 {
		w.hosts[0].event("alone", fmt.Sprint(i))
	}
	if n := w.hosts[0].Stats().EventQueue; n != 0 {
		t.Errorf("%d events are queued for nobody", n)
	}
}

func TestUserEventTooLargeToGossipIsRefused(t *testing.T) {
	w := newWorld(t, 35, 2, func(c *Config) { c.UserEventSizeLimit = 9216 })
	w.together()
	c := w.hosts[0]
	err := c.UserEvent(w.now, "big", make([]byte, 1400), false)
	if !errors.Is(err, eventbus.ErrTooLarge) || !strings.Contains(err.Error(), "1390") {
		t.Errorf("an event of 1400 bytes: %v, want the limit", err)
	}
	if err := c.UserEvent(w.now, "big", make([]byte, 1347), false); err != nil {
		t.Errorf("an event of 1347 bytes: %v", err)
	}
	c.drain()
	w.run(5 * time.Second)
	if n := len(w.hosts[1].heard); n != 1 {
		t.Errorf("%d events arrived, want the one that fits", n)
	}
}

func TestUserEventsCoalesce(t *testing.T) {
	w := newWorld(t, 36, 2, func(c *Config) { c.UserCoalescePeriod, c.UserQuiescentPeriod = 3*time.Second, time.Second })
	w.together()
	for i := range 5 {
		w.hosts[0].do(func(c *Cluster, now time.Time) error {
			return c.UserEvent(now, "state", []byte(fmt.Sprint(i)), true)
		})
	}
	w.hosts[0].event("other", "x")
	w.run(10 * time.Second)
	for _, h := range w.hosts {
		if want := []string{"other=x", "state=4"}; !slices.Equal(h.heard, want) {
			t.Errorf("%s heard %v, want %v", h.name, h.heard, want)
		}
	}
}

func TestReplayedUserEventsCoalesceToo(t *testing.T) {
	w := newWorld(t, 38, 2, func(c *Config) { c.UserCoalescePeriod, c.UserQuiescentPeriod = 3*time.Second, time.Second })
	for i := range 5 {
		w.hosts[0].do(func(c *Cluster, now time.Time) error {
			return c.UserEvent(now, "state", []byte(fmt.Sprint(i)), true)
		})
	}
	w.together()
	w.run(10 * time.Second)
	if got, want := w.hosts[1].heard, []string{"state=4"}; !slices.Equal(got, want) {
		t.Errorf("a joiner heard %v, want %v", got, want)
	}
}

// The reference sends whatever it remembers, without a limit.
func TestPushPullsAreBoundedHoweverManyEventsAreRemembered(t *testing.T) {
	m := newMachine("self")
	m.join("self")
	payload := make([]byte, 9000)
	for ltime := range uint64(2000) {
		for i := range 4 {
			payload[0] = byte(i)
			e := eventbus.UserMessage{LTime: ltime + 1, Name: []byte("e"), Payload: payload}
			m.onMessage(m.now, eventbus.AppendUser(nil, &e))
		}
		m.settleWithoutNode()
	}
	limit := eventbus.DefaultUser().RememberedBytesMax + eventbus.PerTimeMax*eventbus.UserBytesMax
	if got := len(m.appendUserPart(m.now, nil)); got > limit || got < limit/2 {
		t.Errorf("%d bytes, want at most %d and not much less", got, limit)
	}
	empty := newMachine("self")
	empty.join("self")
	if got := len(empty.appendUserPart(empty.now, nil)); got > 600 {
		t.Errorf("%d bytes without any event, want at most 600: one for each of the 512 slots", got)
	}
}

func TestUserEventAfterShutdownFails(t *testing.T) {
	w := newWorld(t, 37, 1)
	h := w.hosts[0]
	h.Shutdown(w.now)
	if err := h.UserEvent(w.now, "x", nil, false); !errors.Is(err, ErrStopped) {
		t.Errorf("user event after a shutdown: %v, want %v", err, ErrStopped)
	}
	if _, err := h.Query(w.now, 1, QueryParams{Name: "x"}); !errors.Is(err, ErrStopped) {
		t.Errorf("query after a shutdown: %v, want %v", err, ErrStopped)
	}
}
