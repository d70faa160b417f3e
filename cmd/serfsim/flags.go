package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"serf/sim"
)

// paramFlags are those that say what the cluster is like.
func paramFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.IntFlag{Name: "nodes", DefaultText: "as the scenario needs", Usage: "how many members there are"},
		&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "on which everything random hangs"},
		&cli.DurationFlag{Name: "for", DefaultText: "as the scenario needs", Usage: "how long is measured, in virtual time"},
		&cli.StringFlag{Name: "profile", Value: "lan", Usage: "the members' timing: lan, wan or local"},
		&cli.StringFlag{Name: "loss", Value: "0", Usage: "the share of packets that are lost, such as 1% or 0.01"},
		&cli.DurationFlag{Name: "latency", Value: time.Millisecond, Usage: "the mean time that a packet takes"},
		&cli.BoolFlag{Name: "formed", Usage: "begin with a cluster that has existed for long, instead of forming one"},
	}, outputFlags()...)
}

// params reads paramFlags.
func (p *program) params(c *cli.Context) (sim.Params, error) {
	loss, err := sim.ParseShare(c.String("loss"))
	if err != nil {
		return sim.Params{}, usageError{" " + c.Command.Name, "-loss: " + err.Error()}
	}
	if err := checkOutput(c); err != nil {
		return sim.Params{}, err
	}
	if f := c.String("profile"); !slices.Contains(sim.Profiles, f) {
		return sim.Params{}, usageError{" " + c.Command.Name, fmt.Sprintf("-profile: %q is not lan, wan, local", f)}
	}
	if n := c.Int("nodes"); c.IsSet("nodes") && (n < 2 || n > sim.NodesMax) {
		return sim.Params{}, usageError{" " + c.Command.Name, fmt.Sprintf("-nodes: %d is not within 2 to %d", n, sim.NodesMax)}
	}
	if c.Duration("for") < 0 || c.Duration("latency") < 0 {
		return sim.Params{}, usageError{" " + c.Command.Name, "-for and -latency must not be negative"}
	}
	return sim.Params{
		Nodes: c.Int("nodes"), Seed: c.Uint64("seed"), For: c.Duration("for"), Profile: c.String("profile"),
		Loss: loss, Latency: c.Duration("latency"), Formed: c.Bool("formed"), Charts: c.String("out") != "", Progress: p.progress.show,
	}, nil
}
