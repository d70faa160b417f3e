package sim

import (
	"slices"
	"time"
)

// Rule is what is different on the way from some hosts to others, in that direction alone. Where several rules and the
// network speak of one way, delays add up and the greatest loss counts.
type Rule struct {
	// From and To name the hosts; nil means all.
	From, To []int
	// Cut lets nothing through. A stream needs both directions.
	Cut bool
	// Loss is the share of packets that are lost, 0..1.
	Loss float64
	// Delay is added to the latency.
	Delay time.Duration
}

func (r *Rule) concerns(from, to int) bool {
	return (r.From == nil || slices.Contains(r.From, from)) && (r.To == nil || slices.Contains(r.To, to))
}

// AddRule puts r into force until it is removed; r must not be changed meanwhile.
func (w *World) AddRule(r *Rule) { w.Network.rules = append(w.Network.rules, r) }

// RemoveRule ends r, if it is in force.
func (w *World) RemoveRule(r *Rule) {
	w.Network.rules = slices.DeleteFunc(w.Network.rules, func(o *Rule) bool { return o == r })
}

// Partition puts the given hosts on a side of their own; everybody else stays where it is.
func (w *World) Partition(hosts ...int) {
	side := slices.Max(w.Network.group) + 1
	for _, i := range hosts {
		w.Network.group[i] = side
	}
}

// Heal ends all partitions. Rules stay.
func (w *World) Heal() { clear(w.Network.group) }
