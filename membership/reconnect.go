package membership

import (
	"time"

	"serf/eventbus"
	"serf/swim"
)

// fireReconnect contacts one failed or lost member or missing seed at random, so that the sides of a partition find each
// other again. The fewer of them there are, the likelier a round is skipped: in a large cluster many members try.
func (c *Cluster) fireReconnect(now time.Time) {
	c.reconnectAt = never
	failed, seeds := c.table.failed, c.missingSeeds()
	gone := failed + len(c.heal.lost) + len(seeds)
	if gone == 0 || c.table.life != LifeAlive {
		return
	}
	there := max(1, c.table.len()-failed-c.table.left)
	if c.rng.Float32() > float32(gone)/float32(there) {
		c.counters.ReconnectsSkipped++
		return
	}
	m := c.goneAt(c.rng.IntN(gone), seeds)
	c.counters.Reconnects++
	c.notice(now, Notice{Kind: NoticeReconnect, Member: m})
	if _, err := c.node.Join(now, m.Addr, m.Name); err != nil {
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
	}
	c.drain(now)
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
	for _, r := range t.settle() {
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
