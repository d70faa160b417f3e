package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Network says what happens to what hosts send to each other.
type Network struct {
	// LatencyMin and LatencyMax bound the one-way delay of a packet, drawn evenly.
	LatencyMin, LatencyMax time.Duration
	// LatencyTail, unless 0, has the delay above LatencyMin follow the exponential distribution with this mean instead.
	LatencyTail time.Duration
	// PacketBytesMax, unless 0, is what fits through in one packet, before encryption; larger ones are lost, as where
	// fragments are dropped.
	PacketBytesMax int
	// Refuse is the share of streams that are refused, 0..1.
	Refuse float64
	// Loss is the share of packets that are lost, 0..1.
	Loss float64
	// Resend lets streams wait as TCP does until what was lost has been sent again. Without it they lose nothing.
	Resend bool
	// Duplicate is the share of packets that arrive twice, the second time up to LatencyMax later.
	Duplicate float64
	// Reorder is the share of packets that are held up for another ReorderMax at most, so that later ones overtake them.
	Reorder    float64
	ReorderMax time.Duration

	group []int   // host → side of a partition; hosts of different sides do not reach each other
	rules []*Rule // in the order in which they were added
}

// latency describes the delay of packets.
func (n *Network) latency() string {
	if n.LatencyTail > 0 {
		return fmt.Sprintf("latency %v and %v more on average", n.LatencyMin, n.LatencyTail)
	}
	return fmt.Sprintf("latency %v..%v", n.LatencyMin, n.LatencyMax)
}

// limit describes how large packets may be; empty when they may have any size.
func (n *Network) limit() string {
	if n.PacketBytesMax == 0 {
		return ""
	}
	return fmt.Sprintf("packets up to %d bytes, ", n.PacketBytesMax)
}

// fate is what the network does to one packet or stream.
type fate struct {
	delay time.Duration
	lost  bool
	twice bool          // a packet
	again time.Duration // delay of the second copy
	// refused is of a stream, which never comes twice: the two share their draw.
	refused bool
}

// draw decides the fate of something from one host to another. It consumes the same random numbers whatever the outcome.
func (n *Network) draw(rng *rand.Rand, from, to int) fate {
	delay, lost := rng.Float64(), rng.Float64()
	twice, late, extra := rng.Float64(), rng.Float64(), rng.Float64()
	f := fate{
		delay: n.LatencyMin + time.Duration(delay*float64(n.LatencyMax-n.LatencyMin)),
		lost:  lost < n.Loss,
		twice: twice < n.Duplicate, refused: twice < n.Refuse,
	}
	if n.LatencyTail > 0 {
		f.delay = n.LatencyMin + time.Duration(-math.Log1p(-delay)*float64(n.LatencyTail))
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

// Times after which TCP on Linux sends again what nobody has confirmed; each further time it waits twice as long.
const (
	resendConnect = time.Second
	resendData    = 200 * time.Millisecond
)

// connecting draws how long the handshake of a stream is held up, for which a segment each way must arrive.
func (n *Network) connecting(rng *rand.Rand, a, b int) time.Duration {
	return n.resend(rng, 1-(1-n.loss(a, b))*(1-n.loss(b, a)), resendConnect)
}

// sending draws how long what goes over a stream is held up.
func (n *Network) sending(rng *rand.Rand, from, to int) time.Duration {
	return n.resend(rng, n.loss(from, to), resendData)
}

func (n *Network) resend(rng *rand.Rand, loss float64, wait time.Duration) (held time.Duration) {
	if !n.Resend {
		return 0
	}
	for ; rng.Float64() < loss && held < time.Minute; wait *= 2 {
		held += wait
	}
	return held
}

// loss is the share of packets that get lost on the way from one host to another.
func (n *Network) loss(from, to int) float64 {
	share := n.Loss
	for _, r := range n.rules {
		if r.concerns(from, to) {
			share = max(share, r.Loss)
		}
	}
	return share
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
