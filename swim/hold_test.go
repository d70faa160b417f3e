package swim

import (
	"testing"
	"time"
)

// held returns a node of a cluster of three whose packets and streams get lost while it is on hold, as far as its peers can tell, and
// which has got news to gossip.
func held(t *testing.T) (*world, *actor) {
	w := newWorld(t)
	a := w.cluster(3, func(c *Config) { c.SuspicionMult = 60 })[0]
	w.run(time.Minute)
	w.lose = func(from, to *actor, _ bool) bool { return a.hold.on && (from == a || to == a) }
	a.Hold(w.now, true)
	w.drain(a)
	if err := a.SetMeta(w.now, []byte("news")); err != nil {
		t.Fatal(err)
	}
	w.drain(a)
	return w, a
}

func TestHeldTasksComeAsFarAsTheirFirstWrite(t *testing.T) {
	w, a := held(t)
	before := a.Stats()
	w.run(2 * time.Minute)
	s := a.Stats()
	want(t, "probes", s.Probes-before.Probes, 1)
	want(t, "rounds of gossip", s.GossipRounds-before.GossipRounds, 1)
	want(t, "push/pulls", s.PushPulls-before.PushPulls, 1)
	want(t, "verdicts", s.ProbeFailures-before.ProbeFailures, 0)
	a.Hold(w.now, false)
	w.drain(a)
	w.run(time.Millisecond)
	want(t, "verdict when the hold is over", a.Stats().ProbeFailures-before.ProbeFailures, 1)
	w.run(2 * time.Second)
	after := a.Stats()
	if after.Probes == s.Probes || after.GossipRounds == s.GossipRounds {
		t.Errorf("got %d probes and %d rounds of gossip after the hold, want some of each", after.Probes-s.Probes, after.GossipRounds-s.GossipRounds)
	}
	w.run(time.Minute)
	want(t, "push/pulls go on", a.Stats().PushPulls > after.PushPulls, true)
}

func TestHeldProbeThatWasUnderWayWaitsToAskOthers(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, func(c *Config) { c.SuspicionMult = 60 })
	a := c[0]
	for _, other := range c[1:] {
		other.stopped = true
	}
	for !a.probe.open || a.probe.late {
		w.run(10 * time.Millisecond)
	}
	asked := a.Stats().ProbeStreams
	a.Hold(w.now, true)
	w.drain(a)
	w.run(time.Minute)
	want(t, "asks for help, once", a.Stats().ProbeStreams-asked, 1)
	want(t, "verdicts", a.Stats().ProbeFailures, 0)
	a.Hold(w.now, false)
	w.drain(a)
	w.run(time.Millisecond)
	want(t, "verdicts after the hold", a.Stats().ProbeFailures, 1)
}

func TestShortHoldLeavesTheProbeTheRestOfItsWindow(t *testing.T) {
	w := newWorld(t)
	a := w.cluster(3, nil)[0]
	w.lose = func(from, to *actor, _ bool) bool { return from == a || to == a }
	a.Hold(w.now, true)
	for !a.hold.probe {
		w.run(10 * time.Millisecond)
	}
	w.run(100 * time.Millisecond)
	a.Hold(w.now, false)
	want(t, "time for the direct ping", time.Duration(a.timers.single[TimerProbeLate]-a.now), a.cfg.ProbeTimeout)
	want(t, "end of the window", a.timers.single[TimerProbeEnd], a.probe.start+int64(a.cfg.ProbeInterval))
}

func TestSuspicionsEndWhileANodeIsHeld(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, func(c *Config) { c.VerifyDepartures = false })
	a := c[0]
	m, _ := a.Lookup("b")
	a.Hold(w.now, true)
	w.lose = func(from, to *actor, _ bool) bool { return from == a || to == a }
	a.suspect(memberOf(a, "b"), accusation{incarnation: m.Incarnation, from: a.Node.name, local: true})
	w.run(time.Minute)
	want(t, "b", a.status("b"), "dead")
}
