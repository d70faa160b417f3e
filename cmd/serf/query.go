package main

import (
	"fmt"
	"math"

	"github.com/urfave/cli/v2"

	"serf/agent/config"
	"serf/agent/rpc"
)

func (p *program) queryCommand() *cli.Command {
	return &cli.Command{
		Name:      "query",
		Usage:     "Asks the members of the Serf cluster and prints their answers",
		UsageText: "serf query [options] name payload",
		Description: "Makes a running agent send a query to all members, or to those that the filters let through, and prints what they " +
			"answer as it comes. It ends when all have answered, at the latest after the timeout.\n\n" +
			"Example: serf query -tag role=web -timeout=2s uptime",
		Flags: clientFlags(
			formatFlag(),
			payloadFileFlag(),
			&cli.StringSliceFlag{Name: "node", DefaultText: "<node>", KeepSpace: true,
				Usage: "Only ask the member of this name. Can be given several times."},
			&cli.StringSliceFlag{Name: "tag", DefaultText: "<key>=<regexp>", KeepSpace: true,
				Usage: "Only ask members with a tag of this key in whose value the expression is found. Can be given several times, once per key."},
			&cli.DurationFlag{Name: "timeout", DefaultText: "15s", Usage: "How long to wait for answers. The agent decides unless given."},
			&cli.BoolFlag{Name: "no-ack", Usage: "Do not ask for a confirmation of receipt."},
			&cli.IntFlag{Name: "relay-factor", DefaultText: "0", Usage: "Over how many other members each answer is sent in addition, 0 to 255."},
			&cli.BoolFlag{Name: "wait", Usage: "Wait for the whole timeout, even if all members have answered."},
		),
		Action: p.query,
	}
}

func (p *program) query(c *cli.Context) error {
	params, err := p.queryParams(c)
	if err != nil {
		return err
	}
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	sink, err := p.querySink(c)
	if err != nil {
		return err
	}
	ctx, stop := p.interruptible(c.Context)
	defer stop()
	answers, err := client.Query(ctx, params)
	if err != nil {
		return failure("Error sending query: %v", err)
	}
	sink.started(params.Name)
	err = p.eachAnswer(ctx, params.Timeout, answers, sink.add)
	if n := answers.Dropped(); n > 0 {
		fmt.Fprintf(p.stderr, "%d answers were lost because they came faster than they could be printed\n", n)
	}
	switch {
	case err != nil && interrupted(ctx):
		fmt.Fprintln(p.stderr, "interrupted: more answers may have been on their way")
		_ = sink.finish()
		return exit{status: exitFailure}
	case err != nil:
		return failure("Error receiving answers: %v", err)
	}
	return sink.finish()
}

// queryParams turns the command line into what to ask, and whom.
func (p *program) queryParams(c *cli.Context) (rpc.QueryParams, error) {
	name, payload, err := p.nameAndPayload(c, "A query name must be specified.")
	if err != nil {
		return rpc.QueryParams{}, err
	}
	factor := c.Int("relay-factor")
	if factor < 0 || factor > math.MaxUint8 {
		return rpc.QueryParams{}, failure("Relay factor must be between 0 and 255")
	}
	tags, err := config.ParseTags(c.StringSlice("tag"))
	if err != nil {
		return rpc.QueryParams{}, failure("Error: %v", err)
	}
	return rpc.QueryParams{
		Name:        name,
		Payload:     payload,
		Nodes:       c.StringSlice("node"),
		Tags:        tags,
		Ack:         !c.Bool("no-ack"),
		RelayFactor: uint8(factor),
		Timeout:     c.Duration("timeout"),
		WaitFull:    c.Bool("wait"),
	}, nil
}
