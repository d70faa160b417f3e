package main

import (
	"context"
	"errors"
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
			"events as they come, until Ctrl-C.\n\nExample: serf monitor -no-log -event=member-failed,user:deploy",
		Flags: clientFlags(
			&cli.StringFlag{Name: "log-level", Value: "INFO", DefaultText: "info", Usage: "trace, debug, info, warn or err."},
			&cli.StringFlag{Name: "event", Value: "*", DefaultText: "<filter>", Usage: "Only these events: a list like that of an event handler, " +
				"member-join,user:deploy,query."},
			&cli.BoolFlag{Name: "no-events", Usage: "Show the log only."},
			&cli.BoolFlag{Name: "no-log", Usage: "Show events only."},
			&cli.BoolFlag{Name: "reconnect", Usage: "When the connection is lost, connect again instead of ending with status 1. Lines that were shown " +
				"are not repeated; events of the meantime are missed."},
			&cli.StringFlag{Name: "format", Value: "text", DefaultText: "text", Usage: "Output format: text, or json for one object a line."},
		),
		Action: p.monitor,
	}
}

func (p *program) monitor(c *cli.Context) error {
	if c.Bool("no-log") && c.Bool("no-events") {
		return misuse("Nothing is left to show with both -no-log and -no-events.")
	}
	client, err := p.open(c)
	if err != nil {
		return err
	}
	ctx, stop := p.interruptible(c.Context)
	defer stop()
	c.Context = ctx
	out := newFeedPrinter(p.stdout, c.String("format"))
	out.colour = p.colours(p.stdout)
	for {
		err := follow(ctx, c, client, out)
		switch {
		case interrupted(ctx):
			return nil
		case !c.Bool("reconnect") || refused(err) || ctx.Err() != nil:
			return err
		}
		say(p.stderr, "the connection to the agent was lost; trying again every second until Ctrl-C")
		if client, err = p.reconnect(ctx, c); err != nil {
			return err
		}
		if client == nil {
			return nil // interrupted
		}
		say(p.stderr, "connected again")
		out.resume.connected()
	}
}

// errMonitorEnded ends a monitor whose agent has ended, in the words that scripts know.
var errMonitorEnded = failure("\nRemote side ended the monitor! The agent has ended, or the\nconnection to it was lost.")

// follow prints what the command line asks for until the connection ends, and closes it.
func follow(ctx context.Context, c *cli.Context, client *rpc.Client, out *feedPrinter) error {
	defer client.Close()
	feeds, err := openFeeds(ctx, c, client)
	defer feeds.close(ctx)
	if err != nil {
		return err
	}
	feeds.print(ctx, out)
	return errMonitorEnded
}

// reconnectEvery is the pause between attempts to reach an agent again.
const reconnectEvery = time.Second

// reconnect dials the agent until it answers. It returns an error when the agent refuses, and nothing when ctx ends.
func (p *program) reconnect(ctx context.Context, c *cli.Context) (*rpc.Client, error) {
	for pause(ctx, reconnectEvery) {
		if client, err := p.connect(c); err == nil || refused(err) {
			return client, err
		}
	}
	return nil, nil
}

// refused says whether err is what an agent has answered, so that asking again is of no use.
func refused(err error) bool {
	var e exit
	return errors.As(err, &e) && errors.As(e.cause, new(*rpc.RemoteError))
}

// feeds are what a monitor reads; nil is not asked for.
type feeds struct {
	events *rpc.Stream
	lines  *rpc.Monitor
}

// openFeeds asks for what the command line wants. After an error, too, the feeds are to be closed.
func openFeeds(ctx context.Context, c *cli.Context, client *rpc.Client) (f feeds, err error) {
	if !c.Bool("no-events") {
		if f.events, err = client.Stream(ctx, c.String("event")); err != nil {
			return f, failure("Error starting stream: %v", err)
		}
	}
	if !c.Bool("no-log") {
		if f.lines, err = client.Monitor(ctx, c.String("log-level")); err != nil {
			return f, failure("Error starting monitor: %v", err)
		}
	}
	return f, nil
}

func (f feeds) close(ctx context.Context) {
	if f.lines != nil {
		endFeed(ctx, f.lines.Stop)
	}
	if f.events != nil {
		endFeed(ctx, f.events.Stop)
	}
}

// stopTimeout is how long the agent may take to hear that nobody listens any more.
const stopTimeout = 2 * time.Second

// endFeed tells the agent that nobody listens any more, which it also learns from the end of the connection.
func endFeed(ctx context.Context, stop func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	_ = stop(ctx)
}
