package sim

import (
	"fmt"

	"serf/eventbus"
)

// noFalseLeave: nobody is shown as leaving or left who was never told to leave.
type noFalseLeave struct {
	told map[int]bool // by host
}

func newNoFalseLeave() *noFalseLeave { return &noFalseLeave{told: make(map[int]bool)} }

func (*noFalseLeave) Name() string { return "no-false-leave" }

func (c *noFalseLeave) See(s *Sight) error {
	switch {
	case s.Kind == SawLeave:
		c.told[s.Host] = true
	case s.Kind == SawStatus && (s.StatusIs == eventbus.StatusLeaving || s.StatusIs == eventbus.StatusLeft) && !c.told[s.Member]:
		return fmt.Errorf("n%05d is %v on n%05d and was never told to leave", s.Member, s.StatusIs, s.Host)
	}
	return nil
}
