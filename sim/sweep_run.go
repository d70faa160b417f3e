package sim

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
)

// SweepRun runs the points of a shard.
type SweepRun struct {
	Sweep *Sweep
	Shard Shard
	// Skip is how many points are done already; their results, and the line before the first, are not written again.
	Skip int
	// Workers is how many points run at one time.
	Workers int
	// Done, unless nil, is told how many points are done, of how many.
	Done func(done, of int)
}

// Points is how many points the shard has.
func (r *SweepRun) Points() int { return r.Shard.count(r.Sweep.Points()) }

// Run writes a line for each point, in order, until all are done or ctx is, and returns how many are, with those skipped. What
// runs when ctx ends is given up. A point that fails has a line too, which says why.
func (r *SweepRun) Run(ctx context.Context, w io.Writer) (done int, err error) {
	if r.Skip == 0 {
		head, err := r.Sweep.header(r.Shard)
		if err == nil {
			_, err = w.Write(head)
		}
		if err != nil {
			return 0, fmt.Errorf("sim: sweep: %w", err)
		}
	}
	var running sync.WaitGroup
	defer running.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done = r.Skip
	of := r.Points()
	for result := range r.results(ctx, &running) {
		b := <-result
		if b == nil {
			return done, nil // given up
		}
		if _, err := w.Write(b); err != nil {
			return done, fmt.Errorf("sim: sweep: %w", err)
		}
		done++
		if r.Done != nil {
			r.Done(done, of)
		}
	}
	return done, nil
}

// results starts the points, Workers at a time, and returns what will hold the line of each, in order; nil is none. When ctx
// ends no more are started.
func (r *SweepRun) results(ctx context.Context, running *sync.WaitGroup) <-chan chan []byte {
	workers := max(1, r.Workers)
	list := make(chan chan []byte, workers)
	free := make(chan struct{}, workers)
	points := r.Sweep.Points()
	running.Go(func() {
		defer close(list)
		for i := r.Shard.first() + r.Skip*r.Shard.step(); i < points; i += r.Shard.step() {
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return
			}
			result := make(chan []byte, 1)
			select {
			case list <- result:
			case <-ctx.Done():
				return
			}
			running.Go(func() {
				result <- r.Sweep.line(ctx, i)
				<-free
			})
		}
	})
	return list
}

// line runs point i and returns its line, or nil when ctx ends before.
func (s *Sweep) line(ctx context.Context, i int) []byte {
	p := s.params(i)
	out := SweepResult{Point: i, Seed: p.Seed}
	report, err := s.scenario.Run(ctx, p)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		out.Error = err.Error()
	} else {
		report.Figures = slices.DeleteFunc(report.Figures, func(f Figure) bool { return f.Clocked })
		out.Found = report
	}
	b, err := line(&out)
	if err != nil { // a figure is no number
		b, _ = line(&SweepResult{Point: i, Seed: p.Seed, Error: err.Error()}) // this has none
	}
	return b
}
