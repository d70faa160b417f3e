//go:build linux

package main

import (
	"math"
	"testing"
	"time"

	"serf/agent/rpc"
)

func TestAccountFindsWhatWasLostAndWhatWasToldTwice(t *testing.T) {
	begin := time.Now()
	for name, c := range map[string]struct {
		since, sent, till time.Duration // after begin; till 0: it still runs
		told              int
		owed, wrong       int
	}{
		"told once":              {0, time.Second, 0, 1, 1, 0},
		"lost":                   {0, time.Second, 0, 0, 1, 1},
		"told twice":             {0, time.Second, 0, 2, 1, 1},
		"sent before it came":    {2 * time.Second, time.Second, 0, 0, 0, 0},
		"it went too soon":       {0, time.Second, 2 * time.Second, 0, 0, 0},
		"told although it went":  {0, time.Second, 2 * time.Second, 1, 0, 0},
		"twice although it went": {0, time.Second, 2 * time.Second, 2, 0, 1},
	} {
		b := &book{}
		l := b.begin("n1")
		l.since = begin.Add(c.since)
		if c.till > 0 {
			l.till = begin.Add(c.till)
		}
		b.accepted(b.next(), begin.Add(c.sent))
		b.next() // refused: nobody owes it
		for range c.told {
			b.heard(l, rpc.Event{Payload: []byte("0")})
		}
		accepted, owed, wrong := b.account(begin.Add(time.Hour))
		if accepted != 1 || owed != c.owed || len(wrong) != c.wrong {
			t.Errorf("%s: %d accepted, %d owed, wrong %q; want 1, %d, and %d wrong", name, accepted, owed, wrong, c.owed, c.wrong)
		}
	}
}

func TestFitFindsTheSlopeAfterTheWarmUp(t *testing.T) {
	begin := time.Now()
	var samples []sample
	for i := range 400 {
		s := sample{at: begin.Add(time.Duration(i) * time.Second)}
		if s.values[0] = 1000; i >= 99 {
			s.values[0] = 100 + float64(i)
		}
		samples = append(samples, s)
	}
	l, ok := fit(samples, 0)
	if !ok || math.Abs(l.perHour-3600) > 1 || math.Abs(l.rise-300) > 1 || l.most != 499 {
		t.Errorf("got %+v, %v, want a rise of 300 at 3600 an hour", l, ok)
	}
	if _, ok := fit(samples[:5], 0); ok {
		t.Error("five samples make a line")
	}
}
