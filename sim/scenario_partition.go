package sim

import (
	"context"
	"time"
)

var partitionScenario = Scenario{
	Name: "partition", Synopsis: "two fifths of the members are cut off for a while: how long until the cluster is one again",
	Nodes: 100, For: 10 * time.Minute, Run: runPartition,
}

func runPartition(ctx context.Context, p Params) (*Report, error) {
	r := &Report{Name: "partition", Title: "A cut and its healing", Setting: p.setting()}
	w, err := p.world(ctx)
	if err != nil {
		return nil, err
	}
	t := p.watch(w)
	p.expect(w, p.For)
	side := make([]int, p.Nodes*2/5)
	for i := range side {
		side[i] = i
	}
	w.Partition(side...)
	if !p.run(ctx, w, p.For, "cut") {
		r.Partial = "the cut was not healed yet"
		t.fill(r)
		return r, nil
	}
	w.Heal()
	begin := w.Now()
	for end := begin + p.settled(); w.Converged() != nil && w.Now() < end; w.Run(100 * time.Millisecond) {
		p.progress(w, "healing: %v", w.Now()-begin)
		if ctx.Err() != nil {
			r.Partial = "not one again after " + (w.Now() - begin).String()
			break
		}
	}
	r.Hash = w.Hash()
	r.Figures = []Figure{
		{Name: "cut", Value: p.For.Seconds(), Unit: "s"},
		{Name: "from its end until all agree", Value: (w.Now() - begin).Seconds(), Unit: "s"},
	}
	t.fill(r)
	return r, nil
}
