package sim

import (
	"context"
	"fmt"
	"math"
	"time"
)

var swimStudy = Study{
	Name: "swim", Synopsis: "SWIM (2002): first detection, load and infection in clusters of 8 to 4096, and groups that lose a packet in ten",
	Run: studySWIM,
}

// swimSizes are the sizes of clusters that the study looks at.
var swimSizes = []int{8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096}

// swimSize is what was found about clusters of one size.
type swimSize struct {
	nodes     int
	detection []sample // in periods; by chunk
	load      float64  // packets a member sends in a period
	half, all sample   // periods until an update is known
}

// chunks is in how many parts the detections of one size are measured, so that several processors can.
const chunks = 4

func studySWIM(ctx context.Context, s Setup) (*Report, error) {
	r := &Report{Name: "swim", Title: "SWIM as published in 2002"}
	crashes := s.runs(4000, 16000)
	updates, groups := max(5, crashes/200), max(5, crashes/40)
	r.Setting = fmt.Sprintf("period %v, one indirect ping, suspicions of 3·ln(n) periods, news on pings and acks alone; %d crashes and %d updates of each size, "+
		"%d groups; seed %d", swimPeriod, crashes, updates, groups, s.Seed)
	var jobs []job
	sizes := make([]swimSize, 0, len(swimSizes))
	for _, n := range s.sizes(swimSizes...) {
		sizes = append(sizes, swimSize{nodes: n, detection: make([]sample, chunks)})
	}
	for i := len(sizes) - 1; i >= 0; i-- { // the longest ones first
		f := &sizes[i]
		for k := range f.detection {
			seed, count := mix(s.Seed, 1, f.nodes, k), (crashes+chunks-1)/chunks
			jobs = append(jobs, job{fmt.Sprintf("first detections among %d", f.nodes), float64(count * (f.nodes/f.victims() + 20)), func(ctx context.Context) (err error) {
				f.detection[k], err = firstDetections(ctx, seed, f.nodes, f.victims(), count)
				return err
			}})
		}
		jobs = append(jobs, job{fmt.Sprintf("updates among %d", f.nodes), float64(updates * (f.nodes + 20)), func(ctx context.Context) error {
			return f.infect(ctx, mix(s.Seed, 2, f.nodes), updates)
		}})
	}
	lossy := newLossyGroups(s.Seed, groups)
	partial, err := s.do(ctx, append(jobs, lossy.jobs()...))
	if err != nil {
		return nil, err
	}
	r.Partial = partial
	swimFigures(r, sizes)
	lossy.figures(r)
	return r, nil
}

// victims is how many members crash at one time: so few that they do not matter to each other.
func (f *swimSize) victims() int { return max(1, f.nodes/128) }

// swimFigures puts into r what was found of each size.
func swimFigures(r *Report, sizes []swimSize) {
	var fit trend
	for i := range sizes {
		f := &sizes[i]
		var periods sample
		for _, chunk := range f.detection {
			periods.values = append(periods.values, chunk.values...)
		}
		if len(periods.values) > 0 {
			r.Figures = append(r.Figures, periods.figure(fmt.Sprintf("first detection of a crash among %d", f.nodes), "periods").
				expect(firstDetection(f.nodes, f.victims()), "members that go round in random order; e/(e-1) = 1.582 for many, SWIM §3.1"))
		}
	}
	for i := range sizes {
		f := &sizes[i]
		if len(f.all.values) > 0 {
			r.Figures = append(r.Figures,
				Figure{Name: fmt.Sprintf("packets that a member of %d sends", f.nodes), Value: f.load, Unit: "1/period"}.
					expect(2, "a ping and an ack, whatever the size, SWIM §3"))
		}
	}
	for i := range sizes {
		f := &sizes[i]
		if len(f.all.values) > 0 {
			n := float64(f.nodes)
			fit.add(math.Log(n), f.half.mean())
			r.Figures = append(r.Figures,
				f.half.figure(fmt.Sprintf("until half of %d know of an update", f.nodes), "periods").expect(math.Log(n-1)/2, "a contact rate of 2, SWIM §3.2"),
				f.all.figure(fmt.Sprintf("until all %d do", f.nodes), "periods").expect(math.Log(2*n*(n-1))/2, "the same, until less than half a member is missing"))
		}
	}
	if slope, share := fit.slope(); len(fit.x) > 2 {
		r.Figures = append(r.Figures, Figure{Name: "what the time to half grows by when the size grows e-fold", Value: slope, Unit: "periods"}.
			expect(0.5, "logistic growth with a contact rate of 2"), Figure{Name: "the share of that time's variance that log n explains", Value: share})
	}
	r.Notes = append(r.Notes,
		"SWIM's analysis lets members choose whom to probe at random, among very many. Here, as in SWIM §4.3, each goes round in random order. In small groups that finds "+
			"a crash sooner: of 7 members who each look at somebody else in every period, all have looked at everybody after 7. The expected figures are exact for that.")
}

// firstDetection is how many periods pass on average until the first of the others, who all go round in random order, begins to probe
// one of the given number of crashed members, the one in which that happens included.
func firstDetection(nodes, crashed int) float64 {
	m := nodes - 1 // a round
	probers := float64(nodes - crashed)
	periods := 0.0
	for k := 0; ; k++ {
		missed := 0.0 // by one member in k periods, at every possible place of its round
		for left := 1; left <= m; left++ {
			switch {
			case k <= left:
				missed += 1 - float64(k)/float64(m)
			case k-left < m:
				missed += (1 - float64(left)/float64(m)) * (1 - float64(k-left)/float64(m))
			}
		}
		share := math.Pow(missed/float64(m), probers)
		if share < 1e-12 {
			return periods
		}
		periods += share
	}
}

// infect measures how far updates have come after how many periods, and what members send when nothing happens.
func (f *swimSize) infect(ctx context.Context, seed uint64, updates int) error {
	w, err := assembled(seed, f.nodes, swim2002())
	if err != nil {
		return err
	}
	if err := advance(ctx, w, 40*swimPeriod); err != nil { // what was learned at the beginning has been told
		return err
	}
	before := w.Counts().Packets
	if err := advance(ctx, w, quietPeriods*swimPeriod); err != nil {
		return err
	}
	load := float64(w.Counts().Packets-before) / quietPeriods / float64(f.nodes)
	var half, all sample
	for k := range updates {
		heard, at, origin := 1, w.Now(), (k*7)%f.nodes
		watchUpdates(w, func() {
			heard++
			if heard == (f.nodes+1)/2 {
				half.add(periodsSince(w, at))
			}
			if heard == f.nodes {
				all.add(periodsSince(w, at))
			}
		})
		if err := w.SetTags(origin, map[string]string{"update": fmt.Sprint(k)}); err != nil {
			return err
		}
		err := advanceUntil(ctx, w, 60*swimPeriod, swimPeriod, func() bool { return heard == f.nodes })
		if err == nil {
			err = advance(ctx, w, 5*swimPeriod+time.Duration(k)*swimPeriod/time.Duration(updates)) // at any point of a period
		}
		if err != nil {
			return err
		}
	}
	f.load, f.half, f.all = load, half, all
	return nil
}

// quietPeriods is for how long the load is measured.
const quietPeriods = 20

// periodsSince is how many protocol periods have passed.
func periodsSince(w *World, at time.Duration) float64 {
	return float64(w.Now()-at) / float64(swimPeriod)
}
