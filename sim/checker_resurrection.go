package sim

import "fmt"

// noResurrection: a host that is down does not come back to life anywhere once all have seen it go. While somebody still
// holds it alive, others may hear of it from there, and so they may from what has waited at a frozen or blocked host.
type noResurrection struct {
	down  map[int]bool
	alive map[int]map[int]bool // by member: who holds it alive or suspect
	cold  map[int]int64        // by member that is down: since when nobody does
}

// resurrectionGrace is how long what was said of a member may be on its way: twice the deadline of a stream.
const resurrectionGrace = int64(20e9)

func newNoResurrection() *noResurrection {
	return &noResurrection{down: make(map[int]bool), alive: make(map[int]map[int]bool), cold: make(map[int]int64)}
}

func (*noResurrection) Name() string { return "no-resurrection" }

func (c *noResurrection) See(s *Sight) error {
	switch s.Kind {
	case SawStart:
		delete(c.down, s.Host)
		delete(c.cold, s.Host)
	case SawCrash:
		c.down[s.Host] = true
		for member := range c.alive {
			c.drop(member, s)
		}
	case SawRecord:
		return c.record(s)
	}
	return nil
}

func (c *noResurrection) record(s *Sight) error {
	if !s.Is.There || gone(s.Is) {
		c.drop(s.Member, s)
		return nil
	}
	since, cold := c.cold[s.Member]
	if cold && c.down[s.Member] && !s.Late && int64(s.At)-since > resurrectionGrace {
		return fmt.Errorf("n%05d is down, nobody has held it alive for %v s, and it is %v on n%05d",
			s.Member, float64(int64(s.At)-since)/1e9, s.Is, s.Host)
	}
	delete(c.cold, s.Member)
	if c.alive[s.Member] == nil {
		c.alive[s.Member] = make(map[int]bool)
	}
	c.alive[s.Member][s.Host] = true
	return nil
}

// drop notes that s.Host does not hold member alive any more.
func (c *noResurrection) drop(member int, s *Sight) {
	if holders := c.alive[member]; holders[s.Host] {
		delete(holders, s.Host)
		if len(holders) == 0 {
			c.cold[member] = int64(s.At)
		}
	}
}
