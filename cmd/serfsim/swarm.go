package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"serf/sim"
)

func (p *program) swarmCommand() *cli.Command {
	return &cli.Command{
		Name: "swarm", Usage: "runs random trials and checks all invariants", UsageText: "serfsim swarm [options]",
		Description: "Each seed draws a cluster, its network and its faults. A trial ends when all members agree again. " +
			"The exit status is 1 when an invariant broke.\n\nExample: serfsim swarm -seeds 1..200",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "seeds", Value: "1..20", Usage: "one seed, or the first and the last of them"},
			&cli.IntFlag{Name: "nodes", DefaultText: "as the seed says", Usage: "how many members each trial has"},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "how many trials run at one time"},
			&cli.BoolFlag{Name: "first", Usage: "stop when an invariant has broken"},
			&cli.BoolFlag{Name: "verbose", Usage: "print each trial, its faults and its hash"},
		}, outputFlags()...),
		OnUsageError: p.usage,
		Action:       p.swarm,
	}
}

func (p *program) swarm(c *cli.Context) error {
	from, to, err := sim.ParseSeeds(c.String("seeds"))
	if err != nil {
		return usageError{" swarm", "-seeds: " + err.Error()}
	}
	if err := checkOutput(c); err != nil {
		return err
	}
	if n := c.Int("nodes"); n < 0 || n > sim.NodesMax || n == 1 {
		return usageError{" swarm", fmt.Sprintf("-nodes: %d is not within 2 to %d", n, sim.NodesMax)}
	}
	ctx, stop := context.WithCancel(c.Context)
	defer stop()
	done := 0
	s := sim.Swarm{From: from, To: to, Hosts: c.Int("nodes"), Workers: c.Int("workers"), Done: func(o *sim.Outcome) {
		done++
		if c.Bool("verbose") {
			p.progress.clear()
			w := p.stdout
			if c.String("format") != "text" {
				w = p.stderr
			}
			fmt.Fprintf(w, "%v\n%s%v virtual, calm after %v of %v, hash %s\n\n", &o.Trial, o.Trial.Timeline(), o.Virtual, o.Calm, o.Bound, o.Hash)
		}
		if o.Violation != nil {
			p.progress.clear()
			fmt.Fprintf(p.stderr, "%s\n", o.Explain())
			if c.Bool("first") {
				stop()
			}
		}
		p.progress.show(sim.Progress{What: fmt.Sprintf("%d of %d trials", done, to-from+1), Done: float64(done) / float64(to-from+1)})
	}}
	start := time.Now()
	result, err := s.Run(ctx)
	if err != nil {
		return err
	}
	if err := p.write(c, result.Report(&s, time.Since(start))); err != nil {
		return err
	}
	if n := len(result.Failed); n > 0 {
		return fmt.Errorf("an invariant broke in %d of %d trials", n, result.Trials)
	}
	return nil
}
