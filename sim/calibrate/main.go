//go:build linux

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"text/tabwriter"
	"time"

	"serf/sim"
)

func main() {
	path := flag.String("serf", "bin/serf", "binary of the agent")
	agents := flag.Int("agents", 30, "members of either cluster")
	events := flag.Int("events", 20, "events that are sent")
	crashes := flag.Int("crashes", 6, "agents that are killed, one after the other")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *path, *agents, *events, *crashes)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, path string, agents, events, crashes int) error {
	fmt.Fprintf(os.Stderr, "%d events and %d crashes among %d agents: about %v\n", events, crashes, agents,
		(30*time.Second + time.Duration(events)*2*time.Second + time.Duration(crashes)*25*time.Second).Round(time.Minute))
	c, err := newCluster(ctx, path, agents)
	defer c.stop()
	if err != nil {
		return err
	}
	pause(ctx, 10*time.Second) // joins are over
	spread, err := c.spread(ctx, events)
	if err != nil {
		return err
	}
	detected, err := c.detect(ctx, crashes)
	if err != nil {
		return err
	}
	return compare(ctx, w, agents, spread, detected)
}

// spread sends events and returns after how many seconds each agent heard each, the sender left out.
func (c *cluster) spread(ctx context.Context, events int) (list []float64, err error) {
	for i := range events {
		name := fmt.Sprintf("calibrate-%d", i)
		a := c.agents[(i*13)%len(c.agents)]
		if out, err := exec.CommandContext(ctx, c.path, "event", "-rpc-addr="+a.rpc, name).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("event: %w: %s", err, out)
		}
		heard := c.await(ctx, "event "+name, len(c.agents), 10*time.Second)
		for _, at := range heard[min(1, len(heard)):] {
			list = append(list, at.Sub(heard[0]).Seconds())
		}
		pause(ctx, time.Second)
	}
	return list, ctx.Err()
}

// detect kills agents and returns after how many seconds the first other one called each failed.
func (c *cluster) detect(ctx context.Context, crashes int) (list []float64, err error) {
	for i := range crashes {
		a := c.agents[1+(i*7)%(len(c.agents)-1)] // not the one by which others join
		before := len(c.when("failed " + a.name))
		at := time.Now()
		a.kill()
		seen := c.await(ctx, "failed "+a.name, before+len(c.agents)-1, time.Minute)
		if len(seen) > before {
			list = append(list, seen[before].Sub(at).Seconds())
		}
		if err := c.start(a); err != nil {
			return nil, err
		}
		if err := c.agree(ctx); err != nil {
			return nil, err
		}
		pause(ctx, 5*time.Second)
	}
	return list, ctx.Err()
}

// simulated returns the values of one distribution of a scenario.
func simulated(ctx context.Context, agents int, scenario, distribution string, length, latency time.Duration) ([]float64, error) {
	s, _ := sim.FindScenario(scenario)
	r, err := s.Run(ctx, sim.Params{Nodes: agents, Seed: 1, For: length, Profile: "lan", Latency: latency})
	if err != nil {
		return nil, err
	}
	for _, d := range r.Distributions {
		if d.Name == distribution {
			return slices.DeleteFunc(d.Values, func(v float64) bool { return v == 0 }), nil // senders hear at once
		}
	}
	return nil, fmt.Errorf("scenario %s has no distribution %q", scenario, distribution)
}

// latencies are tried in the simulator: the first is what loopback takes, the others what it may take with the wait for a processor.
var latencies = []time.Duration{100 * time.Microsecond, 300 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond,
	8 * time.Millisecond}

func compare(ctx context.Context, w io.Writer, agents int, spread, detected []float64) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "seconds\tvalues\t10 %\t50 %\t90 %\tmax\tKS distance\tby chance below\t")
	for _, row := range []struct {
		name, scenario, distribution string
		real                         []float64
		length                       time.Duration
		latencies                    []time.Duration
	}{
		{"event until heard", "event", "From an event until each member has heard it", spread, 20 * time.Minute, latencies},
		{"crash until failed", "crash", "From a crash until the first member calls it failed", detected, 2 * time.Hour, latencies[:1]},
	} {
		fmt.Fprintf(t, "%s, agents\t%s\t\t\t\n", row.name, quantiles(row.real))
		for _, latency := range row.latencies {
			values, err := simulated(ctx, agents, row.scenario, row.distribution, row.length, latency)
			if err != nil {
				return err
			}
			fmt.Fprintf(t, "simulated, %v a packet\t%s\t%.3f\t%.3f\t\n", latency, quantiles(values), distance(row.real, values),
				critical(len(row.real), len(values)))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, explanation)
	return err
}

func quantiles(values []float64) string {
	if len(values) == 0 {
		return "0\t\t\t\t"
	}
	sorted := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 { return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))] }
	return fmt.Sprintf("%d\t%.4f\t%.4f\t%.4f\t%.4f", len(sorted), at(0.1), at(0.5), at(0.9), sorted[len(sorted)-1])
}

// explanation says what makes the two differ.
const explanation = `
A distance above the last column is more than chance explains in nineteen of twenty cases; values of one event hang together, so
that for events chance explains more than it says.

An event reaches most members in a few packets, each sent as soon as the one before has come. Its time is therefore that of a packet,
which among agents is the wait for a processor, reading, logging and the pipe to this program, and not the network. The simulator has no
such waits and is told the time of a packet: the row with the least distance says what it was on this machine. What remains is their
shape, which is drawn evenly from half to one and a half of that, and among agents hangs on what else runs. Crashes take
seconds, in which such waits are lost.
`
