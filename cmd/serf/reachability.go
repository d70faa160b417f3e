package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"serf/agent/rpc"
	"serf/eventbus"
)

func (p *program) reachabilityCommand() *cli.Command {
	return &cli.Command{
		Name:      "reachability",
		Usage:     "Tests whether all live members can be reached",
		UsageText: "serf reachability [options]",
		Description: "Makes a running agent send a query that every live member confirms, and compares who did with the list of members. " +
			"It ends when all have confirmed, at the latest after the agent's timeout for queries.\n\nExample: serf reachability -verbose",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "verbose", Usage: "Also print each confirmation, and how long it took."},
			formatFlag(),
		),
		Action: p.reachability,
	}
}

func (p *program) reachability(c *cli.Context) error {
	client, err := p.open(c)
	if err != nil {
		return err
	}
	defer client.Close()
	members, err := client.Members(c.Context)
	if err != nil {
		return failure("Error getting members: %v", err)
	}
	t := newReachabilityTest(members)
	t.verbose = c.Bool("verbose")
	if c.String("format") == "text" {
		t.w = p.stdout
	}
	t.printf("Total members: %d, live members: %d\nStarting reachability test...\n", t.members, len(t.live))
	ctx, stop := p.interruptible(c.Context)
	defer stop()
	if err := p.collectAcks(ctx, client, t); err != nil {
		return err
	}
	if t.verbose {
		t.printf("Query time: %.2f sec, time to last response: %.2f sec\n", t.took.Seconds(), t.last.Seconds())
	}
	if c.String("format") == "text" {
		return t.verdict()
	}
	if err := writeJSON(p.stdout, t.json()); err != nil || t.ok() {
		return err
	}
	return exit{status: exitFailure}
}

// collectAcks asks everybody and fills t.
func (p *program) collectAcks(ctx context.Context, client *rpc.Client, t *reachabilityTest) error {
	start := time.Now()
	answers, err := client.Query(ctx, rpc.QueryParams{Name: eventbus.QueryPing, Ack: true})
	switch {
	case err != nil && interrupted(ctx):
		return failure("Test interrupted")
	case err != nil:
		return failure("Error sending query: %v", err)
	}
	err = p.eachAnswer(ctx, 0, answers, func(a rpc.Answer) {
		t.last = time.Since(start)
		t.ack(a.From)
	})
	t.took = time.Since(start)
	switch {
	case err != nil && interrupted(ctx):
		return failure("Test interrupted")
	case err != nil:
		return failure("Error receiving answers: %v", err)
	}
	return nil
}
