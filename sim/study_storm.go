package sim

import (
	"context"
	"fmt"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/sim/chart"
)

var stormStudy = Study{
	Name: "storm", Synopsis: "100 and 1,000 members, with -full up to 10,000, join one seed at once: time to agreement, sizes reported on the way",
	Run: studyStorm,
}

// storm is one run.
type storm struct {
	nodes    int
	agreed   float64 // seconds
	half     float64 // until half of all entries are there
	sizes    int     // different sizes of the cluster that were reported
	packets  float64 // that each member sent
	streams  float64 // bytes that each sent in streams
	failures int     // members called failed
	curve    []chart.Point
	done     bool
}

// stormPublished are the slowest bootstraps that Rapid's authors saw with memberlist; of other sizes they do not tell.
var stormPublished = map[int]float64{2000: 95}

// stormLimit is after which time a storm counts as not over.
const stormLimit = 5 * time.Minute

func studyStorm(ctx context.Context, s Setup) (*Report, error) {
	runs := s.runs(2, 10)
	r := &Report{Name: "storm", Title: "Join storms", Setting: fmt.Sprintf("profile lan, latency 0.2 ms to 0.8 ms, all join one seed in the same moment; %d runs of each size; seed %d",
		runs, s.Seed)}
	var jobs []job
	sizes := s.sizes(100, 1000)
	if s.Full {
		sizes = s.sizes(100, 1000, 2000, 10000)
	}
	found := make([][]storm, len(sizes))
	for i, n := range sizes {
		found[i] = make([]storm, runs)
		for k := range found[i] {
			f := &found[i][k]
			f.nodes = n
			jobs = append(jobs, job{fmt.Sprintf("%d join", n), float64(n * n), func(ctx context.Context) error { return f.run(ctx, mix(s.Seed, n, k)) }})
		}
	}
	partial, err := s.do(ctx, jobs)
	if err != nil {
		return nil, err
	}
	r.Partial = partial
	curves := chart.Chart{Title: "Entries that members have of each other", X: timeAxis, Y: chart.Axis{Label: "of all", Unit: "%"}}
	for i := range sizes {
		stormFigures(r, found[i])
		if found[i][0].done {
			curves.Series = append(curves.Series, chart.Series{Name: fmt.Sprint(sizes[i]), Points: found[i][0].curve})
		}
	}
	r.Charts = append(r.Charts, curves)
	r.Notes = append(r.Notes, "Rapid (ATC'18) started its members one after the other within seconds, on machines that were shared; its figure for memberlist is of the whole of that. "+
		"Here the seed answers all at once, as a virtual host takes no time.")
	return r, nil
}

func stormFigures(r *Report, runs []storm) {
	var agreed, half, sizes, packets, streams, failures sample
	for _, f := range runs {
		if !f.done {
			continue
		}
		agreed.add(f.agreed)
		half.add(f.half)
		sizes.add(float64(f.sizes))
		packets.add(f.packets)
		streams.add(f.streams / 1e6)
		failures.add(float64(f.failures))
	}
	if len(agreed.values) == 0 {
		return
	}
	n := runs[0].nodes
	whole := agreed.figure(fmt.Sprintf("until %d agree", n), "s")
	if published, known := stormPublished[n]; known {
		whole = whole.expect(published, "at most, memberlist in Rapid, ATC'18, figure 5")
	}
	r.Figures = append(r.Figures, whole,
		half.figure("until they have half of all entries", "s"),
		sizes.figure("different sizes reported on the way", ""),
		packets.figure("packets that a member sent", ""),
		streams.figure("what it sent in streams", "MB"),
		failures.figure("times that a member was called failed", ""))
}

func (f *storm) run(ctx context.Context, seed uint64) error {
	w, err := ground(seed, f.nodes, membership.DefaultLAN())
	if err != nil {
		return err
	}
	known, entries, all := make([]int, f.nodes), 0, f.nodes*f.nodes
	reported := make(map[int]bool)
	w.Observe = func(host int, e *membership.Effect) {
		if e.Kind != membership.EffectNotice || e.Notice.Kind != membership.NoticeMember {
			return
		}
		switch e.Notice.Type {
		case eventbus.MemberJoin:
			known[host]++
			entries++
		case eventbus.MemberFailed:
			known[host]--
			entries--
			f.failures++
		}
	}
	for i := range f.nodes {
		if err := w.Start(i); err != nil {
			return err
		}
	}
	for i := 1; i < f.nodes; i++ {
		_ = w.Join(i, 0) // it is up
	}
	for w.Now() < stormLimit && entries < all {
		if err := advance(ctx, w, 100*time.Millisecond); err != nil {
			return err
		}
		share := float64(entries) / float64(all)
		f.curve = append(f.curve, chart.Point{X: w.Now().Seconds(), Y: 100 * share})
		if f.half == 0 && share >= 0.5 {
			f.half = w.Now().Seconds()
		}
		for _, n := range known {
			reported[n] = true
		}
	}
	if err := w.Converged(); err != nil {
		return fmt.Errorf("%d members do not agree: %w", f.nodes, err)
	}
	c := w.Counts()
	f.agreed, f.sizes, f.done = w.Now().Seconds(), len(reported), true
	f.packets, f.streams = float64(c.Packets)/float64(f.nodes), float64(c.StreamBytes)/float64(f.nodes)
	return nil
}
