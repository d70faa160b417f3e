package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestClockRunsEventsInOrderOfTimeThenScheduling(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var c clock
	type due struct {
		at int64
		n  int
	}
	var want, got []due
	for n := range 2000 {
		d := due{rng.Int64N(100), n}
		want = append(want, d)
		c.schedule(d.at, func() { got = append(got, due{c.now, d.n}) })
	}
	slices.SortStableFunc(want, func(a, b due) int { return int(a.at - b.at) })
	for {
		e, ok := c.next(49)
		if !ok {
			break
		}
		e.run()
	}
	if len(got) == 0 || got[len(got)-1].at != 49 {
		t.Fatalf("ran %d events up to 49", len(got))
	}
	for e, ok := c.next(1000); ok; e, ok = c.next(1000) {
		e.run()
	}
	if !slices.Equal(got, want) {
		t.Error("events ran out of order")
	}
}

func TestClockNeverRunsBackwards(t *testing.T) {
	var c clock
	c.schedule(10, func() {})
	if _, ok := c.next(10); !ok {
		t.Fatal("nothing was due")
	}
	c.schedule(3, func() {})
	e, ok := c.next(100)
	if !ok || e.at != 10 {
		t.Errorf("an event scheduled in the past is due at %d, want 10", e.at)
	}
}
