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

	group []int // host → side of a partition; hosts of different sides do not reach each other
}

// fate is what the network does to one packet or stream.
type fate struct {
	delay time.Duration
	lost  bool
}

// draw decides the fate of something from one host to another. It consumes the same random numbers whatever the outcome.
func (n *Network) draw(rng *rand.Rand, from, to int) fate {
	delay := n.LatencyMin + time.Duration(rng.Float64()*float64(n.LatencyMax-n.LatencyMin))
	lost := rng.Float64() < n.Loss
	return fate{delay, lost || !n.reaches(from, to)}
}

func (n *Network) reaches(from, to int) bool { return n.group[from] == n.group[to] }
