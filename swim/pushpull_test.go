package swim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPeriodicPushPullSpreadsWhatGossipMissed(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.add(string(rune('a'+i)), func(c *Config) { c.GossipInterval, c.ProbeInterval = 0, 0 })
	}
	w.join(w.actors[1], w.actors[0])
	w.join(w.actors[2], w.actors[0])
	w.run(70 * time.Second)
	for _, a := range w.actors {
		want(t, "alive at "+a.name, a.Stats().Alive, 3)
		if got := a.Stats().PushPulls; got < 1 || got > 8 {
			t.Errorf("%s: got %d push/pulls in a minute, want 2 and some after news", a.name, got)
		}
	}
}

func TestReplyIsTheStateFromBeforeTheMerge(t *testing.T) {
	n := bigNode(t, 3)
	s := clusterState(5)
	if err := n.HandleState(epoch, Accepted(4), s); err != nil {
		t.Fatal(err)
	}
	e, _ := n.NextEffect()
	if e.Kind != EffectReply || e.Exchange != Accepted(4) || len(e.State.Members) != 3 {
		t.Errorf("got %+v, want a reply with 3 members", e)
	}
	want(t, "members", n.Len(), 5)
}

func TestJoinFlagIsEchoedAndVetoed(t *testing.T) {
	cfg := testConfig("m0", 1)
	veto := errors.New("no")
	cfg.AdmitMerge = func(list []MemberState) error {
		if len(list) > 4 {
			return veto
		}
		return nil
	}
	n := bigNodeOf(t, cfg, 3)
	s := clusterState(5)
	s.Join = true
	err := n.HandleState(epoch, Accepted(4), s)
	if !errors.Is(err, veto) || !errors.Is(err, ErrAdmit) {
		t.Errorf("got %v, want %v", err, veto)
	}
	e, _ := n.NextEffect()
	want(t, "join in the reply", e.State.Join, true)
	want(t, "members", n.Len(), 3)
	s.Join = false
	if err := n.HandleState(epoch, Accepted(5), s); err != nil {
		t.Errorf("periodic push/pull: %v", err)
	}
	want(t, "members", n.Len(), 5)
}

func TestIncompatiblePeerIsRefusedWhole(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	x, _ := c[0].Join(w.now, netip.MustParseAddrPort("10.0.9.9:1"), "")
	s := clusterState(2)
	for i := range s.Members {
		s.Members[i].Info.Versions = Versions{1, 6, 6, 2, 5, 4}
	}
	c[0].HandleState(w.now, x, s)
	w.drain(c[0])
	ends := c[0].saw(EventExchange, "")
	if len(ends) != 1 || !errors.Is(ends[0].Err, ErrIncompatible) {
		t.Errorf("got %v, want %v", ends, ErrIncompatible)
	}
	want(t, "members", c[0].Len(), 2)
}

func TestPoisonedEntryIsPassedOver(t *testing.T) {
	n := bigNode(t, 3)
	s := clusterState(6)
	s.Members[3].Info.Versions = Versions{}
	s.Members[4].Info.Versions = Versions{1, 9, 9, 2, 5, 4}
	if err := n.HandleState(epoch, Accepted(4), s); err != nil {
		t.Fatal(err)
	}
	want(t, "members", n.Len(), 4)
	want(t, "MergeSkipped", n.Stats().MergeSkipped, 2)
}

func TestUnexpectedExchangesAreCounted(t *testing.T) {
	n := bigNode(t, 3)
	n.HandleReply(epoch, 998, nil)
	n.HandleState(epoch, 998, clusterState(9))
	n.HandleFailure(epoch, 998, errors.New("x"))
	want(t, "UnexpectedExchange", n.Stats().UnexpectedExchange, 3)
	want(t, "members", n.Len(), 3)
}

func TestRemoteErrorEndsJoin(t *testing.T) {
	w := newWorld(t)
	a := w.add("a", nil)
	x, _ := a.Join(w.now, netip.MustParseAddrPort("10.0.9.9:1"), "")
	a.HandleReply(w.now, x, AppendErrorMessage(nil, "encryption not configured"))
	w.drain(a)
	ends := a.saw(EventExchange, "")
	if len(ends) != 1 || !errors.Is(ends[0].Err, ErrRemote) || ends[0].Err.Error() != "remote error: encryption not configured" {
		t.Errorf("got %v, want the remote error", ends)
	}
}

func TestStreamsThatMakeNoSenseAreClosed(t *testing.T) {
	n := bigNode(t, 3)
	for _, b := range [][]byte{nil, {99}, {4}, {0}, AppendPing(nil, &Ping{Node: []byte("other")}), {8, 0x81}} {
		if err := n.HandleStream(epoch, Accepted(1), stranger, b); err == nil {
			t.Errorf("%x: got no error", b)
		}
		e, ok := n.NextEffect()
		if !ok || e.Kind != EffectClose || e.Exchange != Accepted(1) {
			t.Errorf("%x: got %+v, want the stream closed", b, e)
		}
	}
	if err := n.HandleStream(epoch, Accepted(2), stranger, AppendPing(nil, &Ping{Sequence: 9, Node: []byte("m0")})); err != nil {
		t.Fatal(err)
	}
	e, _ := n.NextEffect()
	if m, err := DecodeAck(e.Body); err != nil || e.Kind != EffectReply || m.Sequence != 9 {
		t.Errorf("got %+v, want an ack of 9", e)
	}
}

func TestMeetingOfClustersIsToldToBoth(t *testing.T) {
	w := newWorld(t)
	left := []*actor{w.add("a", nil), w.add("b", nil), w.add("c", nil)}
	w.join(left[0], left[1], left[2])
	right := []*actor{w.add("x", nil), w.add("y", nil), w.add("z", nil)}
	w.join(right[0], right[1], right[2])
	w.run(3 * time.Second)
	w.join(left[1], right[1])
	w.run(3 * time.Second)
	for _, a := range w.actors {
		want(t, "alive at "+a.name, a.Stats().Alive, 6)
	}
}

// drawState draws what some peer may say about a few members, with the peer itself alive.
func drawState(t *rapid.T, label string) *State {
	s := clusterState(5)
	for i := range s.Members {
		m := &s.Members[i]
		m.Incarnation = rapid.Uint32Range(1, 4).Draw(t, label+" incarnation")
		m.Status = Status(rapid.IntRange(0, 3).Draw(t, label+" status"))
		info := *m.Info
		info.Meta = []byte{byte(m.Incarnation)} // a member has one metadata for each incarnation
		m.Info = &info
	}
	s.Members[0].Status, s.Members[0].Incarnation, s.Members[0].Info = Alive, 1, clusterState(1).Members[0].Info
	keep := rapid.IntRange(1, len(s.Members)).Draw(t, label+" length")
	s.Members = s.Members[:keep]
	return s
}

// beliefs is what a node holds of all others, in words.
func beliefs(n *Node) string {
	text := ""
	for _, m := range n.View().Members {
		text += fmt.Sprintf("%s %s@%d %x; ", m.Info.Name, m.Status, m.Incarnation, m.Info.Meta)
	}
	return text
}

func mergeAll(t *rapid.T, states ...*State) *Node {
	cfg := testConfig("m0", 1)
	cfg.Meta = []byte("meta")
	n, err := New(cfg, epoch, rand.New(rand.NewPCG(3, 4)))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range states {
		if err := n.HandleState(epoch, Accepted(uint64(i)), s); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestMergeIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawState(t, "a"), drawState(t, "b")
		once, twice := mergeAll(t, a, b), mergeAll(t, a, b, b)
		if beliefs(once) != beliefs(twice) {
			t.Fatalf("once  %s\ntwice %s", beliefs(once), beliefs(twice))
		}
	})
}

// Alive entries commute, whatever the order in which members and incarnations come. Accusations do not: one about an
// unknown member or a lower incarnation is ignored for good reason.
func TestMergeOfAliveCommutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawState(t, "a"), drawState(t, "b")
		for _, s := range []*State{a, b} {
			for i := range s.Members {
				s.Members[i].Status = Alive
			}
		}
		if ab, ba := mergeAll(t, a, b), mergeAll(t, b, a); beliefs(ab) != beliefs(ba) {
			t.Fatalf("one order   %s\nthe other   %s", beliefs(ab), beliefs(ba))
		}
	})
}

// Entries of one state about different members may come in any order.
func TestMergeDoesNotDependOnTheOrderOfMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawState(t, "a"), drawState(t, "b")
		turned := &State{Members: rapid.Permutation(b.Members).Draw(t, "order")}
		if one, other := mergeAll(t, a, b), mergeAll(t, a, turned); beliefs(one) != beliefs(other) {
			t.Fatalf("one order %s\nthe other %s", beliefs(one), beliefs(other))
		}
	})
}

func TestViewFollowsTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := mergeAll(t, clusterState(8))
		now := epoch
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			i := rapid.IntRange(1, 12).Draw(t, "member")
			name, incarnation := fmt.Sprint("m", i), rapid.Uint32Range(1, 6).Draw(t, "incarnation")
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				n.HandlePacket(now, stranger, aliveOf(i, name, incarnation))
			case 1:
				n.HandlePacket(now, stranger, suspectOf(name, incarnation, "m0"))
			case 2:
				n.HandlePacket(now, stranger, deadOf(name, incarnation, "x"))
			case 3:
				now = now.Add(time.Minute)
				n.begin(now)
				n.reap()
			case 4:
				checkView(t, n)
			}
		}
		checkView(t, n)
	})
}

func checkView(t *rapid.T, n *Node) {
	var direct []MemberState
	for i := range n.table.Cap() {
		if r := n.table.Get(i); r.known() {
			direct = append(direct, n.state(r))
		}
	}
	slices.SortFunc(direct, func(a, b MemberState) int {
		if a.Info.Name < b.Info.Name {
			return -1
		}
		return 1
	})
	v := n.View()
	if !reflect.DeepEqual(v.Members, direct) {
		t.Fatalf("got %v, want %v", v.Members, direct)
	}
	if n.View() != v {
		t.Fatal("an unchanged table has two views")
	}
	if len(n.retired) != 0 || n.dir.Len() != n.Len() {
		t.Fatalf("%d retired identities and %d names for %d members", len(n.retired), n.dir.Len(), n.Len())
	}
}

func TestViewIsNotChangedAfterwards(t *testing.T) {
	n := bigNode(t, 300)
	v := n.View()
	before := slices.Clone(v.Members)
	hear(t, n, epoch, deadOf("m7", 1, "x"))
	hear(t, n, epoch, aliveOf(500, "new", 1))
	n.View()
	if !reflect.DeepEqual(v.Members, before) {
		t.Error("a view changed with the table")
	}
	if n.View().Generation <= v.Generation {
		t.Errorf("got generation %d after %d", n.View().Generation, v.Generation)
	}
}

func TestIdentitiesDoNotPileUpWithoutViews(t *testing.T) {
	n := bigNode(t, 3)
	n.View()
	for i := range 5000 {
		m := AliveMessage{Incarnation: uint32(i + 2), Node: []byte("m1"), Addr: bigAddr(1), Meta: []byte(fmt.Sprint(i)),
			Versions: []byte{1, 5, 2, 2, 5, 4}}
		hear(t, n, epoch, AppendAlive(nil, &m))
	}
	if got := len(n.dir.identities); got > 2*retiredMax {
		t.Errorf("got %d identities kept, want at most %d", got, 2*retiredMax)
	}
}
