package swim

import (
	"fmt"
	"testing"
	"time"
)

// Members that join one seed in one moment come to know each other by push/pulls alone: they do not wait for gossip.
func TestStormAgreesWithinSecondsWithoutGossip(t *testing.T) {
	const size = 100
	w := newWorld(t)
	for i := range size {
		w.add(fmt.Sprint("m", i), func(c *Config) { c.GossipInterval, c.ProbeInterval = 0, 0 })
	}
	for _, a := range w.actors[1:] {
		if _, err := a.Join(w.now, w.actors[0].addr, ""); err != nil {
			t.Fatal(err)
		}
		w.drain(a)
	}
	w.run(5 * time.Second)
	most, served := uint64(0), w.actors[0].Stats().PushPullsServed
	for _, a := range w.actors {
		want(t, "alive at "+a.name, a.Stats().Alive, size)
		most = max(most, a.Stats().PushPulls)
	}
	if most > 16 {
		t.Errorf("a member had %d push/pulls, want 16 at most", most)
	}
	if served > size+40 {
		t.Errorf("the seed served %d push/pulls, want hardly more than one for each of %d members", served, size)
	}
}

// newcomer is a node that has just joined a cluster by a push/pull that told it of the given number of members.
func newcomer(t *testing.T, w *world, members int) *actor {
	t.Helper()
	a := w.add("m0", func(c *Config) { c.ProbeInterval = 0 })
	x, err := a.Join(w.now, bigAddr(1), "")
	if err != nil {
		t.Fatal(err)
	}
	a.HandleState(w.now, x, clusterState(members))
	w.drain(a)
	return a
}

// pushPulls lets time pass, answers each push/pull of a with what known says of how many members the peer knows, and
// returns when they were.
func pushPulls(w *world, a *actor, d time.Duration, known func() int) (at []time.Duration) {
	for end := w.now.Add(d); ; {
		next, _ := a.NextDeadline()
		if next.IsZero() || next.After(end) {
			w.now = end
			return at
		}
		w.now = next
		a.HandleDeadline(w.now)
		for e, ok := a.NextEffect(); ok; e, ok = a.NextEffect() {
			if e.Kind == EffectDial && e.State != nil {
				at = append(at, w.now.Sub(epoch))
				a.HandleState(w.now, e.Exchange, clusterState(known()))
			}
		}
	}
}

func TestNewcomerToACalmClusterAsksThrice(t *testing.T) {
	w := newWorld(t)
	a := newcomer(t, w, 1000)
	at := pushPulls(w, a, time.Minute, func() int { return 1000 })
	if len(at) != 3 || at[1] > 2*learningPushPull || at[2] < learnedPushPull {
		t.Errorf("push/pulls at %v, want two at once and one later", at)
	}
}

// In a large cluster somebody comes all the time. A newcomer does not go on because of that.
func TestNewcomerStopsAskingWhenItLearnsLittle(t *testing.T) {
	w := newWorld(t)
	a := newcomer(t, w, 1000)
	known := 1000
	at := pushPulls(w, a, learningTime, func() int { known++; return known })
	if len(at) > 4 {
		t.Errorf("push/pulls at %v, want few", at)
	}
}

func TestNewcomerStopsAskingAtOnceAfterAWhile(t *testing.T) {
	w := newWorld(t)
	a := newcomer(t, w, 100)
	known := 100
	more := func() int { known += 20; return known }
	if at := pushPulls(w, a, learningTime, more); len(at) < 20 || len(at) > 40 {
		t.Errorf("%d push/pulls while each taught much, want 20 to 40", len(at))
	}
	if at := pushPulls(w, a, learningTime, more); len(at) > 4 {
		t.Errorf("push/pulls at %v after that, want few", at)
	}
}

// Gossip may come before the answer to the join. Who heard it is a newcomer all the same.
func TestNewcomerThatHeardGossipFirstLearnsAtOnce(t *testing.T) {
	w := newWorld(t)
	a := w.add("m0", func(c *Config) { c.ProbeInterval = 0 })
	x, _ := a.Join(w.now, bigAddr(1), "")
	hear(t, a.Node, w.now, aliveOf(7, "m7", 1))
	a.HandleState(w.now, x, clusterState(1000))
	w.drain(a)
	if at := pushPulls(w, a, 2*learningPushPull, func() int { return 1000 }); len(at) < 2 {
		t.Errorf("push/pulls at %v, want two", at)
	}
}

// Who has been a member for long takes its time, as much as there may be to learn: sides of a partition that meet again are no storm.
func TestOldMemberDoesNotAskAtOnce(t *testing.T) {
	w := newWorld(t)
	a := newcomer(t, w, 500)
	pushPulls(w, a, time.Minute, func() int { return 500 })
	a.HandleState(w.now, Accepted(1), clusterState(1000))
	w.drain(a)
	met := w.now.Sub(epoch)
	soonest := met + learnedPushPull/2*time.Duration(pushPullScale(1000))
	if at := pushPulls(w, a, time.Minute, func() int { return 1000 }); len(at) == 0 || at[0] < soonest {
		t.Errorf("push/pulls at %v after meeting at %v, want the first at %v or later", at, met, soonest)
	}
}

func TestNewcomerDoesNotEchoTheWholeCluster(t *testing.T) {
	w := newWorld(t)
	a := newcomer(t, w, 1000)
	want(t, "members", a.Len(), 1000)
	want(t, "joins", len(a.events) > 999, true)
	if got := a.queue.Len(); got > 1 {
		t.Errorf("got %d broadcasts, want that of itself alone", got)
	}
}

// A newcomer that joins members of two clusters gossips nothing of what it learns. Its next push/pull brings them together.
func TestNewcomerJoinsTwoClusters(t *testing.T) {
	w := newWorld(t)
	a := newcomer(t, w, 100)
	both := clusterState(200)
	x, err := a.Join(w.now, bigAddr(150), "")
	if err != nil {
		t.Fatal(err)
	}
	a.HandleState(w.now, x, &State{Members: both.Members[100:]})
	w.drain(a)
	told := 0
	for told == 0 && w.now.Before(epoch.Add(learningPushPull)) {
		w.now, _ = a.NextDeadline()
		a.HandleDeadline(w.now)
		for e, ok := a.NextEffect(); ok; e, ok = a.NextEffect() {
			if e.Kind == EffectDial && e.State != nil {
				told = len(e.State.Members)
			}
		}
	}
	want(t, "members told of in the next push/pull", told, 200)
}
