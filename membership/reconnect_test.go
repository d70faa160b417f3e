package membership

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// The reference contacts one of them in each round, however many there are: a member that comes back after the failure of
// most of a cluster waits for its turn.
func TestManyFailedMembersAreContactedSeveralAtOnce(t *testing.T) {
	for _, c := range []struct {
		failed, there int
		least, most   int // contacts by one member in 100 rounds
	}{
		{failed: 1, there: 20, least: 1, most: 20},
		{failed: 20, there: 20, least: 100, most: 100},
		{failed: 50, there: 20, least: 220, most: 280},
		{failed: 1000, there: 1, least: 100 * reconnectsMax, most: 100 * reconnectsMax},
	} {
		w := newWorld(t, 91, 1)
		h := w.hosts[0]
		for i := range c.there + c.failed - 1 {
			info := roleInfo(fmt.Sprintf("m%04d", i), "")
			info.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 7946)
			if err := h.table.onJoin(0, info); err != nil {
				t.Fatal(err)
			}
			if i >= c.there-1 {
				h.table.onLeave(0, info.Name)
			}
		}
		for range 100 {
			h.fireReconnect(w.now)
			h.drain()
			w.run(time.Second)
		}
		if got := int(h.Stats().Reconnects); got < c.least || got > c.most {
			t.Errorf("%d failed, %d there: %d contacts in 100 rounds, want %d to %d", c.failed, c.there, got, c.least, c.most)
		}
	}
}

// In the reference the name belongs to the dead member for half a minute more, and the return is a name conflict.
func TestFailedMemberMayReturnAtANewAddressAtOnce(t *testing.T) {
	for _, leaves := range []bool{false, true} {
		w := newWorld(t, 92, 4)
		w.together()
		h := w.hosts[3]
		want := "failed"
		if leaves {
			want = "left"
			h.do(func(c *Cluster, now time.Time) error { return c.Leave(now, 2) })
			h.wait(2)
		}
		h.crash()
		w.runUntil(time.Minute, "n3 is "+want, func() bool {
			for _, other := range w.hosts[:3] {
				if other.status(h) != want {
					return false
				}
			}
			return true
		})
		h.addr = newAddr(200)
		h.start()
		h.join(w.hosts[0])
		w.whole(5 * time.Second)
		for _, other := range w.hosts {
			if got := other.table.find(h.name).member.Addr; got != h.addr {
				t.Errorf("%s finds n3 at %v, want %v", other.name, got, h.addr)
			}
			if n := other.Stats().Conflicts; n != 0 {
				t.Errorf("%s saw %d conflicts", other.name, n)
			}
		}
	}
}
