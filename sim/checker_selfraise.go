package sim

import "fmt"

// selfOnlyRaises: nobody holds an incarnation of a member that the member itself never had.
type selfOnlyRaises struct {
	own map[int]uint32 // by host: its highest incarnation
}

func newSelfOnlyRaises() *selfOnlyRaises { return &selfOnlyRaises{own: make(map[int]uint32)} }

func (*selfOnlyRaises) Name() string { return "self-only-raises" }

func (c *selfOnlyRaises) See(s *Sight) error {
	if s.Kind != SawRecord {
		return nil
	}
	if s.Member == s.Host {
		c.own[s.Host] = max(c.own[s.Host], s.Is.Incarnation)
		return nil
	}
	if own := c.own[s.Member]; s.Is.Incarnation > own {
		return fmt.Errorf("n%05d is %v on n%05d, its own incarnation never was above %d", s.Member, s.Is, s.Host, own)
	}
	return nil
}
