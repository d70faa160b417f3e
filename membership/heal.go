package membership

import (
	"net/netip"
	"slices"
	"time"

	"serf/eventbus"
	"serf/swim"
)

const (
	// SeedsMax is how many seeds are taken: each is looked for among the members whenever one of them is to be contacted.
	SeedsMax = 256
	// lostMax is how many once-known members are tried again. When a whole side of a partition is lost, any one of it that
	// answers brings back all.
	lostMax = 1024
	// rejoinDialsMax is how many of them a lone member tries at one time.
	rejoinDialsMax = 8
	// rejoinPauseMin is how long a lone member waits after its first tries. The wait doubles up to ReconnectInterval, or
	// rejoinPauseMax if that is 0.
	rejoinPauseMin = time.Second
	rejoinPauseMax = 30 * time.Second
)

// healing is what brings the sides of a partition together again, after any time, and a restarted member back.
//
// Invariants: len(lost) ≤ lostMax; index leads from each one's key to its place; nobody in lost is a member in whatever
// status, but for unnamed ones.
type healing struct {
	lost  []Target // once known, and forgotten without having left; in no order
	index map[string]int
	seeds []Target
	next  int // of the candidates, to be tried next
	pause time.Duration
	at    int64     // when a lone member tries again
	dials []attempt // of a lone member
	tried int       // dials that failed since there was somebody
}

// attempt is a try of a lone member.
type attempt struct {
	exchange swim.Exchange
	target   Target
}

// key is what t is known by.
func (t *Target) key() string {
	if t.Name != "" {
		return t.Name
	}
	return t.Addr.String()
}

// startHealing takes up whom an earlier life knew, in random order, and the seeds.
func (c *Cluster) startHealing(r *Recovered) {
	h := &c.heal
	h.at, h.index = never, make(map[string]int)
	c.takeSeeds(c.cfg.Seeds)
	if r == nil {
		return
	}
	alive := slices.Clone(r.Alive)
	c.rng.Shuffle(len(alive), func(i, j int) { alive[i], alive[j] = alive[j], alive[i] })
	for _, t := range slices.Concat(alive, r.Failed) {
		if len(h.lost) < lostMax {
			c.lose(t)
		}
	}
}

// SetSeeds replaces the addresses of Config.Seeds, for example when a name server has new ones. Beyond SeedsMax they are
// not taken. Seeds is not kept.
func (c *Cluster) SetSeeds(now time.Time, seeds []Target) {
	c.takeSeeds(seeds)
	c.settle(now)
}

// takeSeeds keeps seeds without the member itself.
func (c *Cluster) takeSeeds(seeds []Target) {
	h := &c.heal
	h.seeds = nil
	for _, t := range seeds {
		if t.Addr.IsValid() && !swim.SameAddr(t.Addr, c.cfg.source()) && len(h.seeds) < SeedsMax {
			h.seeds = append(h.seeds, t)
		}
	}
}

// lose remembers somebody who may come back. When there is no room, one by chance is forgotten: so the rest stays a fair
// sample of all sides.
func (c *Cluster) lose(t Target) {
	h, key := &c.heal, t.key()
	_, known := h.index[key]
	if known || t.Name == c.table.local || !t.Addr.IsValid() || swim.SameAddr(t.Addr, c.cfg.source()) {
		return
	}
	if len(h.lost) >= lostMax {
		c.counters.LostForgotten++
		c.find(h.lost[c.rng.IntN(lostMax)].key())
	}
	h.index[key] = len(h.lost)
	h.lost = append(h.lost, t)
}

// find forgets somebody who was lost: a member now, or gone for good.
func (c *Cluster) find(key string) {
	h := &c.heal
	i, known := h.index[key]
	if !known {
		return
	}
	last := len(h.lost) - 1
	h.lost[i] = h.lost[last]
	h.index[h.lost[i].key()] = i
	h.lost = h.lost[:last]
	delete(h.index, key)
}

// noteLost keeps track of who is lost when a member changes.
func (c *Cluster) noteLost(change changed) {
	m := change.member
	switch {
	case change.typ == eventbus.MemberReap && !change.forced && m.Status == eventbus.StatusFailed:
		c.lose(Target{m.Name, m.Addr})
	case change.typ == eventbus.MemberJoin && len(c.heal.lost) > 0:
		c.find(m.Name)
		same := func(t Target) bool { return swim.SameAddr(t.Addr, m.Addr) }
		if i := slices.IndexFunc(c.heal.lost, same); i >= 0 { // it has a name now, or another one
			c.find(c.heal.lost[i].key())
		}
	}
}

// missingSeeds returns the seeds where nobody is known to be.
func (c *Cluster) missingSeeds() []Target {
	if len(c.heal.seeds) == 0 {
		return nil
	}
	there := make(map[netip.AddrPort]bool)
	for r := range c.table.each {
		if s := r.member.Status; s == eventbus.StatusAlive || s == eventbus.StatusLeaving {
			there[unmapped(r.member.Addr)] = true
		}
	}
	var missing []Target
	for _, t := range c.heal.seeds {
		if !there[unmapped(t.Addr)] {
			missing = append(missing, t)
		}
	}
	return missing
}

// armRejoin lets a lone member that knows somebody to look for do so, at first often, then at a falling rate.
func (c *Cluster) armRejoin(at int64) {
	h := &c.heal
	switch {
	case len(h.lost)+len(h.seeds) == 0 || c.table.life != LifeAlive || c.table.othersAlive(true):
		h.at, h.pause, h.tried = never, rejoinPauseMin, 0
	case h.at == never:
		h.at = at + int64(h.pause)
	}
}

// fireRejoin tries some of those that a lone member may find.
func (c *Cluster) fireRejoin(now time.Time) {
	h := &c.heal
	candidates := slices.Concat(h.lost, c.missingSeeds())
	n := len(candidates)
	for range min(n, rejoinDialsMax) {
		t := candidates[h.next%n]
		h.next = (h.next + 1) % n
		c.notice(now, Notice{Kind: NoticeRejoin, Target: t})
		x, err := c.node.Join(now, t.Addr, t.Name)
		if err != nil {
			c.notice(now, Notice{Kind: NoticeDropped, Err: err})
			break
		}
		c.counters.Rejoins++
		h.dials = append(h.dials, attempt{x, t})
	}
	c.drain(now)
	limit := c.cfg.ReconnectInterval
	if limit == 0 {
		limit = rejoinPauseMax
	}
	h.pause = max(min(2*h.pause, limit), rejoinPauseMin)
	h.at = c.at(now) + int64(h.pause)
}

// onRejoin hears how a try ended, if e is one.
func (c *Cluster) onRejoin(now time.Time, e *swim.Event) {
	h := &c.heal
	i := slices.IndexFunc(h.dials, func(a attempt) bool { return a.exchange == e.Exchange })
	if i < 0 {
		return
	}
	t := h.dials[i].target
	h.dials = slices.Delete(h.dials, i, i+1)
	if e.Err == nil {
		c.notice(now, Notice{Kind: NoticeRejoined, Target: t})
		return
	}
	if h.tried++; h.tried == len(h.lost)+len(h.seeds) {
		c.notice(now, Notice{Kind: NoticeRejoinFailed, Err: e.Err})
	}
}
