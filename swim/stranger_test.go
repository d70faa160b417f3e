package swim

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// crowd tells a of members that there are not.
func (w *world) crowd(a *actor, fakes int) {
	w.t.Helper()
	for i := range fakes {
		hear(w.t, a.Node, w.now, AppendAlive(nil, &AliveMessage{Incarnation: 1, Node: fmt.Append(nil, "fake-", i),
			Versions: []byte{1, 5, 2, 2, 5, 4}, Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(i >> 8), byte(i)}), 7946)}))
		w.drain(a)
	}
}

// probesOfFakes lets a probe until it has begun so many and returns, one by one, which were of a member that there is not.
func (w *world) probesOfFakes(a *actor, probes int) (fake []bool) {
	mark := len(a.packets)
	for len(fake) < probes {
		w.run(time.Second)
		fake = fake[:0]
		for _, e := range a.packets[mark:] {
			if e.Probe != 0 {
				fake = append(fake, w.at(e.To) == nil)
			}
		}
	}
	return fake
}

func TestCrowdOfStrangersGetsEverySecondProbeAtMost(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(5, nil)
	w.run(20 * time.Second)
	want(t, "strangers before", c[0].Stats().Strangers, 0)
	w.crowd(c[0], 200)
	want(t, "strangers", c[0].Stats().Strangers, 200)
	fake := w.probesOfFakes(c[0], 40)
	for len(fake) > 0 && !fake[0] { // until the first does not answer nobody knows that it will not
		fake = fake[1:]
	}
	fake, others := fake[2:], 0
	for i := range fake {
		if i > 0 && fake[i] && fake[i-1] {
			t.Errorf("probes %d and %d are of strangers: %v", i-1, i, fake)
		}
		if !fake[i] {
			others++
		}
	}
	if others == len(fake) {
		t.Error("no stranger is probed any more")
	}
	if c[0].Stats().ProbesPassedOver == 0 {
		t.Error("strangers that were passed over are not counted")
	}
	want(t, "health, since members that answer were asked for help", c[0].Health() < 4, true)
}

func TestStrangersThatAnswerAreNoCrowd(t *testing.T) {
	w := newWorld(t)
	var c []*actor
	for i := range 60 {
		c = append(c, w.add(fmt.Sprint("m", i), nil))
		if _, err := c[i].Join(w.now, c[0].addr, c[0].name); i > 0 && err != nil {
			t.Fatal(err)
		}
		w.drain(c[i])
	}
	w.run(20 * time.Second)
	if strangers := c[0].Stats().Strangers; strangers < 35 {
		t.Fatalf("got %d strangers while a cluster forms, want more than half", strangers)
	}
	w.run(2 * time.Minute)
	s := c[0].Stats()
	want(t, "passed over", s.ProbesPassedOver, 0)
	want(t, "strangers in the end", s.Strangers, 0)
}

func TestMemberAtAnotherAddressIsAStrangerAgain(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	w.run(5 * time.Second)
	want(t, "strangers", c[0].Stats().Strangers, 0)
	if err := c[1].Leave(w.now); err != nil {
		t.Fatal(err)
	}
	w.drain(c[1])
	w.run(time.Second)
	c[1].stopped = true
	hear(t, c[0].Node, w.now, AppendAlive(nil, &AliveMessage{Incarnation: 9, Node: []byte("b"),
		Versions: []byte{1, 5, 2, 2, 5, 4}, Addr: netip.MustParseAddrPort("10.0.7.7:7946")}))
	w.drain(c[0])
	want(t, "status of b", c[0].status("b"), "alive")
	want(t, "strangers at the new address", c[0].Stats().Strangers, 1)
}

func TestGossipInACrowdReachesSomebodyWhoAnswers(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(3, nil)
	w.run(10 * time.Second)
	w.crowd(c[0], 300)
	w.probesOfFakes(c[0], 6)
	if !c[0].crowded() {
		t.Fatal("three hundred that do not answer are no crowd")
	}
	for range 20 {
		var real int
		for _, member := range c[0].chooseListeners(nil) {
			if !c[0].isStranger(member) {
				real++
			}
		}
		if real == 0 {
			t.Fatal("a round goes to strangers alone")
		}
	}
}
