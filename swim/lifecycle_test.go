package swim

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestCrashedMemberIsSuspectedThenDead(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(5, nil)
	c[4].stopped = true
	start := w.now
	for c[0].status("e") == "alive" && w.now.Sub(start) < 10*time.Second {
		w.run(10 * time.Millisecond)
	}
	want(t, "first verdict", c[0].status("e"), "suspect")
	w.run(10 * time.Second)
	for _, a := range c[:4] {
		want(t, "status of e at "+a.name, a.status("e"), "dead")
		leaves := a.saw(EventLeave, "e")
		if len(leaves) != 1 || leaves[0].Left {
			t.Errorf("%s: got %v, want one EventLeave that is no leave", a.name, leaves)
		}
	}
}

func TestDeadMemberThatRestartsIsTakenBack(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, nil)
	c[2].stopped = true
	w.run(15 * time.Second)
	want(t, "status of c", c[0].status("c"), "dead")
	again := w.add("c", func(cfg *Config) { cfg.Advertise = c[2].addr })
	w.join(again, c[0])
	w.run(3 * time.Second)
	for _, a := range []*actor{c[0], c[1], again} {
		want(t, "status of c at "+a.name, a.status("c"), "alive")
	}
	want(t, "joins seen", len(c[1].saw(EventJoin, "c")), 2)
	m, _ := again.Lookup("c")
	if m.Incarnation < 2 {
		t.Errorf("got incarnation %d, want one above that of the first life", m.Incarnation)
	}
}

func TestFalselySuspectedMemberRefutes(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(4, nil)
	w.lose = func(from, to *actor, stream bool) bool { return to == c[3] || from == c[3] }
	w.run(3 * time.Second)
	w.lose = func(from, to *actor, stream bool) bool { return false }
	w.run(20 * time.Second)
	for _, a := range c {
		for _, b := range c {
			want(t, a.name+"'s status of "+b.name, a.status(b.name), "alive")
		}
		want(t, "health of "+a.name, a.Health(), 0)
	}
	if c[3].Stats().Refutations == 0 {
		t.Error("d refuted nothing")
	}
	want(t, "deaths seen", len(c[0].saw(EventLeave, "d")), 0)
}

func TestPartitionHeals(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(6, func(c *Config) { c.PushPullInterval = 5 * time.Second })
	side := func(a *actor) bool { return a.name <= "c" }
	w.lose = func(from, to *actor, stream bool) bool { return side(from) != side(to) }
	w.run(20 * time.Second)
	want(t, "a's view of f", c[0].status("f"), "dead")
	w.lose = func(from, to *actor, stream bool) bool { return false }
	w.join(c[0], c[5])
	w.run(10 * time.Second)
	for _, a := range c {
		want(t, "alive at "+a.name, a.Stats().Alive, 6)
	}
}

func TestLeaveIsSeenAsLeft(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, nil)
	if err := c[1].Leave(w.now); err != nil {
		t.Fatal(err)
	}
	w.drain(c[1])
	want(t, "EventLeft at once", len(c[1].saw(EventLeft, "b")), 0)
	w.run(3 * time.Second)
	want(t, "EventLeft", len(c[1].saw(EventLeft, "b")), 1)
	for _, a := range c {
		want(t, "status of b at "+a.name, a.status("b"), "left")
		leaves := a.saw(EventLeave, "b")
		if len(leaves) != 1 || !leaves[0].Left {
			t.Errorf("%s: got %v, want one leave", a.name, leaves)
		}
	}
	if err := c[1].Leave(w.now); err != nil {
		t.Errorf("second leave: %v", err)
	}
	if _, err := c[1].Join(w.now, c[0].addr, ""); !errors.Is(err, ErrLeaving) {
		t.Errorf("join after leave: got %v, want %v", err, ErrLeaving)
	}
	if err := c[1].SetMeta(w.now, nil); !errors.Is(err, ErrLeaving) {
		t.Errorf("metadata after leave: got %v, want %v", err, ErrLeaving)
	}
	w.run(2 * time.Minute)
	want(t, "status of b after reaping", c[0].status("b"), "unknown")
	want(t, "own status of b", c[1].status("b"), "left")
}

func TestLonelyLeaveIsDoneAtOnce(t *testing.T) {
	w := newWorld(t)
	a := w.add("a", nil)
	a.Leave(w.now)
	w.drain(a)
	want(t, "EventLeft", len(a.saw(EventLeft, "a")), 1)
}

func TestLeaveEndsWhenThoseToBeToldAreGone(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, func(c *Config) { c.RetransmitMult = 1000 })
	c[1].stopped = true
	c[0].Leave(w.now)
	w.drain(c[0])
	w.run(2 * time.Minute)
	want(t, "EventLeft", len(c[0].saw(EventLeft, "a")), 1)
}

func TestMetadataReachesEverybody(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(4, nil)
	if err := c[2].SetMeta(w.now, []byte("new")); err != nil {
		t.Fatal(err)
	}
	w.drain(c[2])
	w.run(2 * time.Second)
	for _, a := range c {
		m, _ := a.Lookup("c")
		want(t, "metadata of c at "+a.name, string(m.Info.Meta), "new")
		want(t, "updates at "+a.name, len(a.saw(EventUpdate, "c")), 1)
	}
	want(t, "EventMetaSent", len(c[2].saw(EventMetaSent, "c")), 1)
	err := c[2].SetMeta(w.now, make([]byte, MetaBytesMax+1))
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want %v", err, ErrTooLarge)
	}
}

func TestOvertakenMetadataIsReportedOnce(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	c[0].SetMeta(w.now, []byte("1"))
	c[0].SetMeta(w.now, []byte("2"))
	w.drain(c[0])
	w.run(3 * time.Second)
	want(t, "EventMetaSent", len(c[0].saw(EventMetaSent, "a")), 1)
	m, _ := c[1].Lookup("a")
	want(t, "metadata", string(m.Info.Meta), "2")
}

func TestJoinOfDeadAddressFails(t *testing.T) {
	w := newWorld(t)
	a := w.add("a", nil)
	x, err := a.Join(w.now, netip.MustParseAddrPort("10.0.9.9:7946"), "")
	if err != nil {
		t.Fatal(err)
	}
	w.drain(a)
	w.run(time.Second)
	ends := a.saw(EventExchange, "")
	if len(ends) != 1 || ends[0].Exchange != x || ends[0].Err == nil {
		t.Errorf("got %v, want one failed exchange %d", ends, x)
	}
	want(t, "open exchanges", a.Stats().Open, 0)
}

func TestJoinRefusalsChangeNothing(t *testing.T) {
	w := newWorld(t)
	a := w.add("a", func(c *Config) { c.RequireNodeNames, c.ExchangesMax = true, 1 })
	to := netip.MustParseAddrPort("10.0.9.9:7946")
	if _, err := a.Join(w.now, to, ""); !errors.Is(err, ErrNameRequired) {
		t.Errorf("without a name: got %v, want %v", err, ErrNameRequired)
	}
	if _, err := a.Join(w.now, netip.AddrPort{}, "b"); !errors.Is(err, ErrAddress) {
		t.Errorf("without an address: got %v, want %v", err, ErrAddress)
	}
	if _, err := a.Join(w.now, to, "b"); err != nil {
		t.Error(err)
	}
	if _, err := a.Join(w.now, to, "b"); !errors.Is(err, ErrBusy) {
		t.Errorf("second at one time: got %v, want %v", err, ErrBusy)
	}
	want(t, "push/pulls", a.Stats().PushPulls, 1)
}

func TestLeftMemberMayReturnElsewhere(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, nil)
	c[2].Leave(w.now)
	w.drain(c[2])
	w.run(3 * time.Second)
	c[2].stopped = true
	again := w.add("c", nil)
	w.join(again, c[0])
	w.run(3 * time.Second)
	for _, a := range []*actor{c[0], c[1]} {
		m, _ := a.Lookup("c")
		want(t, "status of c at "+a.name, m.Status, Alive)
		want(t, "address of c at "+a.name, m.Info.Addr, again.addr)
		want(t, "EventReclaimed at "+a.name, len(a.saw(EventReclaimed, "c")) > 0, true)
	}
}

func TestNameTakenByAnotherAddressIsConflict(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	thief := w.add("b", nil)
	w.join(thief, c[0])
	conflicts := c[0].saw(EventConflict, "b")
	if len(conflicts) == 0 || conflicts[0].Other.Addr != thief.addr || conflicts[0].Status != Alive {
		t.Errorf("got %v, want a conflict with %s", conflicts, thief.addr)
	}
	m, _ := c[0].Lookup("b")
	want(t, "address of b", m.Info.Addr, c[1].addr)
}

func TestDeadAreRememberedForAWhile(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, nil)
	c[2].stopped = true
	w.run(30 * time.Second)
	want(t, "status of c", c[0].status("c"), "dead")
	w.run(30 * time.Second)
	want(t, "status of c later", c[0].status("c"), "unknown")
	want(t, "EventReaped", len(c[0].saw(EventReaped, "c")), 1)
	want(t, "names in the directory", c[0].dir.Len(), 2)
}

func TestDeadAreForgottenEvenWithNobodyToProbe(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	c[1].stopped = true
	w.run(2 * time.Minute)
	want(t, "status of b", c[0].status("b"), "unknown")
	if at, why := c[0].NextDeadline(); !at.IsZero() {
		t.Errorf("got timer %s armed in a lonely node, want none", why)
	}
}

func TestUserMessagesArrive(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	if err := c[0].SendUser(w.now, c[1].addr, []byte("packet")); err != nil {
		t.Fatal(err)
	}
	x, err := c[0].SendUserStream(w.now, c[1].addr, []byte("stream"))
	if err != nil {
		t.Fatal(err)
	}
	w.drain(c[0])
	w.run(time.Second)
	var got []string
	for _, e := range c[1].events {
		if e.Kind == EventUser {
			got = append(got, string(e.Payload))
		}
	}
	if len(got) != 2 || got[0] != "packet" || got[1] != "stream" {
		t.Errorf("got %q, want both messages", got)
	}
	for _, e := range c[0].saw(EventExchange, "") {
		if e.Exchange == x && e.Err != nil {
			t.Errorf("exchange: %v", e.Err)
		}
	}
	if err := c[0].SendUser(w.now, c[1].addr, make([]byte, PacketBytesLimit)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want %v", err, ErrTooLarge)
	}
}

func TestStoppedNodeBlamesNobody(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(4, nil)
	c[1].stopped = true
	for c[0].status("b") == "alive" {
		w.run(10 * time.Millisecond)
	}
	for !c[0].probe.open || c[0].probe.info.Name == "b" {
		w.run(time.Millisecond)
	}
	failures := c[0].Stats().ProbeFailures
	w.now = w.now.Add(time.Minute) // nothing reaches anybody, as if a was stopped
	w.mail = nil
	c[0].HandleDeadline(w.now)
	w.drain(c[0])
	s := c[0].Stats()
	want(t, "ProbesVoid", s.ProbesVoid, 1)
	want(t, "failures", s.ProbeFailures, failures)
	want(t, "SuspicionsPutOff", s.SuspicionsPutOff, 1)
	want(t, "status of b", c[0].status("b"), "suspect")
	refutation := AppendAlive(nil, &AliveMessage{Incarnation: 5, Node: []byte("b"), Addr: c[1].addr, Versions: c[1].versions[:]})
	hear(t, c[0].Node, w.now, refutation)
	want(t, "status of b after its late refutation", c[0].status("b"), "alive")
}

func TestProbingGoesOnAtOnceAfterALongWindow(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, func(c *Config) { c.SuspicionMult = 60 })
	c[1].stopped = true
	c[0].health.score = 3
	before := c[0].Stats().Probes
	w.run(30 * time.Second)
	s := c[0].Stats()
	if s.Probes-before < 4 || s.ProbesDegraded == 0 {
		t.Errorf("got %d probes in 30 s with windows of 4 to 8 s, want them back to back", s.Probes-before)
	}
}
