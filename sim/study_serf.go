package sim

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/sim/chart"
)

var serfStudy = Study{
	Name: "serf", Synopsis: "Serf's defaults: events against the logistic model of its convergence simulator, crashes against first probe, window and suspicion",
	Run: studySerf,
}

var (
	serfEventSizes = []int{30, 100, 300, 1000, 3000}
	serfCrashSizes = []int{30, 100, 1000}
)

func studySerf(ctx context.Context, s Setup) (*Report, error) {
	events, crashes := s.runs(20, 100), s.runs(400, 2000)
	r := &Report{Name: "serf", Title: "Serf's events and crashes"}
	r.Setting = fmt.Sprintf("profile lan, no loss, latency 0.2 ms to 0.8 ms; %d events and %d crashes of each size; seed %d", events, crashes, s.Seed)
	var spreads []*serfEvents
	var failures []*serfCrashes
	var jobs []job
	for _, n := range s.sizes(serfEventSizes...) {
		f := &serfEvents{nodes: n}
		spreads = append(spreads, f)
		jobs = append(jobs, job{fmt.Sprintf("events among %d", n), float64(n * (events + 20)), func(ctx context.Context) error {
			return f.run(ctx, mix(s.Seed, 1, n), events)
		}})
	}
	for _, n := range s.sizes(serfCrashSizes...) {
		f := &serfCrashes{nodes: n, first: make([]sample, chunks)}
		failures = append(failures, f)
		for k := range f.first {
			jobs = append(jobs, job{fmt.Sprintf("crashes among %d", n), float64(max(n, 100) * crashes / 25), func(ctx context.Context) (err error) {
				f.first[k], err = f.run(ctx, mix(s.Seed, 2, n, k), (crashes+chunks-1)/chunks)
				return err
			}})
		}
	}
	partial, err := s.do(ctx, jobs)
	if err != nil {
		return nil, err
	}
	r.Partial = partial
	for _, f := range spreads {
		f.figures(r)
	}
	for _, f := range failures {
		f.figures(r)
	}
	r.Notes = append(r.Notes,
		"The model of Serf's convergence simulator has rounds of 200 ms, in which half of all gossip is in vain. Here a member that has said nothing lately passes news on at "+
			"once, so that the first three rounds or so take as long as packets do; the rest of the members hear in the rounds that follow.",
		"Clusters of up to 32 others probe whom they have not heard of the longest, not at random; so the first probe of a crashed member comes sooner than in the model.",
		"A suspicion runs its minimum only when enough members confirm it, and each of them has to hear of it first or find out itself.")
	return r, nil
}

// serfEvents is how events spread among so many members.
type serfEvents struct {
	nodes            int
	half, most, last sample
	heard            []float64 // seconds, of all events
	missed           sample
}

// eventWait is for how long an event is followed: until gossip has ended.
const eventWait = 10 * time.Second

func (f *serfEvents) run(ctx context.Context, seed uint64, events int) error {
	w, err := assembled(seed, f.nodes, membership.DefaultLAN())
	if err != nil {
		return err
	}
	if err := advance(ctx, w, 20*time.Second); err != nil {
		return err
	}
	var at time.Duration
	var name string
	var heard []float64
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind == membership.EffectEvent && e.Event.Type == eventbus.User && e.Event.Name == name {
			heard = append(heard, (w.Now() - at).Seconds())
		}
	}
	for k := range events {
		name, at, heard = fmt.Sprintf("event-%d", k), w.Now(), nil
		if err := w.Event((k*13)%f.nodes, name, []byte("payload")); err != nil {
			return err
		}
		if err := advance(ctx, w, eventWait+time.Duration(k)*time.Second/time.Duration(events)); err != nil {
			return err
		}
		share := func(q float64) float64 { return heard[min(len(heard), int(math.Ceil(q*float64(f.nodes))))-1] }
		f.half.add(share(0.5))
		f.most.add(share(0.99))
		f.last.add(share(1))
		f.missed.add(float64(f.nodes - len(heard)))
		f.heard = append(f.heard, heard...)
	}
	return nil
}

// rate is how fast infections grow e-fold in the model, in 1/s.
func (f *serfEvents) rate() float64 {
	c := membership.DefaultLAN()
	return float64(c.Swim.GossipNodes) * 0.5 / c.Swim.GossipInterval.Seconds()
}

// model is the share of members that have heard an event after so many seconds.
func (f *serfEvents) model(seconds float64) float64 {
	return 1 / (1 + float64(f.nodes+1)*math.Exp(-f.rate()*seconds))
}

func (f *serfEvents) figures(r *Report) {
	if len(f.half.values) == 0 {
		return
	}
	n := float64(f.nodes)
	source := "logistic, half of 3 contacts in 200 ms count"
	r.Figures = append(r.Figures,
		f.half.figure(fmt.Sprintf("until half of %d have heard an event", f.nodes), "s").expect(math.Log(n+1)/f.rate(), source),
		f.most.figure("until 99 % have", "s").expect((math.Log(n+1)+math.Log(99))/f.rate(), source),
		f.last.figure("until the last one that gossip reached has", "s"),
		f.missed.figure("members that gossip missed", ""))
	measured, model := chart.Series{Name: "measured"}, chart.Series{Name: "model", Expected: true}
	all := sample{f.heard}
	for k := range 21 {
		q := min(0.999, float64(k)/20)
		measured.Points = append(measured.Points, chart.Point{X: all.quantile(q), Y: 100 * q})
	}
	for x := 0.0; x < 3*math.Log(n)/f.rate(); x += 0.1 {
		model.Points = append(model.Points, chart.Point{X: x, Y: 100 * f.model(x)})
	}
	r.Charts = append(r.Charts, chart.Chart{Title: fmt.Sprintf("An event among %d members", f.nodes), X: chart.Axis{Label: "time", Unit: "s"},
		Y: chart.Axis{Label: "members that have heard it", Unit: "%"}, Series: []chart.Series{measured, model}})
}

// serfCrashes is how soon crashes are known among so many members.
type serfCrashes struct {
	nodes int
	first []sample // seconds; by chunk
}

// run lets members crash until count have, and returns after how many seconds the first other member called each failed.
func (f *serfCrashes) run(ctx context.Context, seed uint64, count int) (first sample, err error) {
	c := membership.DefaultLAN()
	w, err := assembled(seed, f.nodes, c)
	if err != nil {
		return first, err
	}
	if err := advance(ctx, w, 20*time.Second); err != nil {
		return first, err
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	wait := time.Duration(f.fixed()*float64(time.Second)) + 15*time.Second
	var at time.Duration
	seen := make(map[int]float64)
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind == membership.EffectNotice && e.Notice.Kind == membership.NoticeMember && e.Notice.Type == eventbus.MemberFailed {
			if i := w.byName[e.Notice.Member.Name]; seen[i] == 0 {
				seen[i] = (w.Now() - at).Seconds()
			}
		}
	}
	for len(first.values) < count {
		if err := advance(ctx, w, time.Duration(rng.Float64()*float64(c.Swim.ProbeInterval))); err != nil {
			return first, err
		}
		clear(seen)
		at = w.Now()
		chosen := rng.Perm(f.nodes)[:min(max(1, f.nodes/100), count-len(first.values))]
		for _, i := range chosen {
			w.Crash(i)
		}
		if err := advance(ctx, w, wait); err != nil {
			return first, err
		}
		for _, i := range chosen {
			if seen[i] > 0 {
				first.add(seen[i])
			}
			if err := w.Start(i); err != nil {
				return first, err
			}
		}
		for _, i := range chosen {
			_ = w.Join(i, (i+1)%f.nodes, (i+2)%f.nodes) // all are up
		}
		if err := advance(ctx, w, 10*time.Second); err != nil {
			return first, err
		}
	}
	return first, nil
}

// fixed is the part of the time that does not hang on luck: the window of the probe and the shortest suspicion, in seconds.
func (f *serfCrashes) fixed() float64 {
	c := membership.DefaultLAN().Swim
	return c.ProbeInterval.Seconds() * (1 + float64(c.SuspicionMult)*max(1, math.Log10(float64(f.nodes))))
}

func (f *serfCrashes) figures(r *Report) {
	var all sample
	for _, chunk := range f.first {
		all.values = append(all.values, chunk.values...)
	}
	if len(all.values) == 0 {
		return
	}
	probe := membership.DefaultLAN().Swim.ProbeInterval.Seconds()
	source := "Exp(1 s) + 1 s + suspicion minimum"
	r.Figures = append(r.Figures,
		all.figure(fmt.Sprintf("from a crash to the first member-failed among %d", f.nodes), "s").expect(f.fixed()+probe, source))
	for _, q := range []float64{0.1, 0.5, 0.9} {
		r.Figures = append(r.Figures, Figure{Name: fmt.Sprintf("quantile %g of it", q), Value: all.quantile(q), Unit: "s"}.
			expect(f.fixed()-math.Log(1-q)*probe, source))
	}
	r.Distributions = append(r.Distributions, all.distribution(fmt.Sprintf("From a crash to the first member-failed among %d", f.nodes), "s", len(all.values)))
}
