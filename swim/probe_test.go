package swim

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

func TestDirectAckEndsProbeAndReportsRoundTrip(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	c[1].SetAckPayload([]byte("payload"))
	mark := len(c[0].events)
	w.run(3 * time.Second)
	var pinged []Event
	for _, e := range c[0].events[mark:] {
		if e.Kind == EventPinged {
			pinged = append(pinged, e)
		}
	}
	if len(pinged) < 2 {
		t.Fatalf("got %d EventPinged in 3 s, want one a second", len(pinged))
	}
	want(t, "round trip", pinged[0].RTT, 2*latency)
	want(t, "payload", string(pinged[0].Payload), "payload")
	want(t, "target", pinged[0].Info.Name, "b")
	s := c[0].Stats()
	want(t, "failures", s.ProbeFailures, 0)
	want(t, "acks", s.ProbeAcks, s.Probes)
}

func TestProbesHappenOncePerInterval(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, nil)
	before := c[0].Stats().Probes
	w.run(20 * time.Second)
	want(t, "probes in 20 s", c[0].Stats().Probes-before, 20)
}

func TestIndirectAckSavesTarget(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, nil)
	w.lose = func(from, to *actor, stream bool) bool { return from == c[0] && to == c[1] || stream }
	w.run(10 * time.Second)
	s := c[0].Stats()
	want(t, "status of b", c[0].status("b"), "alive")
	want(t, "failures", s.ProbeFailures, 0)
	if s.ProbeLateAcks == 0 || c[2].Stats().ServedAcks == 0 {
		t.Errorf("got %d late acks and %d served, want some", s.ProbeLateAcks, c[2].Stats().ServedAcks)
	}
	want(t, "health", c[0].Health(), 0)
}

func TestNackSparesOwnHealth(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, func(c *Config) { c.SuspicionMult = 60 })
	c[1].stopped = true
	w.run(5 * time.Second)
	s := c[0].Stats()
	if s.ProbeFailures == 0 || s.ProbeNacks == 0 {
		t.Fatalf("got %d failures and %d nacks, want some", s.ProbeFailures, s.ProbeNacks)
	}
	want(t, "health", c[0].Health(), 0)
	want(t, "status of b", c[0].status("b"), "suspect")
}

func TestMissingNacksCostHealth(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, func(c *Config) { c.SuspicionMult = 60 })
	w.lose = func(from, to *actor, stream bool) bool { return from == c[0] }
	w.run(3 * time.Second)
	if c[0].Health() == 0 {
		t.Error("got health 0 of a node that reaches nobody, want more")
	}
	if c[0].Stats().ProbesDegraded == 0 {
		w.run(5 * time.Second)
		if c[0].Stats().ProbesDegraded == 0 {
			t.Error("got no probe with a stretched window")
		}
	}
}

func TestStreamPingSavesTargetBehindPacketLoss(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	w.lose = func(from, to *actor, stream bool) bool { return !stream }
	w.run(5 * time.Second)
	want(t, "status of b", c[0].status("b"), "alive")
	if len(c[0].saw(EventStreamOnly, "b")) == 0 {
		t.Error("got no EventStreamOnly, want some")
	}
	want(t, "failures", c[0].Stats().ProbeFailures, 0)
}

func TestStreamPingsCanBeDisabled(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"all": func(c *Config) { c.DisableStreamPings, c.PushPullInterval = true, 0 },
		"member": func(c *Config) {
			c.StreamPingDisabled, c.PushPullInterval = func(name string) bool { return name == "b" }, 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.cluster(2, change)
			w.lose = func(from, to *actor, stream bool) bool { return from == c[0] && !stream }
			w.run(4 * time.Second)
			want(t, "stream pings", c[0].Stats().ProbeStreams, 0)
			want(t, "status of b", c[0].status("b") != "alive", true)
		})
	}
}

func TestFailedLocalSendAsksOthersAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, nil)
	w.unsent = func(from *actor, to netip.AddrPort) bool { return from == c[0] && to == c[1].addr }
	c[0].health.score = 3
	w.run(8 * time.Second)
	s := c[0].Stats()
	if s.ProbesUnsent == 0 || s.ProbeLateAcks != s.ProbesUnsent {
		t.Errorf("got %d unsent pings and %d late acks, want the same", s.ProbesUnsent, s.ProbeLateAcks)
	}
	want(t, "status of b", c[0].status("b"), "alive")
	late := c[0].saw(EventProbeLate, "b")
	want(t, "probes that went on", len(late), int(s.ProbesUnsent))
}

func TestSuspectIsToldWithThePing(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, func(c *Config) { c.SuspicionMult = 60; c.GossipInterval = 0; c.PushPullInterval = 0 })
	b, _ := c[0].dir.find("b")
	c[0].begin(w.now)
	c[0].suspect(b, accusation{incarnation: 1, from: []byte("x"), local: true})
	c[0].queue.Prune(0)
	c[0].settle()
	mark := len(c[0].packets)
	w.run(3 * time.Second)
	pair := []MessageType{TypePing, TypeSuspect}
	found := false
	for _, types := range c[0].sentTypes(c[1].addr, mark) {
		found = found || reflect.DeepEqual(types, pair)
	}
	if !found {
		t.Errorf("got packets %v to the suspect, want one of %v", c[0].sentTypes(c[1].addr, mark), pair)
	}
	m, _ := c[1].Lookup("b")
	want(t, "incarnation of b", m.Incarnation, 2)
	want(t, "status of b", c[0].status("b"), "alive")
}

func TestAckFromStrangerIsIgnored(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, func(c *Config) { c.ProbeInterval = time.Second })
	w.lose = func(from, to *actor, stream bool) bool { return from == c[1] || stream }
	for !c[0].probe.open {
		w.run(10 * time.Millisecond)
	}
	ack := AppendAck(nil, &Ack{Sequence: c[0].probe.sequence})
	before := c[0].Stats()
	if err := c[0].HandlePacket(w.now, netip.MustParseAddrPort("10.9.9.9:7946"), ack); err != nil {
		t.Fatal(err)
	}
	want(t, "AckSource", c[0].Stats().AckSource-before.AckSource, 1)
	want(t, "probe open", c[0].probe.open, true)
	if err := c[0].HandlePacket(w.now, netip.MustParseAddrPort("[::ffff:10.0.0.2]:9999"), ack); err != nil {
		t.Fatal(err)
	}
	want(t, "probe open after the target's ack", c[0].probe.open, false)
	if err := c[0].HandlePacket(w.now, c[1].addr, ack); err != nil {
		t.Fatal(err)
	}
	want(t, "StaleAck", c[0].Stats().StaleAck-before.StaleAck, 1)
}

func TestTargetWithTwoAddressesIsLearned(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	c[1].source = netip.MustParseAddrPort("192.168.7.7:7946")
	w.run(10 * time.Second)
	before := c[0].Stats()
	w.run(10 * time.Second)
	s := c[0].Stats()
	want(t, "status of b", c[0].status("b"), "alive")
	want(t, "acks from an unknown source", s.AckSource-before.AckSource, 0)
	want(t, "direct acks", s.ProbeAcks-before.ProbeAcks, s.Probes-before.Probes)
}

func TestSequenceNumbersAreNotGuessable(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	seen := map[uint32]bool{}
	last, stride := uint32(0), map[uint32]int{}
	for range 200 {
		w.run(time.Second)
		s := c[0].probe.sequence
		if seen[s] {
			t.Fatalf("sequence %d twice", s)
		}
		seen[s] = true
		stride[s-last]++
		last = s
	}
	for d, times := range stride {
		if times > 2 {
			t.Errorf("stride %d came %d times", d, times)
		}
	}
}

func TestProbeTimerIsArmedOnlyWithSomebodyToProbe(t *testing.T) {
	w := newWorld(t)
	a := w.add("a", nil)
	at, why := a.NextDeadline()
	if !at.IsZero() {
		t.Errorf("got %s at %s for a lonely node, want nothing", why, at)
	}
	b := w.add("b", nil)
	w.join(b, a)
	want(t, "probe armed", a.timers.armed(TimerProbe) || a.probe.open, true)
}

func TestIndirectPingOfUnknownTargetIsRefusedWithNack(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	c[0].packets = nil
	m := IndirectPing{Sequence: 9, Target: netip.MustParseAddrPort("10.0.0.77:1"), Node: []byte("victim"), WantNack: true,
		Source: c[1].addr, SourceNode: []byte("b")}
	if err := c[0].HandlePacket(w.now, c[1].addr, AppendIndirectPing(nil, &m)); err != nil {
		t.Fatal(err)
	}
	w.drain(c[0])
	want(t, "ServedRefused", c[0].Stats().ServedRefused, 1)
	types := c[0].sentTypes(c[1].addr, 0)
	if len(c[0].packets) != 1 || len(types) != 1 || types[0][0] != TypeNack {
		t.Errorf("got packets %v, want one nack to the requester", c[0].packets)
	}
}

func TestServedPingsAreBounded(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, func(c *Config) { c.ServedMax = 5 })
	for i := range 20 {
		m := IndirectPing{Sequence: uint32(i + 1), Target: c[2].addr, Node: []byte("c"), Source: c[1].addr, SourceNode: []byte("b")}
		c[0].HandlePacket(w.now, c[1].addr, AppendIndirectPing(nil, &m))
		w.drain(c[0])
	}
	s := c[0].Stats()
	want(t, "Served", s.Served, 5)
	want(t, "ServedFull", s.ServedFull, 15)
	w.run(time.Second)
	want(t, "still served", c[0].Stats().Serving, 0)
}

func TestLateNackAndAckOfServedPingAreIgnored(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, func(c *Config) { c.ProbeInterval = time.Hour })
	c[2].stopped = true
	m := IndirectPing{Sequence: 77, Target: c[2].addr, Node: []byte("c"), WantNack: true, Source: c[1].addr, SourceNode: []byte("b")}
	c[0].HandlePacket(w.now, c[1].addr, AppendIndirectPing(nil, &m))
	var sequence uint32
	for sequence = range c[0].served { //order-free: there is one
	}
	w.drain(c[0])
	w.run(time.Second)
	want(t, "ServedNacks", c[0].Stats().ServedNacks, 1)
	want(t, "StaleNack of the requester", c[1].Stats().StaleNack, 1)
	c[0].HandlePacket(w.now, c[2].addr, AppendAck(nil, &Ack{Sequence: sequence}))
	want(t, "StaleAck", c[0].Stats().StaleAck, 1)
}

func TestPingForAnotherNodeIsDropped(t *testing.T) {
	w := newWorld(t)
	a := w.add("a", nil)
	from := netip.MustParseAddrPort("10.0.0.9:7946")
	err := a.HandlePacket(w.now, from, AppendPing(nil, &Ping{Sequence: 1, Node: []byte("z")}))
	if err == nil {
		t.Error("got no error for a ping of z")
	}
	want(t, "PingsOtherNode", a.Stats().PingsOtherNode, 1)
	w.drain(a)
	want(t, "packets", len(a.packets), 0)
	if err := a.HandlePacket(w.now, from, AppendPing(nil, &Ping{Sequence: 1})); err != nil {
		t.Errorf("ping for whoever gets it: %v", err)
	}
	w.drain(a)
	want(t, "packets", len(a.packets), 1)
}

func TestAckGoesWhereTheSenderMayAskForIt(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	from := netip.MustParseAddrPort("10.0.0.9:5000")
	for name, tc := range map[string]struct {
		source string
		node   string
		want   string
	}{
		"no source":                 {"", "", "10.0.0.9:5000"},
		"same host, other port":     {"10.0.0.9:7946", "x", "10.0.0.9:7946"},
		"same host in 16 bytes":     {"[::ffff:10.0.0.9]:7946", "x", "10.0.0.9:7946"},
		"known member":              {"10.0.0.2:7946", "b", "10.0.0.2:7946"},
		"stranger elsewhere":        {"10.0.0.77:7946", "x", "10.0.0.9:5000"},
		"known member, other place": {"10.0.0.77:7946", "b", "10.0.0.9:5000"},
	} {
		t.Run(name, func(t *testing.T) {
			m := Ping{Sequence: 1, SourceNode: []byte(tc.node)}
			if tc.source != "" {
				m.Source = netip.MustParseAddrPort(tc.source)
			}
			if err := c[0].HandlePacket(w.now, from, AppendPing(nil, &m)); err != nil {
				t.Fatal(err)
			}
			mark := len(c[0].packets)
			w.drain(c[0])
			want(t, "ack to", c[0].packets[mark].To.String(), tc.want)
		})
	}
}

func TestPingCommandReportsAnswer(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, func(c *Config) { c.ProbeInterval = 0 })
	if err := c[0].Ping(w.now, "b", c[1].addr); err != nil {
		t.Fatal(err)
	}
	if err := c[0].Ping(w.now, "nobody", netip.MustParseAddrPort("10.0.9.9:1")); err != nil {
		t.Fatal(err)
	}
	w.drain(c[0])
	w.run(time.Second)
	pinged := c[0].saw(EventPinged, "b")
	if len(pinged) != 1 || pinged[0].RTT != 2*latency {
		t.Errorf("got %v, want one answer after %s", pinged, 2*latency)
	}
	want(t, "answers of nobody", len(c[0].saw(EventPinged, "nobody")), 0)
	want(t, "open pings", len(c[0].pings), 0)
}

func TestEachPassProbesEveryMemberOnce(t *testing.T) {
	for _, size := range []int{2, 3, 7, 20, 200} {
		n := bigNode(t, size)
		n.ring = order{}
		for pass := range 3 {
			seen := map[uint32]int{}
			for range size - 1 {
				m, ok := n.nextTarget()
				if !ok {
					t.Fatalf("size %d: no target", size)
				}
				seen[m]++
			}
			if len(seen) != size-1 {
				t.Errorf("size %d, pass %d: got %d different targets, want %d", size, pass, len(seen), size-1)
			}
		}
	}
}

// bigNode returns a node that knows size members, itself included.
func bigNode(t testing.TB, size int) *Node {
	t.Helper()
	return bigNodeOf(t, testConfig("m0", 1), size)
}

func bigNodeOf(t testing.TB, cfg Config, size int) *Node {
	t.Helper()
	cfg.Meta = []byte("meta")
	n, err := New(cfg, epoch, rand.New(rand.NewPCG(3, 4)))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.HandleState(epoch, Accepted(1), clusterState(size)); err != nil {
		t.Fatal(err)
	}
	n.queue.Prune(0)
	for _, ok := n.NextEffect(); ok; _, ok = n.NextEffect() {
	}
	return n
}
