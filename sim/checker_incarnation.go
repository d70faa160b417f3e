package sim

import "fmt"

// incarnationMonotone: as long as a host knows a member, the member's incarnation does not fall there.
type incarnationMonotone struct{}

func (incarnationMonotone) Name() string { return "incarnation-monotone" }

func (incarnationMonotone) See(s *Sight) error {
	if s.Kind == SawRecord && s.Was.There && s.Is.There && s.Is.Incarnation < s.Was.Incarnation {
		return fmt.Errorf("n%05d fell from %v to %v on n%05d", s.Member, s.Was, s.Is, s.Host)
	}
	return nil
}
