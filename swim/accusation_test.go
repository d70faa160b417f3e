package swim

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"serf/broadcast"
)

var stranger = netip.MustParseAddrPort("10.9.9.9:7946")

// hear lets n receive a message.
func hear(t testing.TB, n *Node, now time.Time, b []byte) {
	t.Helper()
	if err := n.HandlePacket(now, stranger, b); err != nil {
		t.Fatal(err)
	}
}

func suspectOf(name string, incarnation uint32, from string) []byte {
	return AppendSuspect(nil, &SuspectMessage{Incarnation: incarnation, Node: []byte(name), From: []byte(from)})
}

func deadOf(name string, incarnation uint32, from string) []byte {
	return AppendDead(nil, &DeadMessage{Incarnation: incarnation, Node: []byte(name), From: []byte(from)})
}

func aliveOf(i int, name string, incarnation uint32) []byte {
	return AppendAlive(nil, &AliveMessage{Incarnation: incarnation, Node: []byte(name), Addr: bigAddr(i), Meta: []byte("meta"),
		Versions: []byte{1, 5, 2, 2, 5, 4}})
}

func statusOfMember(n *Node, name string) Status {
	m, _ := n.Lookup(name)
	return m.Status
}

func TestAbsurdAccusationsAreNotApplied(t *testing.T) {
	for name, b := range map[string][]byte{
		"suspect, largest":    suspectOf("m1", math.MaxUint32, "m2"),
		"dead, largest":       deadOf("m1", math.MaxUint32, "m2"),
		"leave, largest":      deadOf("m1", math.MaxUint32, "m1"),
		"suspect, far":        suspectOf("m1", 1+accusationJumpMax+1, "m2"),
		"dead, far":           deadOf("m1", 1+accusationJumpMax+1, "m2"),
		"about self, largest": suspectOf("m0", math.MaxUint32, "m2"),
		"dead self, largest":  deadOf("m0", math.MaxUint32, "m2"),
	} {
		t.Run(name, func(t *testing.T) {
			n := bigNode(t, 5)
			hear(t, n, epoch, b)
			want(t, "AccusationFar", n.Stats().AccusationFar, 1)
			want(t, "status of m1", statusOfMember(n, "m1"), Alive)
			m, _ := n.Lookup("m0")
			want(t, "own incarnation", m.Incarnation, 1)
			want(t, "broadcasts", n.queue.Len(), 0)
		})
	}
}

func TestNearAccusationIsApplied(t *testing.T) {
	n := bigNode(t, 5)
	hear(t, n, epoch, suspectOf("m1", 1+accusationJumpMax, "m2"))
	want(t, "status", statusOfMember(n, "m1"), Suspect)
}

func TestRefutationSaturates(t *testing.T) {
	n := bigNode(t, 5)
	hear(t, n, epoch, suspectOf("m0", math.MaxUint32-1, "m2"))
	m, _ := n.Lookup("m0")
	want(t, "incarnation", m.Incarnation, uint32(math.MaxUint32))
	hear(t, n, epoch, suspectOf("m0", math.MaxUint32, "m2"))
	if err := n.SetMeta(epoch, []byte("x")); err != nil {
		t.Fatal(err)
	}
	m, _ = n.Lookup("m0")
	want(t, "incarnation afterwards", m.Incarnation, uint32(math.MaxUint32))
}

func TestRefutationReplacesOldNewsOfSelf(t *testing.T) {
	n := bigNode(t, 5)
	n.SetMeta(epoch, []byte("x"))
	want(t, "queued", n.queue.Len(), 1)
	hear(t, n, epoch, suspectOf("m0", 7, "m2"))
	want(t, "queued", n.queue.Len(), 1)
	var b broadcast.Batch
	n.queue.Take(&b, 0, 1<<16, 5)
	m, err := DecodeAlive(b.Body)
	if err != nil || m.Incarnation != 8 || string(m.Meta) != "x" {
		t.Errorf("got %+v, %v, want incarnation 8 with the new metadata", m, err)
	}
}

func TestAccuserWithTooLongNameIsRefused(t *testing.T) {
	n := bigNode(t, 5)
	hear(t, n, epoch, suspectOf("m1", 1, strings.Repeat("x", 256)))
	want(t, "AccusationName", n.Stats().AccusationName, 1)
	want(t, "status", statusOfMember(n, "m1"), Alive)
}

func TestConfirmationsShortenSuspicion(t *testing.T) {
	n := bigNode(t, 10)
	hear(t, n, epoch, suspectOf("m1", 1, "m2"))
	at, why := n.NextDeadlineOf(TimerSuspicion)
	want(t, "timer", why, TimerSuspicion)
	want(t, "alone", at, 24*time.Second)
	hear(t, n, epoch, suspectOf("m1", 1, "m2"))
	at, _ = n.NextDeadlineOf(TimerSuspicion)
	want(t, "same accuser", at, 24*time.Second)
	hear(t, n, epoch, suspectOf("m1", 1, "m3"))
	at, _ = n.NextDeadlineOf(TimerSuspicion)
	want(t, "one confirmation", at, suspicionTotal(1, 2, 4*time.Second, 24*time.Second))
	hear(t, n, epoch, suspectOf("m1", 1, "m4"))
	at, _ = n.NextDeadlineOf(TimerSuspicion)
	want(t, "two confirmations", at, 4*time.Second)
	want(t, "SuspectConfirmed", n.Stats().SuspectConfirmed, 2)
	hear(t, n, epoch, aliveOf(1, "m1", 2))
	at, _ = n.NextDeadlineOf(TimerSuspicion)
	want(t, "timer after refutation", at, time.Duration(never))
}

// NextDeadlineOf returns when the first keyed timer is due, as time since the node's start.
func (n *Node) NextDeadlineOf(kind Timer) (time.Duration, Timer) {
	if len(n.timers.heap) == 0 {
		return time.Duration(never), TimerNone
	}
	a := n.timers.alarms[n.timers.heap[0]]
	return time.Duration(a.at), a.kind
}

func TestLateConfirmationEndsSuspicionAtOnce(t *testing.T) {
	n := bigNode(t, 10)
	n.cfg.ProbeInterval, n.cfg.PushPullInterval = 0, 0
	n.cfg.ProbeInterval = time.Second
	n.timers.disarm(TimerPushPull)
	hear(t, n, epoch, suspectOf("m1", 1, "m2"))
	later := epoch.Add(15 * time.Second)
	hear(t, n, later, suspectOf("m1", 1, "m3"))
	hear(t, n, later, suspectOf("m1", 1, "m4"))
	n.HandleDeadline(later)
	want(t, "status", statusOfMember(n, "m1"), Dead)
	want(t, "degraded", n.Stats().SuspicionsDegraded, 0)
}

func TestSuspicionFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := DefaultLAN()
		cfg.SuspicionMult = rapid.IntRange(1, 10).Draw(t, "mult")
		cfg.SuspicionMaxTimeoutMult = rapid.IntRange(1, 10).Draw(t, "max mult")
		members := rapid.IntRange(1, 20000).Draw(t, "members")
		s := newSuspicion(&cfg, members, 0, "first")
		heard := map[string]bool{"first": true}
		last := s.end()
		for range rapid.IntRange(0, 20).Draw(t, "accusers") {
			from := rapid.StringMatching("[a-h]|first").Draw(t, "from")
			news := !heard[from] && len(heard)-1 < s.wanted
			if got := s.confirm([]byte(from)); got != news {
				t.Fatalf("confirm %q: got %v, want %v", from, got, news)
			}
			if news {
				heard[from] = true
			}
			end := s.end()
			if end > last || end < int64(s.min) || end > int64(s.max) {
				t.Fatalf("end went from %d to %d, want it to fall within %d and %d", last, end, s.min, s.max)
			}
			last = end
		}
		k := max(0, cfg.SuspicionMult-2)
		if members-2 < cfg.SuspicionMult-2 {
			k = 0
		}
		if s.wanted != k {
			t.Fatalf("got %d wanted, want %d", s.wanted, k)
		}
		if len(heard)-1 == k && s.end() != int64(s.min) {
			t.Fatalf("with all confirmations: got %d, want %d", s.end(), s.min)
		}
	})
}

func TestAliveRefusals(t *testing.T) {
	ok := AliveMessage{Incarnation: 1, Node: []byte("x"), Addr: bigAddr(77), Versions: []byte{1, 5, 2, 2, 5, 4}}
	for name, tc := range map[string]struct {
		change  func(*AliveMessage)
		counter func(Stats) uint64
	}{
		"no versions":        {func(m *AliveMessage) { m.Versions = nil }, func(s Stats) uint64 { return s.AliveVersions }},
		"five version bytes": {func(m *AliveMessage) { m.Versions = m.Versions[:5] }, func(s Stats) uint64 { return s.AliveVersions }},
		"senseless versions": {func(m *AliveMessage) { m.Versions = []byte{5, 4, 2, 2, 5, 4} }, func(s Stats) uint64 { return s.AliveVersions }},
		"empty name":         {func(m *AliveMessage) { m.Node = nil }, func(s Stats) uint64 { return s.AliveName }},
		"long name":          {func(m *AliveMessage) { m.Node = make([]byte, 256) }, func(s Stats) uint64 { return s.AliveName }},
		"long metadata":      {func(m *AliveMessage) { m.Meta = make([]byte, 513) }, func(s Stats) uint64 { return s.AliveMeta }},
		"no address":         {func(m *AliveMessage) { m.Addr = netip.AddrPort{} }, func(s Stats) uint64 { return s.AliveAddress }},
		"not admitted":       {func(m *AliveMessage) { m.Node = []byte("refused") }, func(s Stats) uint64 { return s.AliveRefused }},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig("m0", 1)
			cfg.Admit = func(i *Info) error {
				if i.Name == "refused" {
					return ErrShort
				}
				return nil
			}
			n := bigNodeOf(t, cfg, 3)
			m := ok
			tc.change(&m)
			hear(t, n, epoch, AppendAlive(nil, &m))
			want(t, "counter", tc.counter(n.Stats()), 1)
			want(t, "members", n.Len(), 3)
			want(t, "broadcasts", n.queue.Len(), 0)
			e, _ := n.NextEffect()
			want(t, "event", e.Event.Kind, EventDegraded)
		})
	}
}

func TestTableIsBounded(t *testing.T) {
	cfg := testConfig("m0", 1)
	cfg.MembersMax = 10
	n := bigNodeOf(t, cfg, 5)
	for i := 100; i < 120; i++ {
		hear(t, n, epoch, aliveOf(i, "x"+string(rune('a'+i-100)), 1))
	}
	want(t, "members", n.Len(), 10)
	want(t, "AliveTableFull", n.Stats().AliveTableFull, 15)
	want(t, "names in the directory", n.dir.Len(), 10)
}

func TestFullTableForgetsTheLongDead(t *testing.T) {
	cfg := testConfig("m0", 1)
	cfg.MembersMax = 5
	n := bigNodeOf(t, cfg, 5)
	hear(t, n, epoch, deadOf("m1", 1, "m2"))
	hear(t, n, epoch.Add(time.Second), aliveOf(9, "new", 1))
	want(t, "AliveTableFull", n.Stats().AliveTableFull, 1)
	hear(t, n, epoch.Add(time.Minute), aliveOf(9, "new", 1))
	want(t, "status of new", statusOfMember(n, "new"), Alive)
	_, ok := n.Lookup("m1")
	want(t, "m1 known", ok, false)
}

func TestSourceFilter(t *testing.T) {
	cfg := testConfig("m0", 1)
	cfg.CIDRsAllowed = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}
	n := bigNodeOf(t, cfg, 3)
	inside, outside := netip.MustParseAddrPort("10.0.0.3:1"), netip.MustParseAddrPort("10.200.0.3:1")
	alive := func(name string, addr netip.AddrPort) []byte {
		return AppendAlive(nil, &AliveMessage{Incarnation: 1, Node: []byte(name), Addr: addr, Versions: []byte{1, 5, 2, 2, 5, 4}})
	}
	if err := n.HandlePacket(epoch, outside, alive("x", inside)); err == nil {
		t.Error("got no error for a packet from outside")
	}
	if err := n.HandlePacket(epoch, inside, alive("x", outside)); err == nil {
		t.Error("got no error for an address outside")
	}
	if err := n.HandlePacket(epoch, inside, alive("x", netip.MustParseAddrPort("[::ffff:10.0.0.9]:1"))); err != nil {
		t.Errorf("inside, in 16 bytes: %v", err)
	}
	far := MemberState{Incarnation: 1, Info: &Info{Name: "y", Addr: outside, Versions: Versions{1, 5, 2, 2, 5, 4}}}
	n.HandleState(epoch, Accepted(9), &State{Members: []MemberState{far}})
	_, ok := n.Lookup("y")
	want(t, "y known by push/pull", ok, false)
	want(t, "AliveAddress", n.Stats().AliveAddress, 3)
}

func TestPortDefaults(t *testing.T) {
	n := bigNode(t, 2)
	m := AliveMessage{Incarnation: 1, Node: []byte("x"), Addr: netip.MustParseAddrPort("10.5.5.5:0"), Versions: []byte{1, 5, 2, 2, 5, 4}}
	hear(t, n, epoch, AppendAlive(nil, &m))
	x, _ := n.Lookup("x")
	want(t, "port", x.Info.Addr.Port(), 7946)
}

func TestUnknownMessagesAreRefused(t *testing.T) {
	n := bigNode(t, 2)
	for _, b := range [][]byte{nil, {6}, {7}, {9}, {13}, {99}, {0}, {1}, {2}, {3}, {4}, {5}, {11}} {
		if err := n.HandlePacket(epoch, stranger, b); err == nil {
			t.Errorf("%x: got no error", b)
		}
	}
	s := n.Stats()
	want(t, "UnknownType", s.UnknownType, 5)
	want(t, "Malformed", s.Malformed, 8)
}

func TestProtocolOneBelievesNoPorts(t *testing.T) {
	cfg := testConfig("m0", 1)
	cfg.ProtocolVersion, cfg.PortDefault = 1, 1234
	n, err := New(cfg, epoch, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	hear(t, n, epoch, aliveOf(5, "x", 1))
	x, _ := n.Lookup("x")
	want(t, "port", x.Info.Addr.Port(), 1234)
	drainAll(n)
	n.Join(epoch, netip.MustParseAddrPort("10.0.0.5:99"), "")
	for e, ok := n.NextEffect(); ok; e, ok = n.NextEffect() {
		if e.Kind == EffectDial {
			want(t, "port of a join", e.To.Port(), 99)
		}
	}
}

func TestNewAddressForgetsTheSecondOne(t *testing.T) {
	n := bigNode(t, 3)
	hear(t, n, epoch, AppendPing(nil, &Ping{Sequence: 1, Source: bigAddr(1), SourceNode: []byte("m1")}))
	want(t, "second addresses", len(n.aliases), 1)
	hear(t, n, epoch, deadOf("m1", 1, "m1"))
	n.HandleDeadline(epoch.Add(n.cfg.ProbeTimeout)) // it was asked meanwhile whether it has really left
	hear(t, n, epoch, aliveOf(7, "m1", 1))
	want(t, "second addresses after the move", len(n.aliases), 0)
}
