package sim

import (
	"context"
	"time"
)

var formScenario = Scenario{
	Name: "form", Synopsis: "members join one after the other within a second: how long until everybody knows everybody",
	Nodes: 100, Run: runForm,
}

func runForm(ctx context.Context, p Params) (*Report, error) {
	r := &Report{Name: "form", Title: "Forming a cluster", Setting: p.setting()}
	w, err := p.build()
	if err != nil {
		return nil, err
	}
	w.Network.Loss = p.Loss
	t := p.watch(w)
	for i := range p.Nodes {
		if err := w.Start(i); err != nil {
			return nil, err
		}
		if i > 0 {
			w.At(time.Duration(i)*time.Second/time.Duration(p.Nodes), func() { _ = w.Join(i, 0) }) // it is up
		}
	}
	for end := p.settled(); w.Converged() != nil && w.Now() < end; w.Run(100 * time.Millisecond) {
		if ctx.Err() != nil {
			r.Partial = "no agreement yet after " + w.Now().String()
			break
		}
		p.progress(w, "%v", w.Now())
	}
	c := w.Counts()
	r.Hash = w.Hash()
	r.Figures = []Figure{
		{Name: "until all agree", Value: w.Now().Seconds(), Unit: "s"},
		{Name: "packets sent per member", Value: float64(c.Packets) / float64(p.Nodes)},
		{Name: "sent per member in packets", Value: float64(c.Bytes) / float64(p.Nodes), Unit: "B"},
	}
	t.fill(r)
	return r, nil
}
