package sim

import (
	"context"
	"time"
)

var idleScenario = Scenario{
	Name: "idle", Synopsis: "nothing happens: what a member sends, what it costs, and how often a healthy one is called failed",
	Nodes: 100, For: 10 * time.Minute, Run: runIdle,
}

// started is when the program was.
var started = time.Now()

func runIdle(ctx context.Context, p Params) (*Report, error) {
	r := &Report{Name: "idle", Title: "An idle cluster", Setting: p.setting()}
	w, err := p.world(ctx)
	if err != nil {
		return nil, err
	}
	t := p.watch(w)
	p.expect(w, p.For)
	before, suspected, begin, start := w.Counts(), w.suspicions(), w.Now(), processorTime()
	if !p.run(ctx, w, p.For, "idle") {
		r.Partial = "after " + (w.Now() - begin).String()
	}
	after, cost := w.Counts(), (processorTime() - start).Seconds()
	seconds := (w.Now() - begin).Seconds()
	each := seconds * float64(p.Nodes)
	days := seconds / (24 * 3600)
	r.Hash = w.Hash()
	r.Figures = []Figure{
		{Name: "packets a member sends", Value: float64(after.Packets-before.Packets) / each, Unit: "1/s"},
		{Name: "what it sends in packets, with IP and UDP headers", Value: float64(after.Bytes-before.Bytes+headerBytes*(after.Packets-before.Packets)) / each, Unit: "B/s"},
		{Name: "what it sends in streams", Value: float64(after.StreamBytes-before.StreamBytes) / each, Unit: "B/s"},
		{Name: "time of this processor for a member's protocol, without system calls", Value: 1e6 * cost / each, Unit: "us/s", Clocked: true},
		{Name: "healthy members suspected, all together", Value: float64(w.suspicions()-suspected) / days, Unit: "1/day"},
		{Name: "healthy members called failed, by each who did", Value: float64(after.Accused-before.Accused) / days, Unit: "1/day"},
		{Name: "virtual seconds per second of processor", Value: seconds / max(cost, 1e-6), Clocked: true},
	}
	t.fill(r)
	return r, nil
}

// Accusations lets a cluster run for p.For and returns how often a member, who was all right, was called failed by another.
func Accusations(ctx context.Context, p Params) (int, error) {
	w, err := p.world(ctx)
	if err != nil {
		return 0, err
	}
	before := w.Counts().Accused
	if !p.run(ctx, w, p.For, "listening for accusations") {
		return 0, ctx.Err()
	}
	return int(w.Counts().Accused - before), nil
}
