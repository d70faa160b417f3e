package sim

import (
	"context"
	"math"
	"time"
)

var serfStudy = Scenario{
	Name: "serf", Synopsis: "events against the logistic model of gossip; crashes against exponential first probe, probe window and suspicion",
	Nodes: 100, For: 30 * time.Minute, Run: studySerf,
}

func studySerf(ctx context.Context, p Params) (*Report, error) {
	r := &Report{Name: "serf", Title: "Serf: gossip and failure detection", Setting: p.setting()}
	w, err := p.world(ctx)
	if err != nil {
		return nil, err
	}
	spread := p.spread(ctx, w)
	n, rate := float64(p.Nodes), p.gossipRate(w)
	r.Figures = append(r.Figures,
		spread.half.figure("until half of the members have heard an event", "s").expect(math.Log(n-1)/rate, "logistic, infection rate fanout × (1-loss) / interval"),
		spread.most.figure("until 99 % have", "s").expect(math.Log(99*(n-1))/rate, "the same"),
		spread.missed.figure("members that gossip missed", ""))
	r.Distributions = spread.distributions()
	if spread.partial != "" {
		r.Partial = spread.partial
		return r, nil
	}
	crashes := p.crashes(ctx, w)
	first, last := &crashes.first, &crashes.last
	r.Partial, r.Distributions = crashes.partial, append(r.Distributions, crashes.distributions()...)
	c := w.config()
	probe := c.Swim.ProbeInterval.Seconds()
	fixed := probe + float64(c.Swim.SuspicionMult)*max(1, math.Log10(n))*probe
	model := "Exp(probe interval) + probe interval + suspicion minimum"
	r.Figures = append(r.Figures,
		first.figure("from a crash to the first member-failed", "s").expect(fixed+probe, model))
	for _, q := range []float64{0.1, 0.5, 0.9} {
		r.Figures = append(r.Figures, Figure{Name: "its quantile " + short(q), Value: first.quantile(q), Unit: "s"}.
			expect(fixed-math.Log(1-q)*probe, "the same"))
	}
	r.Figures = append(r.Figures, last.figure("from a crash to the last member-failed", "s"))
	r.Notes = []string{
		"The logistic model has infections at every moment; gossip has rounds, in which a member tells of news at once and then at each interval, " +
			"and news ride on probes and acks too.",
		"The suspicion runs its minimum only when enough members confirm it, and each of them has to hear of it first.",
	}
	return r, nil
}

// gossipRate is how many members one infects in a second, in a model without rounds.
func (p *Params) gossipRate(w *World) float64 {
	c := w.config()
	return float64(c.Swim.GossipNodes) * (1 - p.Loss) / c.Swim.GossipInterval.Seconds()
}
