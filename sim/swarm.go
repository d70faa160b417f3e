package sim

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Swarm is many trials.
type Swarm struct {
	// From and To are the first and the last seed.
	From, To uint64
	// Hosts is how many hosts each trial has; 0: as the seed says.
	Hosts int
	// Workers is how many trials run at one time.
	Workers int
	// Done, unless nil, is told of each trial that is over, in any order, one after the other.
	Done func(o *Outcome)
}

// SwarmResult is what became of a swarm.
type SwarmResult struct {
	Trials  int
	Failed  []Outcome // in the order of their seeds
	Faults  map[string]int
	Counts  Counts
	Virtual time.Duration // of all worlds together
	// SlowestCalm is the longest time from the last fault to agreement, ShareOfBound the largest part of the time allowed
	// for it, of the trials that agreed.
	SlowestCalm  time.Duration
	ShareOfBound float64

	calm sample // seconds from the last fault until agreement
}

// Run runs the trials until all are done or ctx is. It fails when a world cannot be built, which is a mistake of this package.
func (s *Swarm) Run(ctx context.Context) (SwarmResult, error) {
	r := SwarmResult{Faults: make(map[string]int)}
	seeds := make(chan uint64)
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		first error
	)
	for range max(1, s.Workers) {
		wait.Go(func() {
			for seed := range seeds {
				trial := DrawTrial(seed, s.Hosts)
				out, err := trial.Run()
				mu.Lock()
				if err != nil && first == nil {
					first = fmt.Errorf("sim: seed %d: %w", seed, err)
				}
				r.add(&out)
				if s.Done != nil {
					s.Done(&out)
				}
				mu.Unlock()
			}
		})
	}
	for seed := s.From; seed <= s.To && ctx.Err() == nil; seed++ {
		select {
		case seeds <- seed:
		case <-ctx.Done():
		}
	}
	close(seeds)
	wait.Wait()
	return r, first
}

func (r *SwarmResult) add(o *Outcome) {
	r.Trials++
	r.Counts.add(&o.Counts)
	r.Virtual += o.Virtual
	for i := range o.Trial.Faults {
		r.Faults[o.Trial.Faults[i].Kind.String()]++
	}
	if o.Violation != nil {
		i := len(r.Failed)
		for i > 0 && r.Failed[i-1].Trial.Seed > o.Trial.Seed {
			i--
		}
		r.Failed = append(r.Failed[:i], append([]Outcome{*o}, r.Failed[i:]...)...)
		return
	}
	r.calm.add(o.Calm.Seconds())
	r.SlowestCalm = max(r.SlowestCalm, o.Calm)
	if o.Bound > 0 {
		r.ShareOfBound = max(r.ShareOfBound, float64(o.Calm)/float64(o.Bound))
	}
}

// Explain says all that is needed to find out why a trial failed: seed, options, time, checker, what changed last, and the
// command that replays it.
func (o *Outcome) Explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n\nfaults, in time after the cluster had formed:\n%s\n", &o.Trial, o.Trial.Timeline())
	if o.Violation != nil {
		fmt.Fprintf(&b, "%v\n\nwhat changed last:\n", o.Violation)
		for _, line := range o.Violation.Last {
			fmt.Fprintln(&b, line)
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintf(&b, "replay: %s\n", o.replay())
	return b.String()
}

// replay is the command that runs the trial again.
func (o *Outcome) replay() string {
	return fmt.Sprintf("serfsim swarm -seeds %d..%d -nodes %d -verbose", o.Trial.Seed, o.Trial.Seed, o.Trial.Hosts)
}
