package swim

import (
	"testing"
	"time"
)

// probesOf lets a node of a cluster of four, with the given health score, probe for half a minute, and returns how
// often it began a probe.
func probesOf(t *testing.T, score int, v Variant) uint64 {
	t.Helper()
	w := newWorld(t)
	a := w.cluster(4, func(c *Config) { c.SuspicionMult, c.Variant = 60, v })[0]
	for range 30 {
		a.health.score = score
		w.run(time.Second)
	}
	return a.Stats().Probes
}

func TestScaleAllStretchesTheTimeBetweenProbes(t *testing.T) {
	plain, scaled := probesOf(t, 4, Variant{}), probesOf(t, 4, Variant{ScaleAll: true})
	if plain < 30 || scaled > 15 {
		t.Errorf("got %d probes, and %d with everything scaled by five, want over 30 and less than half", plain, scaled)
	}
}

func TestScaleAllStretchesTheTimeout(t *testing.T) {
	w := newWorld(t)
	a := w.cluster(2, func(c *Config) { c.Variant.ScaleAll = true })[0]
	a.health.score = 2
	want(t, "timeout", time.Duration(a.probeTimeout()), 3*a.cfg.ProbeTimeout)
	a.cfg.Variant.ScaleAll = false
	want(t, "timeout", time.Duration(a.probeTimeout()), a.cfg.ProbeTimeout)
}

func TestWholeTicksKeepTheBeat(t *testing.T) {
	w := newWorld(t)
	a := w.cluster(2, func(c *Config) { c.Variant.WholeTicks = true })[0]
	a.probe.start = a.now - int64(2300*time.Millisecond)
	want(t, "next probe after one of 2.3 s", time.Duration(a.nextProbe()-a.now), 700*time.Millisecond)
	a.cfg.Variant.WholeTicks = false
	want(t, "without ticks it is overdue", time.Duration(a.nextProbe()-a.now), -1300*time.Millisecond)
}

func TestLateNacksTakeTheWholeTimeout(t *testing.T) {
	for late, after := range map[bool]time.Duration{false: 400 * time.Millisecond, true: 500 * time.Millisecond} {
		w := newWorld(t)
		c := w.cluster(3, func(c *Config) { c.Variant.LateNacks = late })
		c[1].stopped = true
		b, _ := c[0].Lookup("b")
		hear(t, c[0].Node, w.now, AppendIndirectPing(nil, &IndirectPing{Sequence: 7, Target: b.Info.Addr, Node: []byte("b"),
			WantNack: true, Source: c[2].addr, SourceNode: []byte("c")}))
		w.drain(c[0])
		w.run(after - time.Millisecond)
		before := c[0].Stats().ServedNacks
		w.run(2 * time.Millisecond)
		want(t, "nacks before and after", [2]uint64{before, c[0].Stats().ServedNacks}, [2]uint64{0, 1})
	}
}

func TestBlameBothCountsTheFailureItself(t *testing.T) {
	for _, c := range []struct{ wanted, nacks, one, both int }{{0, 0, 1, 1}, {3, 3, 0, 1}, {3, 1, 2, 3}} {
		p := probe{nacksWanted: c.wanted, nacks: c.nacks}
		want(t, "blame", [2]int{p.blame(false), p.blame(true)}, [2]int{c.one, c.both})
	}
}

func TestNoConfirmationsLeavesSuspicionsAsTheyAre(t *testing.T) {
	cfg := testConfig("a", 1)
	cfg.Variant.NoConfirmations = true
	s := newSuspicion(&cfg, 100, 0, "x")
	want(t, "confirmation counts", s.confirm([]byte("y")), false)
	want(t, "end", time.Duration(s.end()), s.min)
}

func TestNoBuddyDoesNotTellTheSuspect(t *testing.T) {
	told := func(v Variant) bool {
		w := newWorld(t)
		c := w.cluster(2, func(c *Config) { c.Variant, c.GossipInterval, c.PushPullInterval = v, 0, 0 })
		a, b := c[0], c[1]
		m, _ := a.Lookup("b")
		a.suspect(memberOf(a, "b"), accusation{incarnation: m.Incarnation, from: a.Node.name, local: true})
		a.queue.Prune(0) // nothing tells but the ping itself
		w.run(1500 * time.Millisecond)
		return b.Stats().Refutations > 0
	}
	want(t, "told", told(Variant{}), true)
	want(t, "told without the buddy system", told(Variant{NoBuddy: true}), false)
}

func TestNoNacksAreAskedForWithoutAScore(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, func(c *Config) { c.AwarenessMaxMultiplier, c.SuspicionMult = 1, 60 })
	c[1].stopped = true
	w.run(5 * time.Second)
	want(t, "failures", c[0].Stats().ProbeFailures > 0, true)
	want(t, "nacks", c[0].Stats().ProbeNacks+c[2].Stats().ServedNacks, 0)
}

func TestNoSuspicionDeclaresDeadAtOnce(t *testing.T) {
	died := func(v Variant) time.Duration {
		w := newWorld(t)
		c := w.cluster(3, func(c *Config) { c.Variant, c.SuspicionMult, c.VerifyDepartures = v, 60, false })
		c[1].stopped = true
		for passed := time.Duration(0); passed < time.Minute; passed += time.Second {
			w.run(time.Second)
			if m, _ := c[0].Lookup("b"); m.Status == Dead {
				return passed
			}
		}
		return time.Minute
	}
	if got := died(Variant{NoSuspicion: true}); got > 10*time.Second {
		t.Errorf("dead after %v without suspicion", got)
	}
	want(t, "with suspicion", died(Variant{}), time.Minute)
}

func TestGossipTicksKeepTheBeat(t *testing.T) {
	delays := func(v Variant) map[time.Duration]bool {
		w := newWorld(t)
		a := w.cluster(2, func(c *Config) { c.Variant, c.ProbeInterval, c.PushPullInterval = v, 0, 0 })[0]
		seen := make(map[time.Duration]bool)
		for k := range 20 {
			w.run(10*time.Second + time.Duration(k)*7*time.Millisecond)
			if err := a.SetMeta(w.now, []byte{byte(k)}); err != nil {
				t.Fatal(err)
			}
			w.drain(a)
			at, why := a.NextDeadline()
			want(t, "next", why, TimerGossip)
			if v.GossipTicks {
				seen[at.Sub(epoch)%a.cfg.GossipInterval] = true // where on the beat
			} else {
				seen[at.Sub(w.now)] = true
			}
		}
		return seen
	}
	if got := delays(Variant{GossipTicks: true}); len(got) != 1 {
		t.Errorf("rounds at %v of the interval, want one beat", got)
	}
	if got := delays(Variant{}); len(got) != 1 || !got[0] {
		t.Errorf("rounds after %v, want them at once", got)
	}
}
