package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Report sums up the result of s, which took the given time.
func (r *SwarmResult) Report(s *Swarm, took time.Duration) *Report {
	out := &Report{
		Name: "swarm", Title: "Trials through chaos to calm",
		Setting: fmt.Sprintf("seeds %d to %d, took %v", s.From, s.To, took.Round(time.Second)),
	}
	add := func(name string, value float64, unit string) {
		out.Figures = append(out.Figures, Figure{Name: name, Value: value, Unit: unit})
	}
	add("trials", float64(r.Trials), "")
	add("trials in which an invariant broke", float64(len(r.Failed)), "")
	add("virtual time", r.Virtual.Hours(), "h")
	add("longest way from the last fault to agreement", r.SlowestCalm.Seconds(), "s")
	add("largest part of the time allowed for it", 100*r.ShareOfBound, "%")
	for _, kind := range slices.Sorted(maps.Keys(r.Faults)) {
		add("faults drawn: "+kind, float64(r.Faults[kind]), "")
	}
	c := &r.Counts
	for _, n := range []struct {
		name string
		n    uint64
	}{
		{"packets", c.Packets}, {"packets lost", c.Lost}, {"packets lost for their size", c.TooLarge}, {"streams refused", c.Refused}, {"packets that came twice", c.Duplicated},
		{"inputs that waited at frozen, slow or blocked members", c.Delayed}, {"packets and streams lost there", c.InboxFull},
		{"crashes", c.Crashes}, {"restarts", c.Restarts}, {"leaves", c.Leaves},
	} {
		add(n.name, float64(n.n), "")
	}
	out.Distributions = []Distribution{r.calm.distribution("From the last fault of a trial until all agree", "s", r.Trials)}
	for i := range r.Failed {
		if v := r.Failed[i].Violation; v != nil {
			out.Notes = append(out.Notes, fmt.Sprintf("seed %d: %v; replay: %s", r.Failed[i].Trial.Seed, v, r.Failed[i].replay()))
		}
	}
	if want := int(s.To - s.From + 1); r.Trials < want {
		out.Partial = fmt.Sprintf("%d of %d trials", r.Trials, want)
	}
	return out
}
