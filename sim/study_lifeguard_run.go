package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"serf/eventbus"
	"serf/membership"
)

// lifeguardCell is a point of Lifeguard's measurements: so many members cannot send nor receive for a while, then can for a while, again
// and again, all at the same time.
type lifeguardCell struct {
	blocked    int // members
	repetition int
	block, gap time.Duration
}

// String describes c in a few words.
func (c *lifeguardCell) String() string {
	return fmt.Sprintf("%d blocked for %v, free for %v", c.blocked, c.block, c.gap)
}

// lifeguardRun is one run of a variant at a cell.
type lifeguardRun struct {
	total   int // how often a member called a healthy one failed
	healthy int // of these, by healthy ones
	packets uint64
	bytes   uint64 // in packets and streams
	done    bool
}

const (
	lifeguardQuiet = 15 * time.Second  // before the first block
	lifeguardFor   = 120 * time.Second // no block begins later
	// lifeguardPace is how long a blocked member takes for each packet when it is free: between blocks it does not hear all that
	// has waited unless it has the time.
	lifeguardPace = 20 * time.Microsecond
)

func (r *lifeguardRun) run(ctx context.Context, seed uint64, nodes int, c membership.Config, cell lifeguardCell) error {
	w, err := assembled(seed, nodes, c)
	if err != nil {
		return err
	}
	if err := advance(ctx, w, lifeguardQuiet); err != nil {
		return err
	}
	ill := make([]bool, nodes)
	hosts := rand.New(rand.NewPCG(seed, 1)).Perm(nodes)[:cell.blocked]
	slices.Sort(hosts)
	for _, i := range hosts {
		ill[i] = true
		w.Pace(i, lifeguardPace)
	}
	var now lifeguardRun
	w.Observe = func(by int, e *membership.Effect) {
		if e.Kind != membership.EffectNotice || e.Notice.Kind != membership.NoticeMember || e.Notice.Type != eventbus.MemberFailed ||
			ill[w.byName[e.Notice.Member.Name]] {
			return
		}
		now.total++
		if !ill[by] {
			now.healthy++
		}
	}
	before := w.Counts()
	for end := w.Now() + lifeguardFor; w.Now() < end; {
		for _, i := range hosts {
			w.Block(i, cell.block)
		}
		if err := advance(ctx, w, cell.block+cell.gap); err != nil {
			return err
		}
	}
	after := w.Counts()
	now.packets, now.bytes = after.Packets-before.Packets, after.Bytes-before.Bytes+after.StreamBytes-before.StreamBytes
	now.done = true
	*r = now
	return nil
}
