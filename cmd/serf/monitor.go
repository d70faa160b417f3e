package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"serf/agent/rpc"
)

func (p *program) monitorCommand() *cli.Command {
	return &cli.Command{
		Name:      "monitor",
		Usage:     "Shows the log and the events of a Serf agent",
		UsageText: "serf monitor [options]",
		Description: "Shows the last lines of the log of a running agent, whatever the level of its own output, and then new lines and " +
			"events as they come, until Ctrl-C.",
		Flags: clientFlags(
			&cli.StringFlag{Name: "log-level", Value: "INFO", DefaultText: "info", Usage: "trace, debug, info, warn or err."},
		),
		Action: p.monitor,
	}
}

func (p *program) monitor(c *cli.Context) error {
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, stop := p.interruptible(c.Context)
	defer stop()
	events, err := client.Stream(ctx, "*")
	if err != nil {
		return failure("Error starting stream: %v", err)
	}
	defer endFeed(ctx, events.Stop)
	lines, err := client.Monitor(ctx, c.String("log-level"))
	if err != nil {
		return failure("Error starting monitor: %v", err)
	}
	defer endFeed(ctx, lines.Stop)
	p.printAll(ctx, events, lines)
	if interrupted(ctx) {
		return nil
	}
	return failure("\nRemote side ended the monitor! The agent has ended, or the\nconnection to it was lost.")
}

// stopTimeout is how long the agent may take to hear that nobody listens any more.
const stopTimeout = 2 * time.Second

// endFeed tells the agent that nobody listens any more, which it also learns from the end of the connection.
func endFeed(ctx context.Context, stop func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	_ = stop(ctx)
}

// printAll prints lines and events as they come, until there are no more of both or ctx ends.
func (p *program) printAll(ctx context.Context, events *rpc.Stream, lines *rpc.Monitor) {
	var mu sync.Mutex
	say := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(p.stdout, text)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			line, lost, err := lines.Next(ctx)
			if err != nil {
				return
			}
			if lost > 0 {
				say(fmt.Sprintf("(%d lines lost)", lost))
			}
			say(line)
		}
	})
	wg.Go(func() {
		for {
			e, err := events.Next(ctx)
			if err != nil {
				return
			}
			say(eventText(e))
		}
	})
	wg.Wait()
}
