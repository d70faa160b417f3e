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
	"runtime"
	"time"
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
	spread, m, err := c.spreadMeasured(ctx, events)
	if err != nil {
		return err
	}
	detected, err := c.detect(ctx, crashes)
	if err != nil {
		return err
	}
	c.stop() // simulations need the processors
	return compare(ctx, w, agents, events, &m, spread, detected)
}

// quietTime is for how long agents are watched without events.
const quietTime = 20 * time.Second

// spreadMeasured is spread with what it took of the processors.
func (c *cluster) spreadMeasured(ctx context.Context, events int) (list []float64, m machine, err error) {
	before, err := c.usage()
	if err != nil {
		return nil, m, err
	}
	pause(ctx, quietTime)
	quiet, err := c.usage()
	if err != nil {
		return nil, m, err
	}
	if list, err = c.spread(ctx, events); err != nil {
		return nil, m, err
	}
	after, err := c.usage()
	return list, newMachine(runtime.NumCPU(), before, quiet, after, events), err
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
