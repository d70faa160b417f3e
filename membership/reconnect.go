package membership

import (
	"time"

	"serf/eventbus"
	"serf/swim"
)

// reconnectsMax is how many members a round contacts at most.
const reconnectsMax = 8

// fireReconnect contacts some of the failed and lost members and missing seeds at random, so that the sides of a
// partition find each other again. Each of them is contacted by one of those that are there in each interval, on average:
// in a large cluster with few of them most members skip the round, after a large failure each contacts several.
func (c *Cluster) fireReconnect(now time.Time) {
	c.reconnectAt = never
	failed, seeds := c.table.failed, c.missingSeeds()
	gone := failed + len(c.heal.lost) + len(seeds)
	if gone == 0 || c.table.life != LifeAlive {
		return
	}
	there := max(1, c.table.len()-failed-c.table.left)
	n := gone / there
	if c.rng.IntN(there) < gone%there {
		n++
	}
	if n == 0 {
		c.counters.ReconnectsSkipped++
	}
	first, n := c.rng.IntN(gone), min(n, reconnectsMax)
	for i := range n {
		c.reconnect(now, c.goneAt((first+i*(gone/n))%gone, seeds))
	}
	c.drain(now)
}

func (c *Cluster) reconnect(now time.Time, m *Member) {
	c.counters.Reconnects++
	c.notice(now, Notice{Kind: NoticeReconnect, Member: m})
	if _, err := c.node.Join(now, m.Addr, m.Name); err != nil {
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
	}
}

// goneAt returns the i-th of the failed members, the lost ones and the given seeds.
func (c *Cluster) goneAt(i int, seeds []Target) *Member {
	if i < c.table.failed {
		return c.table.failedAt(i)
	}
	i -= c.table.failed
	if n := len(c.heal.lost); i < n {
		seeds = c.heal.lost
	} else {
		i -= n
	}
	return &Member{Name: seeds[i].Name, Addr: seeds[i].Addr, Status: eventbus.StatusFailed}
}

// failedAt returns the i-th failed member by name.
func (t *table) failedAt(i int) *Member {
	for r := range t.each {
		if r.member.Status != eventbus.StatusFailed {
			continue
		}
		if i == 0 {
			return r.member
		}
		i--
	}
	panic("membership: failed members miscounted")
}

// present reports whether the failure detector sees name alive.
func (c *Cluster) present(name string) bool {
	m, known := c.node.Lookup(name)
	return known && (m.Status == swim.Alive || m.Status == swim.Suspect)
}
