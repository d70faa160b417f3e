package sim

import (
	"fmt"

	"serf/swim"
)

// legalTransition: what a host knows of a member is replaced only by a higher statement, in the order
//
//	alive(N) < suspect(N) < dead(N) = left(N) < alive(N+1)
//
// Nobody becomes a suspect, and nobody is forgotten, but from where the protocol says: suspects were alive, and only the dead
// and those who left are forgotten.
type legalTransition struct{}

func (legalTransition) Name() string { return "legal-transition" }

func (legalTransition) See(s *Sight) error {
	if s.Kind != SawRecord || legal(s.Was, s.Is, s.Member == s.Host) {
		return nil
	}
	return fmt.Errorf("n%05d went from %v to %v on n%05d", s.Member, s.Was, s.Is, s.Host)
}

func legal(was, is Known, self bool) bool {
	switch {
	case !was.There:
		return is.Status != swim.Suspect || !self
	case !is.There:
		return gone(was) && !self
	case is.Incarnation > was.Incarnation:
		return true
	case is.Incarnation < was.Incarnation:
		return false
	case gone(was):
		return false // nothing follows but a later life
	}
	return is.Status > was.Status && (!self || is.Status >= swim.Dead)
}

// gone reports whether k is dead or has left.
func gone(k Known) bool { return k.There && k.Status >= swim.Dead }
