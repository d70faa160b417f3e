package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"serf/agent"
	"serf/agent/rpc"
)

const (
	// answersGrace is how long after its timeout a query may still be going on before the agent counts as standing still.
	answersGrace = 10 * time.Second
	// answersTimeout is the same for a query whose timeout the agent chooses: 40 s with 65536 members on a WAN, and the grace.
	answersTimeout = time.Minute
)

// errStandstill says that an agent broke off a query.
var errStandstill = fmt.Errorf("the query is not over, long after its time: %w", context.DeadlineExceeded)

// eachAnswer calls f for each answer until the query, which takes timeout or else as long as the agent chooses, is over.
func (p *program) eachAnswer(ctx context.Context, timeout time.Duration, answers *rpc.Query, f func(rpc.Answer)) error {
	limit := answersTimeout
	if timeout > 0 {
		limit = max(timeout, timeout+answersGrace) // the sum may overflow
	}
	if p.rpcTimeout > 0 {
		limit = timeout + p.rpcTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errStandstill)
	defer cancel()
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

// queryJSON prints one object at the end. Acks and Responses are what scripts of the reference read, who find bytes that are no text replaced;
// Base64 has those responses whole.
type queryJSON struct {
	w         io.Writer
	Acks      []string
	Responses map[string]string
	Base64    map[string][]byte `json:",omitempty"`
}

func (*queryJSON) started(string) {}

func (j *queryJSON) add(a rpc.Answer) {
	if a.Kind == agent.AnswerAck {
		j.Acks = append(j.Acks, a.From)
		return
	}
	j.Responses[a.From] = string(a.Payload)
	if utf8.Valid(a.Payload) {
		return
	}
	if j.Base64 == nil {
		j.Base64 = make(map[string][]byte)
	}
	j.Base64[a.From] = a.Payload
}

func (j *queryJSON) finish() error { return writeJSON(j.w, j) }
