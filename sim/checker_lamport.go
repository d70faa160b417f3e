package sim

import (
	"fmt"
	"math"
)

// lamportMonotone: no Lamport clock runs backwards, not in a life and not behind what the disk remembers of the one before,
// and none comes near its end, where it would have to stop.
type lamportMonotone struct {
	clocks map[int]Clocks // by host
}

func newLamportMonotone() *lamportMonotone { return &lamportMonotone{clocks: make(map[int]Clocks)} }

func (*lamportMonotone) Name() string { return "lamport-monotone" }

// lamportEnd is far beyond what any number of honest messages reaches.
const lamportEnd = math.MaxUint64 / 2

func (c *lamportMonotone) See(s *Sight) error {
	var before Clocks
	switch s.Kind {
	case SawStart:
		before = s.Floor
	case SawClocks:
		before = c.clocks[s.Host]
	default:
		return nil
	}
	c.clocks[s.Host] = s.Clocks
	for _, clock := range []struct {
		name    string
		was, is uint64
	}{
		{"member", before.Member, s.Clocks.Member},
		{"event", before.Event, s.Clocks.Event},
		{"query", before.Query, s.Clocks.Query},
	} {
		if clock.is < clock.was {
			return fmt.Errorf("the %s clock of n%05d ran from %d back to %d", clock.name, s.Host, clock.was, clock.is)
		}
		if clock.is > lamportEnd {
			return fmt.Errorf("the %s clock of n%05d jumped to %d", clock.name, s.Host, clock.is)
		}
	}
	return nil
}
