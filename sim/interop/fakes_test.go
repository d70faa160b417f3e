//go:build interop

package interop

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"serf/swim"
)

const (
	fakes = 3000
	// fakesWatched is how long the agents live with them.
	fakesWatched = 15 * time.Second
)

// TestFakeMembersCostLittleAndBlameNobody announces thousands of members that there are not, as anybody can where nothing is
// encrypted. They are taken up, for real ones in such numbers look the same; see docs/decisions/0013-no-cap-on-newcomers.md.
func TestFakeMembersCostLittleAndBlameNobody(t *testing.T) {
	o := newOverload(t, false, nil)
	nc := o.agent.packets(t)
	o.phase("fake members", func() {
		for i := range fakes {
			m := swim.AliveMessage{Incarnation: 1, Node: fmt.Appendf(nil, "fake-%d", i), Versions: []byte{1, 5, 2, 2, 5, 5},
				Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 9, byte(i >> 8), byte(i)}), 7)}
			if _, err := nc.Write(swim.AppendAlive(nil, &m)); err != nil && i == 0 {
				t.Fatal(err)
			}
			if i%100 == 99 {
				time.Sleep(20 * time.Millisecond) // the rate of the attack
			}
		}
		eventually(t, "the fakes are taken up", func() error {
			if n := figure(t, o.client, "serf", "members"); n < fakes/2 {
				return fmt.Errorf("%d members", n)
			}
			return nil
		})
		time.Sleep(fakesWatched) // in which many are probed, and fail
	})
	taken, failed := figure(t, o.client, "serf", "members")-3, figure(t, o.client, "serf", "failed")
	for _, a := range o.all() {
		members, err := a.members(t, ours)
		for _, real := range o.all() {
			if got := members[real.node].Status; err != nil || got != "alive" {
				t.Errorf("%s sees %s as %q, %v", a.node, real.node, got, err)
			}
		}
		if rss := a.memory(t, "VmRSS"); rss-o.idle > overloadGrowthMax {
			t.Errorf("%s has %d KiB, idle were %d", a.node, rss, o.idle)
		}
	}
	t.Logf("%d fakes were taken up, %d of them have failed after %v", taken, failed, fakesWatched)
}
