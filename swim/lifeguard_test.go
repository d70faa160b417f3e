package swim

import (
	"testing"
	"time"
)

// unheard returns a node of a cluster whose peers are all stopped but for those that help, the moment that its probe of a stopped one has
// failed. Its local health may reach max-1.
func unheard(t *testing.T, helpers, max int, v Variant) *actor {
	t.Helper()
	w := newWorld(t)
	c := w.cluster(2+helpers, func(c *Config) { c.AwarenessMaxMultiplier, c.Variant, c.SuspicionMult = max, v, 60 })
	c[1].stopped = true
	for a := c[0]; a.Stats().ProbeFailures == 0; {
		a.health.score = 0
		w.run(10 * time.Millisecond)
	}
	return c[0]
}

func TestHealthGrowsWithFailuresMissedNacksAndRefutationsAndFallsWithSuccess(t *testing.T) {
	want(t, "failure that three nacks explain, in the paper", unheard(t, 3, 9, Variant{BlameBoth: true, ScaleAll: true}).health.score, 1)
	want(t, "the same among reference peers", unheard(t, 3, 8, Variant{WholeTicks: true}).health.score, 0)
	want(t, "failure with nobody to ask", unheard(t, 0, 9, Variant{BlameBoth: true, ScaleAll: true}).health.score, 1)

	w := newWorld(t)
	a := w.cluster(2, func(c *Config) { c.AwarenessMaxMultiplier = 9 })[0]
	m, _ := a.Lookup("a")
	hear(t, a.Node, w.now, AppendSuspect(nil, &SuspectMessage{Incarnation: m.Incarnation, Node: []byte("a"), From: []byte("b")}))
	w.drain(a)
	want(t, "refutation", a.health.score, 1)
	before := a.Stats().ProbeAcks
	for a.Stats().ProbeAcks == before {
		w.run(10 * time.Millisecond)
	}
	want(t, "success", a.health.score, 0)
}

func TestHealthStaysWithinItsBounds(t *testing.T) {
	for max, most := range map[int]int{9: 8, 8: 7, 1: 0} {
		h := awareness{max: max}
		for range 20 {
			h.adjust(3)
		}
		want(t, "at most", h.score, most)
		for range 20 {
			h.adjust(-1)
		}
		want(t, "at least", h.score, 0)
	}
}

// TestSuspicionsLastAsPublished: max(Min, Max - (Max-Min)·log(C+1)/log(K+1)), K = α-2.
func TestSuspicionsLastAsPublished(t *testing.T) {
	for _, c := range []struct {
		alpha, beta, wanted int
		lasts               []time.Duration // with so many confirmations, among 100 members
	}{
		{5, 6, 3, []time.Duration{60 * time.Second, 35 * time.Second, 20375 * time.Millisecond, 10 * time.Second, 10 * time.Second}},
		{4, 6, 2, []time.Duration{48 * time.Second, 22762 * time.Millisecond, 8 * time.Second, 8 * time.Second}},
		{5, 1, 3, []time.Duration{10 * time.Second, 10 * time.Second}},
	} {
		cfg := testConfig("a", 1)
		cfg.SuspicionMult, cfg.SuspicionMaxTimeoutMult = c.alpha, c.beta
		s := newSuspicion(&cfg, 100, 0, "x")
		want(t, "K", s.wanted, c.wanted)
		for k, lasts := range c.lasts {
			if k > 0 {
				s.confirm([]byte{byte('a' + k)})
			}
			want(t, "suspicion", time.Duration(s.end()), lasts)
		}
	}
}
