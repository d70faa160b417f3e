package sim

import (
	"context"
	"fmt"
	"math"
	"time"

	"serf/eventbus"
	"serf/membership"
)

var crashScenario = Scenario{
	Name: "crash", Synopsis: "members crash one after the other: how long until the first and until the last one knows",
	Nodes: 100, For: 20 * time.Minute, Run: runCrash,
}

// crashPause is the time between two crashes; the crashed member comes back in the middle of it.
const crashPause = time.Minute

// crashes is after how many seconds crashed members were called failed.
type crashes struct {
	first, last sample // a value for each crash that all came to know of
	each        sample // one for each crash and member
	of          int    // as many as there should be
	partial     string // how far it came, if it was interrupted
}

func (c *crashes) distributions() []Distribution {
	n := len(c.first.values)
	return []Distribution{
		c.first.distribution("From a crash until the first member calls it failed", "s", n),
		c.last.distribution("From a crash until the last member calls it failed", "s", n),
		c.each.distribution("From a crash until each member calls it failed", "s", c.of),
	}
}

// crashes crashes members one after the other.
func (p *Params) crashes(ctx context.Context, w *World) (found crashes) {
	var at time.Duration
	var victim int
	var seen []float64
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind == membership.EffectNotice && e.Notice.Kind == membership.NoticeMember &&
			e.Notice.Type == eventbus.MemberFailed && w.byName[e.Notice.Member.Name] == victim {
			seen = append(seen, (w.Now() - at).Seconds())
		}
	}
	defer func() { w.Observe = nil }()
	rounds := max(1, int(p.For/crashPause))
	p.expect(w, time.Duration(rounds)*crashPause*3/2)
	for round := range rounds {
		victim, at, seen = (round*7+1)%p.Nodes, w.Now(), nil
		w.Crash(victim)
		if !p.run(ctx, w, crashPause, fmt.Sprintf("crash %d of %d", round+1, rounds)) {
			found.partial = fmt.Sprintf("after %d of %d crashes", round, rounds)
			return found
		}
		found.of += p.Nodes - 1
		found.each.values = append(found.each.values, seen...)
		if len(seen) >= p.Nodes-1 {
			found.first.add(seen[0])
			found.last.add(seen[p.Nodes-2])
		}
		if err := w.Start(victim); err != nil {
			panic(err) // it has started before
		}
		_ = w.Join(victim, (victim+1)%p.Nodes) // it is up
		p.run(ctx, w, crashPause/2, "restart")
	}
	return found
}

func runCrash(ctx context.Context, p Params) (*Report, error) {
	r := &Report{Name: "crash", Title: "From a crash until it is known", Setting: p.setting()}
	w, err := p.world(ctx)
	if err != nil {
		return nil, err
	}
	t := p.watch(w)
	found := p.crashes(ctx, w)
	first, last, partial := found.first, found.last, found.partial
	r.Partial, r.Hash = partial, w.Hash()
	f := first.figure("until the first member calls it failed", "s")
	f.Expected, f.Source = p.detection(w), "Exp(probe interval) + probe interval + suspicion minimum"
	r.Figures = []Figure{
		f,
		{Name: "of nine in ten crashes", Value: first.quantile(0.9), Unit: "s"},
		last.figure("until the last member does", "s"),
		{Name: "crashes", Value: float64(len(first.values))},
	}
	r.Distributions = found.distributions()
	t.fill(r)
	return r, nil
}

// detection is how long it should take on average until a crashed member is called failed: the first probe of it comes after
// an exponential time with the mean of a probe interval, since all probe members in random order; the probe fails at the end of
// its window; then the suspicion runs, for as short as it can, as many confirm it.
func (p *Params) detection(w *World) float64 {
	c := w.config()
	probe := c.Swim.ProbeInterval.Seconds()
	return probe + probe + float64(c.Swim.SuspicionMult)*max(1, math.Log10(float64(p.Nodes)))*probe
}
