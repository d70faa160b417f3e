package sim

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/swim"
)

// realHosts is how many members of these clusters exist.
const realHosts = 10

// tellOfFakes tells host i of n members that there are not.
func tellOfFakes(t *testing.T, w *World, i, n int) {
	t.Helper()
	for f := range n {
		packet := swim.AppendAlive(nil, &swim.AliveMessage{
			Incarnation: 1, Node: fmt.Appendf(nil, "fake-%d", f), Versions: []byte{1, 5, 2, 2, 5, 5},
			Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(f >> 8), byte(f)}), gossipPort),
		})
		must(t, w.hosts[i].command(func(c *membership.Cluster, now time.Time) error {
			return c.HandlePacket(now, w.hosts[i].addr, packet)
		}))
	}
}

// knownAfter returns how long it takes until the last of ten members calls one failed that crashes, after they were told of fakes; at
// most limit. Of the others none may be called failed.
func knownAfter(t *testing.T, seed uint64, fakes int, limit time.Duration, v swim.Variant) time.Duration {
	t.Helper()
	const victim = 8
	c := membership.DefaultLAN()
	c.Swim.Variant = v
	w, err := NewWorld(Options{Seed: seed, Hosts: realHosts, Network: lan, Direct: true, Cluster: &c})
	if err != nil {
		t.Fatal(err)
	}
	form(t, w)
	w.Run(30 * time.Second)
	tellOfFakes(t, w, int(seed)%victim, fakes)
	w.Run(20 * time.Second)
	told, died := 0, w.Now()
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind != membership.EffectNotice || e.Notice.Kind != membership.NoticeMember || e.Notice.Type != eventbus.MemberFailed {
			return
		}
		switch host, real := w.byName[e.Notice.Member.Name]; {
		case real && host == victim:
			told++
		case real:
			t.Errorf("seed %d, %d fakes: %s is called failed, who lives", seed, fakes, e.Notice.Member.Name)
		}
	}
	w.Crash(victim)
	w.RunUntil(limit, 100*time.Millisecond, func() bool { return told == realHosts-1 })
	if fakes > 0 && !v.StrangersEqual && w.hosts[0].cluster.Stats().Swim.ProbesPassedOver == 0 {
		t.Errorf("seed %d: nobody was passed over", seed)
	}
	return w.Now() - died
}

// hideCrash crashes members of clusters that were told of fakes. Suspicions last longer the more members there are, fakes or not; apart
// from that a crash is known as soon as without them.
func hideCrash(t *testing.T, fakes, runs int) {
	t.Helper()
	without, with := make([]time.Duration, runs), make([]time.Duration, runs)
	for i := range runs {
		seed := uint64(100 + i)
		without[i] = knownAfter(t, seed, 0, time.Minute, swim.Variant{})
		with[i] = knownAfter(t, seed, fakes, time.Minute, swim.Variant{})
	}
	slices.Sort(without)
	slices.Sort(with)
	t.Logf("known to all after %v, with %d fakes after %v", without, fakes, with)
	c := swim.DefaultLAN()
	suspicion := time.Duration(float64(c.SuspicionMult) * math.Log10(float64(fakes+realHosts)/realHosts) * float64(c.ProbeInterval))
	if got, limit := with[runs/2], without[runs/2]+suspicion+5*time.Second; got > limit {
		t.Errorf("with fakes a crash is known after %v in the median, want %v at most", got, limit)
	}
}

func TestFakeMembersDoNotHideACrash(t *testing.T) {
	const fakes = 500
	hideCrash(t, fakes, 3)
	equal := swim.Variant{StrangersEqual: true}
	if hidden := knownAfter(t, 100, fakes, time.Minute, equal); hidden < time.Minute {
		t.Errorf("where strangers are as good as others a crash is known after %v: the fakes of this test hide nothing", hidden)
	}
	if got, want := knownAfter(t, 101, 0, time.Minute, equal), knownAfter(t, 101, 0, time.Minute, swim.Variant{}); got != want {
		t.Errorf("without fakes a crash is known after %v, want %v, as if strangers were as good as others", want, got)
	}
}
