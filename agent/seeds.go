package agent

import (
	"context"
	"slices"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
)

const (
	// seedsInterval is how often the host names of seeds are looked up while other members are there.
	seedsInterval = 5 * time.Minute
	// seedsIntervalAlone is the same while there are none: then it is by these addresses that this member finds others.
	seedsIntervalAlone = 30 * time.Second
)

// keepSeeds tells the machine where to look for members that it does not know, from the first successful Join until ctx ends: not
// before, because only a Join knows whether old events are wanted.
func (a *Agent) keepSeeds(ctx context.Context, texts []string) {
	select {
	case <-a.joined:
	case <-ctx.Done():
		return
	}
	known := make([][]membership.Target, len(texts))
	var told []membership.Target
	for {
		named := a.lookUpSeeds(ctx, texts, known)
		if targets := slices.Concat(known...); !slices.Equal(targets, told) {
			if _, err := a.do(ctx, command{kind: commandSeeds, targets: targets}); err == nil {
				told = targets
			}
		}
		if !named && told != nil {
			return // nothing can change
		}
		interval := seedsInterval
		if !a.hasOthers() {
			interval = seedsIntervalAlone
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return
		}
	}
}

// lookUpSeeds puts the addresses of each of texts into known; where they cannot be found, those of before stay. It says
// whether there are host names among them.
func (a *Agent) lookUpSeeds(ctx context.Context, texts []string, known [][]membership.Target) (named bool) {
	for i, text := range texts {
		p, err := parsePlace(text, a.port)
		if err != nil {
			continue // Join has complained
		}
		o := outcome{}
		if o.targets = p.literal(); o.targets == nil {
			named = true
			o = lookUp(ctx, a.resolver, p)
		}
		if o.err != nil {
			a.log.Limited("seeds", journal.Debug, "agent", "%v", o.err)
			continue
		}
		slices.SortFunc(o.targets, func(x, y membership.Target) int { return x.Addr.Compare(y.Addr) })
		known[i] = o.targets
	}
	return named
}

// hasOthers says whether another member is there.
func (a *Agent) hasOthers() bool {
	return slices.ContainsFunc(a.Members(), func(m *membership.Member) bool {
		return m.Name != a.name && m.Status == eventbus.StatusAlive
	})
}
