package sim

import (
	"context"
	"fmt"
	"math"
	"time"

	"serf/membership"
	"serf/swim"
)

var swimStudy = Scenario{
	Name: "swim", Synopsis: "the first probe of a crashed member, the load of a member in clusters of any size, false suspicions under loss",
	Nodes: 100, For: 30 * time.Minute, Run: studySWIM,
}

func studySWIM(ctx context.Context, p Params) (*Report, error) {
	r := &Report{Name: "swim", Title: "SWIM: first detection and message load", Setting: p.setting()}
	w, err := p.world(ctx)
	if err != nil {
		return nil, err
	}
	periods, partial := p.firstProbes(ctx, w)
	r.Partial = partial
	r.Figures = append(r.Figures,
		periods.figure("protocol periods from a crash to the first probe that fails, that one included", "").
			expect(math.E/(math.E-1), "e/(e-1), SWIM §3.1"))
	for _, nodes := range []int{25, 50, 100, 200} {
		if r.Partial != "" {
			break
		}
		load, err := p.load(ctx, nodes)
		if err != nil {
			r.Partial = err.Error()
			break
		}
		r.Figures = append(r.Figures, Figure{Name: fmt.Sprintf("packets that a member of %d sends in a period", nodes), Value: load}.
			expect(2, "one ping and one ack, whatever the size, SWIM §3"))
	}
	return r, nil
}

// firstProbes crashes members one after the other and returns in which protocol period after the crash each was first probed
// in vain.
func (p *Params) firstProbes(ctx context.Context, w *World) (periods sample, partial string) {
	interval := w.config().Swim.ProbeInterval
	var at, started time.Duration
	var victim int
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind != membership.EffectNotice || e.Notice.Kind != membership.NoticeSwim || e.Notice.Swim.Kind != swim.EventProbeFailed {
			return
		}
		if w.byName[e.Notice.Swim.Info.Name] == victim && started == 0 {
			started = w.Now() - interval // healthy members end a probe one interval after it began
		}
	}
	defer func() { w.Observe = nil }()
	rounds := max(1, int(p.For/crashPause))
	for round := range rounds {
		victim, at, started = (round*7+1)%p.Nodes, w.Now(), 0
		w.Crash(victim)
		if !p.run(ctx, w, crashPause, fmt.Sprintf("crash %d of %d", round+1, rounds)) {
			return periods, fmt.Sprintf("after %d of %d crashes", round, rounds)
		}
		if started > at {
			periods.add(math.Ceil(float64(started-at) / float64(interval)))
		}
		if err := w.Start(victim); err != nil {
			panic(err) // it has started before
		}
		_ = w.Join(victim, (victim+1)%p.Nodes) // it is up
		p.run(ctx, w, crashPause/2, "restart")
	}
	return periods, ""
}

// load is how many packets a member of an idle cluster of that size sends in a protocol period.
func (p *Params) load(ctx context.Context, nodes int) (float64, error) {
	q := *p
	q.Nodes = nodes
	w, err := q.world(ctx)
	if err != nil {
		return 0, err
	}
	q.run(ctx, w, 30*time.Second, "quiet")
	before, begin := w.Counts().Packets, w.Now()
	q.run(ctx, w, 2*time.Minute, fmt.Sprintf("load of %d", nodes))
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	periods := float64(w.Now()-begin) / float64(w.config().Swim.ProbeInterval)
	return float64(w.Counts().Packets-before) / periods / float64(nodes), nil
}
