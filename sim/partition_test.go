package sim

import (
	"testing"
	"time"

	"serf/eventbus"
	"serf/membership"
)

// cut cuts a cluster of 100 in two for as long as given, checks that each side has given up the other, and that they are one
// cluster again within two minutes of healing.
func cut(t *testing.T, o Options, long time.Duration, forgotten bool) {
	t.Helper()
	o.Hosts, o.Network, o.Direct = 100, lan, true
	if forgotten {
		o.Seeds = []int{0, 99} // one on each side
	}
	w := joined(t, o)
	var side []int
	for i := range 40 {
		side = append(side, i)
	}
	w.Partition(side...)
	w.Run(long)
	for i := range o.Hosts {
		others := 0
		for _, m := range w.View(i).Members {
			if across := w.byName[m.Name] < 40 != (i < 40); across {
				others++
				if m.Status != eventbus.StatusFailed {
					t.Fatalf("after %v host %d sees %s as %v", long, i, m.Name, m.Status)
				}
			}
		}
		if gone := others == 0; gone != forgotten {
			t.Fatalf("after %v host %d remembers %d members of the other side", long, i, others)
		}
	}
	w.Heal()
	begin := w.Now()
	agree(t, w, "after healing", 2*time.Minute)
	t.Logf("one cluster %v after healing", w.Now()-begin)
}

// With the defaults failed members are forgotten after a day. Here it is 10 minutes; make sim waits the two.
func TestClusterWhoseSidesForgotEachOtherIsOneAgain(t *testing.T) {
	c := membership.DefaultLAN()
	c.ReconnectTimeout, c.TombstoneTimeout = 10*time.Minute, 10*time.Minute
	cut(t, Options{Seed: 33, Cluster: &c}, 12*time.Minute, true)
}
