package sim

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Study compares many runs with published figures, or with each other.
type Study struct {
	Name     string
	Synopsis string
	// Run answers. When ctx is done it ends early, keeps the runs that are over and says in the report how far it came.
	Run func(ctx context.Context, s Setup) (*Report, error)
}

// Setup is what may be chosen about a study. Zero fields leave the choice to the study.
type Setup struct {
	Seed uint64
	// Nodes are the sizes of the clusters that it looks at.
	Nodes []int
	// Runs is how often it measures each thing.
	Runs int
	// Full lets it take as long as the published one did.
	Full bool
	// Workers is how many runs go on at one time; each needs one processor. They change nothing of what is found.
	Workers int
	// Progress, unless nil, is told what is over, and which share of the work; by one goroutine at a time.
	Progress func(Progress)
}

// Studies returns all studies, in the order in which they are best read.
func Studies() []Study {
	return []Study{swimStudy, lifeguardStudy, lifeguardReferenceStudy, serfStudy, stormStudy, flipflopStudy, hardeningStudy}
}

// FindStudy returns the study of that name.
func FindStudy(name string) (Study, bool) {
	for _, s := range Studies() {
		if s.Name == name {
			return s, true
		}
	}
	return Study{}, false
}

// runs is how often something is measured: as chosen, or as the study says for a short and a full run.
func (s *Setup) runs(short, full int) int {
	switch {
	case s.Runs > 0:
		return s.Runs
	case s.Full:
		return full
	}
	return short
}

// sizes are those chosen, or the study's own.
func (s *Setup) sizes(own ...int) []int {
	if len(s.Nodes) > 0 {
		return s.Nodes
	}
	return own
}

// job is one run of a study, on one goroutine. It leaves what it found where no other job does.
type job struct {
	what string
	cost float64 // in proportion to the others
	run  func(ctx context.Context) error
}

// do runs the jobs, as many at one time as there are workers, and begins none once ctx is done. partial says how many are over then;
// empty: all. A job that ends with an error while ctx is not done ends the study.
func (s *Setup) do(ctx context.Context, jobs []job) (partial string, err error) {
	var (
		mu          sync.Mutex
		wait        sync.WaitGroup
		next, over  int
		done, total float64
	)
	for i := range jobs {
		total += jobs[i].cost
	}
	take := func() (*job, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(jobs) || err != nil || ctx.Err() != nil {
			return nil, false
		}
		next++
		return &jobs[next-1], true
	}
	for range max(1, s.Workers) {
		wait.Go(func() {
			for j, ok := take(); ok; j, ok = take() {
				failed := j.run(ctx)
				mu.Lock()
				switch {
				case failed == nil:
					over++
					done += j.cost
					if s.Progress != nil {
						s.Progress(Progress{fmt.Sprintf("%d of %d runs, %s", over, len(jobs), j.what), done / total})
					}
				case ctx.Err() == nil && err == nil:
					err = fmt.Errorf("%s: %w", j.what, failed)
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if over < len(jobs) {
		partial = fmt.Sprintf("after %d of %d runs", over, len(jobs))
	}
	return partial, err
}

// advance lets time pass in w, and fails when ctx is done before.
func advance(ctx context.Context, w *World, d time.Duration) error {
	for end := w.Now() + d; w.Now() < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.Run(min(time.Second, end-w.Now()))
	}
	return nil
}

// advanceUntil lets time pass in steps until done holds, at most for limit, and fails when ctx is done before.
func advanceUntil(ctx context.Context, w *World, limit, step time.Duration, done func() bool) error {
	for end := w.Now() + limit; w.Now() < end && !done(); w.Run(step) {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// mix makes a seed for one of many runs of a study, so that no two share random numbers.
func mix(seed uint64, parts ...int) uint64 {
	m := mixer{a: seed}
	for _, p := range parts {
		m.word(uint64(p))
	}
	return m.a
}

// expect returns f with the figure it is compared to.
func (f Figure) expect(value float64, source string) Figure {
	f.Expected, f.Source = value, source
	return f
}
