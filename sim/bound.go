package sim

import (
	"math"
	"time"

	"serf/membership"
)

// reconnectRounds is after how many rounds in which one lost member is contacted by one other on average, as in the worst case
// of a member that nobody but the rest of the cluster remembers, nobody has contacted it with a probability of e^-14, less
// than one in a million.
const reconnectRounds = 14

// pushPullRounds is how many rounds of push/pull bring what gossip lost to all: it doubles in each who has it, and the last
// ones may have to wait as long again.
const pushPullRounds = 8

// Settled is how long a cluster of n members may take, after the last fault, until all agree: a member that is gone is
// probed, suspected as long as a suspicion can last in bad health, and told of; the two sides of a cut find each other; what
// gossip did not bring comes by push/pull.
func Settled(c *membership.Config, n int) time.Duration {
	s := &c.Swim
	probe := time.Duration(s.AwarenessMaxMultiplier) * s.ProbeInterval
	suspicion := float64(s.SuspicionMult*s.SuspicionMaxTimeoutMult) * max(1, math.Log10(float64(n))) * float64(s.ProbeInterval)
	pushPull := float64(s.PushPullInterval)
	if n > 32 {
		pushPull *= math.Ceil(math.Log2(float64(n))-5) + 1
	}
	return 2*probe + time.Duration(suspicion) + reconnectRounds*c.ReconnectInterval + pushPullRounds*time.Duration(pushPull)
}

func (t *trial) bound() time.Duration {
	c := t.world.config()
	return Settled(&c, t.Hosts)
}
