package sim

import (
	"math/rand/v2"
	"time"
)

// Network says what happens to what hosts send to each other.
type Network struct {
	// LatencyMin and LatencyMax bound the one-way delay of a packet, drawn evenly.
	LatencyMin, LatencyMax time.Duration
	// Loss is the share of packets that are lost, 0..1. Streams are not lost.
	Loss float64
	// Duplicate is the share of packets that arrive twice, the second time up to LatencyMax later.
	Duplicate float64
	// Reorder is the share of packets that are held up for another ReorderMax at most, so that later ones overtake them.
	Reorder    float64
	ReorderMax time.Duration

	group []int   // host → side of a partition; hosts of different sides do not reach each other
	rules []*Rule // in the order in which they were added
}

// fate is what the network does to one packet or stream.
type fate struct {
	delay time.Duration
	lost  bool
	twice bool
	again time.Duration // delay of the second copy
}

// draw decides the fate of something from one host to another. It consumes the same random numbers whatever the outcome.
func (n *Network) draw(rng *rand.Rand, from, to int) fate {
	delay, lost := rng.Float64(), rng.Float64()
	twice, late, extra := rng.Float64(), rng.Float64(), rng.Float64()
	f := fate{
		delay: n.LatencyMin + time.Duration(delay*float64(n.LatencyMax-n.LatencyMin)),
		lost:  lost < n.Loss,
		twice: twice < n.Duplicate,
	}
	if late < n.Reorder {
		f.delay += time.Duration(extra * float64(n.ReorderMax))
	}
	for _, r := range n.rules {
		if r.concerns(from, to) {
			f.delay += r.Delay
			f.lost = f.lost || r.Cut || lost < r.Loss
		}
	}
	f.again = f.delay + time.Duration(extra*float64(n.LatencyMax))
	f.lost = f.lost || n.group[from] != n.group[to]
	return f
}

// reaches reports whether the way from one host to the other is open.
func (n *Network) reaches(from, to int) bool {
	for _, r := range n.rules {
		if r.Cut && r.concerns(from, to) {
			return false
		}
	}
	return n.group[from] == n.group[to]
}

// connects reports whether a stream between two hosts works: its packets go both ways.
func (n *Network) connects(a, b int) bool { return n.reaches(a, b) && n.reaches(b, a) }
