package sim

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"serf/membership"
)

func TestMembersWhoseClocksDifferByHoursAgree(t *testing.T) {
	o := Options{Seed: 86, Hosts: 12, Network: lan, Direct: true, Skew: 6 * time.Hour}
	w := joined(t, o)
	if a, b := w.hosts[0].now(), w.hosts[1].now(); a.Equal(b) {
		t.Fatal("the clocks show the same")
	}
	w.Crash(3)
	agree(t, w, "after a crash", time.Minute)
	must(t, w.Start(3))
	must(t, w.Join(3, 0))
	agree(t, w, "after a restart", time.Minute)
	must(t, w.Event(3, "deploy", nil))
	w.Run(10 * time.Second)
	for i := range o.Hosts {
		if got := w.Heard(i, "deploy"); got != 1 {
			t.Errorf("host %d heard the event %d times", i, got)
		}
	}
	if c := w.Counts(); c.Accused != 0 {
		t.Errorf("running members were called failed %d times", c.Accused)
	}
}

func TestLatencyMayHaveATail(t *testing.T) {
	n := Network{LatencyMin: time.Millisecond, LatencyTail: 10 * time.Millisecond, group: make([]int, 2)}
	rng := rand.New(rand.NewPCG(1, 1))
	var s sample
	for range 20_000 {
		s.add(n.draw(rng, 0, 1).delay.Seconds() * 1000)
	}
	if m := s.mean(); math.Abs(m-11) > 0.3 {
		t.Errorf("the mean is %v ms, want 11", m)
	}
	if q, want := s.quantile(0.99), 1+10*math.Log(100); math.Abs(q-want) > 2 {
		t.Errorf("one in a hundred takes %v ms, want %v", q, want)
	}
}

func TestPacketsTooLargeForTheNetworkAreLostAndStreamsMakeUp(t *testing.T) {
	w := joined(t, Options{Seed: 87, Hosts: 8, Network: lan, Direct: true})
	w.Network.PacketBytesMax = 150
	for i := range 8 {
		must(t, w.SetTags(i, map[string]string{"role": "a tag of some length, so that what tells of it is no small packet, and its gossip is too large"}))
	}
	agree(t, w, "by push/pull", 5*time.Minute)
	if w.Counts().TooLarge == 0 {
		t.Error("no packet was too large")
	}
}

func TestStreamsMayBeRefused(t *testing.T) {
	w, err := NewWorld(Options{Seed: 88, Hosts: 2, Network: lan, Direct: true})
	must(t, err)
	must(t, w.Start(0))
	must(t, w.Start(1))
	join := func() (failed bool) {
		over := false
		must(t, w.JoinThen(1, []int{0}, func(d *membership.Done) { over, failed = true, d.Err != nil }))
		w.Run(time.Minute)
		if !over {
			t.Fatal("the join did not end")
		}
		return failed
	}
	w.Network.Refuse = 1
	if !join() {
		t.Error("a stream that is refused brought a join")
	}
	w.Network.Refuse = 0
	if join() {
		t.Error("the join failed without cause")
	}
}

func TestZonesHaveTheirOwnWays(t *testing.T) {
	w := joined(t, Options{Seed: 89, Hosts: 12, Network: lan, Direct: true})
	near, far := []int{0, 1, 2, 3, 4, 5}, []int{6, 7, 8, 9, 10, 11}
	for _, r := range []*Rule{{From: near, To: far, Delay: 60 * time.Millisecond, Loss: 0.05}, {From: far, To: near, Delay: 60 * time.Millisecond, Loss: 0.05}} {
		w.AddRule(r)
	}
	must(t, w.Event(0, "deploy", nil))
	w.Run(55 * time.Millisecond)
	for _, i := range far {
		if w.Heard(i, "deploy") != 0 {
			t.Errorf("host %d of the other zone heard the event within 55 ms", i)
		}
	}
	w.Run(time.Minute)
	for i := range 12 {
		if w.Heard(i, "deploy") != 1 {
			t.Errorf("host %d did not hear the event", i)
		}
	}
	if err := w.Converged(); err != nil {
		t.Error(err)
	}
}
