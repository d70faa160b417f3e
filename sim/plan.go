package sim

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"
)

// planNodesMax is how many members are simulated for a plan. What a member does hardly depends on how many others there are;
// what does is scaled by the protocol's own laws.
const planNodesMax = 100

// Plan answers what to expect of a cluster of p.Nodes members: how soon crashes and events are known, how often a healthy
// member is called failed, and what a member costs.
func Plan(ctx context.Context, p Params) (*Report, error) {
	r := &Report{Name: "plan", Title: "What to expect", Setting: p.setting()}
	small := p
	small.Nodes = min(p.Nodes, planNodesMax)
	w, err := small.world(ctx)
	if err != nil {
		return nil, err
	}
	quiet := small
	quiet.Charts = false
	quiet.part(0, 0.3)
	idle, err := runIdle(ctx, quiet)
	if err != nil {
		return nil, err
	}
	t := small.watch(w)
	small.part(0.3, 0.7)
	crashes := small.crashes(ctx, w)
	small.part(0.7, 1)
	spread := small.spread(ctx, w)
	first, last, half, most := &crashes.first, &crashes.last, &spread.half, &spread.most
	r.Partial = cmp.Or(idle.Partial, crashes.partial, spread.partial)
	r.Distributions = append(crashes.distributions(), spread.distributions()...)
	t.fill(r)
	s := scale{small: float64(small.Nodes), large: float64(p.Nodes)}
	c := w.config()
	suspicion := float64(c.Swim.SuspicionMult) * c.Swim.ProbeInterval.Seconds()
	more := suspicion * (max(1, math.Log10(s.large)) - max(1, math.Log10(s.small)))
	add := func(name string, value float64, unit string) {
		r.Figures = append(r.Figures, Figure{Name: name, Value: value, Unit: unit})
	}
	add("from a crash until the first member calls it failed, on average", first.mean()+more, "s")
	add("the same for nine crashes in ten", first.quantile(0.9)+more, "s")
	add("until the last member does, on average", last.mean()+more+s.logs(most.mean())-most.mean(), "s")
	add("until half of the members have heard an event", s.logs(half.mean()), "s")
	add("until 99 % have", s.logs(most.mean()), "s")
	add("members per event that gossip does not reach, and a push/pull does", spread.missed.mean()*s.ratio(), "")
	add("until everybody agrees after a cut, at most", Settled(&c, p.Nodes).Seconds(), "s")
	add("healthy members suspected, all together", idle.value("suspected")*s.ratio(), "1/day")
	add("healthy members called failed", idle.value("called failed")/s.small*s.ratio(), "1/day")
	add("what a member sends in packets, with headers", idle.value("IP and UDP"), "B/s")
	add("what it sends in streams", idle.value("streams")*s.ratio()*s.pushPull(), "B/s")
	r.Figures = append(r.Figures, Figure{Name: "processor time of a member's protocol on this machine, without system calls",
		Value: idle.value("processor"), Unit: "us/s", Clocked: true})
	if small.Nodes < p.Nodes {
		r.Notes = append(r.Notes, fmt.Sprintf("Measured with %d members for %v each of silence, crashes and events, and scaled: suspicion and "+
			"gossip with the logarithm of the size, push/pull with the size and its interval, false suspicions with the number of members.", small.Nodes, p.For))
	}
	return r, nil
}

// scale carries figures from a small cluster to a large one.
type scale struct{ small, large float64 }

func (s scale) ratio() float64         { return s.large / s.small }
func (s scale) logs(v float64) float64 { return v * math.Log(s.large) / math.Log(s.small) }

// pushPull is how much rarer push/pulls are: clusters of more than 32 double the interval with each doubling.
func (s scale) pushPull() float64 { return stretch(s.small) / stretch(s.large) }

func stretch(n float64) float64 {
	if n <= 32 {
		return 1
	}
	return math.Ceil(math.Log2(n)-5) + 1
}

// PlanFor is how long each part of a plan is measured when nothing else is said.
const PlanFor = 10 * time.Minute
