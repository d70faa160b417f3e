//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	serf := flag.String("serf", "bin/serf", "binary of the agent")
	duration := flag.Duration("for", 30*time.Minute, "how long")
	network := flag.String("net", "127.79.0", "first three bytes of the loopback addresses")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, *serf, *network, *duration); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// run soaks a cluster until the time is over or ctx ends, and reports.
func run(ctx context.Context, serf, network string, duration time.Duration) error {
	dir, err := os.MkdirTemp("", "serf-soak-")
	if err != nil {
		return err
	}
	c := &cluster{serf: serf, dir: dir, book: &book{}}
	defer os.RemoveAll(dir)
	defer c.end()
	if err := c.start(ctx, network); err != nil {
		return err
	}
	fmt.Printf("five agents at %s.1 to .5, for %v; Ctrl-C ends it\n", network, duration)
	soak, stop := context.WithTimeout(ctx, duration)
	defer stop()
	var all sync.WaitGroup
	for _, work := range []func(context.Context){c.churn, c.send, c.ask, c.visit, c.sample} {
		all.Go(func() { work(soak) })
	}
	all.Wait()
	if ctx.Err() == nil {
		pause(ctx, patience) // for what is under way
	}
	err = c.report(os.Stdout)
	if ctx.Err() != nil {
		return errors.Join(err, errors.New("interrupted"))
	}
	return err
}

// pause waits for d and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
