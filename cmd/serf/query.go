package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/urfave/cli/v2"

	"serf/agent"
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
	params, err := queryParams(c)
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
	if err := eachAnswer(ctx, answers, sink.add); err != nil {
		if interrupted(ctx) {
			return exit{status: exitFailure}
		}
		return failure("Error receiving answers: %v", err)
	}
	if n := answers.Dropped(); n > 0 {
		fmt.Fprintf(p.stderr, "%d answers were lost because they came faster than they could be printed\n", n)
	}
	return sink.finish()
}

// queryParams turns the command line into what to ask, and whom.
func queryParams(c *cli.Context) (rpc.QueryParams, error) {
	name, payload, err := nameAndPayload(c, "A query name must be specified.")
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

// eachAnswer calls f for each answer until the query is over.
func eachAnswer(ctx context.Context, answers *rpc.Query, f func(rpc.Answer)) error {
	for {
		a, err := answers.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		f(a)
	}
}

// querySink takes the answers of one query.
type querySink interface {
	started(name string)
	add(a rpc.Answer)
	finish() error
}

func (p *program) querySink(c *cli.Context) (querySink, error) {
	switch format := c.String("format"); format {
	case "text":
		return &queryText{w: p.stdout, acks: !c.Bool("no-ack")}, nil
	case "json":
		return &queryJSON{w: p.stdout, Responses: map[string]string{}}, nil
	default:
		return nil, failure("Invalid format: %s", format)
	}
}

// queryText prints answers as they come. What members respond is printed byte by byte, without one newline at its end.
type queryText struct {
	w                io.Writer
	acks             bool // were asked for
	acked, responded int
}

func (t *queryText) started(name string) {
	fmt.Fprintf(t.w, "Query '%s' dispatched\n", printable(name))
}

func (t *queryText) add(a rpc.Answer) {
	if a.Kind == agent.AnswerAck {
		t.acked++
		fmt.Fprintf(t.w, "Ack from '%s'\n", printable(a.From))
		return
	}
	t.responded++
	fmt.Fprintf(t.w, "Response from '%s': %s\n", printable(a.From), bytes.TrimSuffix(a.Payload, []byte("\n")))
}

func (t *queryText) finish() error {
	if t.acks {
		fmt.Fprintf(t.w, "Total Acks: %d\n", t.acked)
	}
	fmt.Fprintf(t.w, "Total Responses: %d\n", t.responded)
	return nil
}

// queryJSON prints one object at the end. Its fields are what scripts read.
type queryJSON struct {
	w         io.Writer
	Acks      []string
	Responses map[string]string
}

func (*queryJSON) started(string) {}

func (j *queryJSON) add(a rpc.Answer) {
	if a.Kind == agent.AnswerAck {
		j.Acks = append(j.Acks, a.From)
		return
	}
	j.Responses[a.From] = string(a.Payload)
}

func (j *queryJSON) finish() error { return writeJSON(j.w, j) }
