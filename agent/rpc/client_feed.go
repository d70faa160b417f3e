package rpc

import (
	"context"
	"io"

	"serf/agent"
)

// Stream brings events as they happen. One goroutine may read it at a time.
type Stream struct {
	client  *Client
	records *records
}

// Stream begins to receive the events that filter lets through: a list in the grammar of event handlers without scripts,
// like "member-join,user:deploy"; empty for all.
func (c *Client) Stream(ctx context.Context, filter string) (*Stream, error) {
	r := newRecords(recordsMax, nil)
	err := c.begin(ctx, request{command: "stream", body: appendStream(nil, streamRequest{filter}), records: r})
	if err != nil {
		return nil, err
	}
	return &Stream{c, r}, nil
}

// begin executes a request whose reply is followed by records. After an error those, if any, are ignored.
func (c *Client) begin(ctx context.Context, q request) error {
	q.timeout = c.timeout
	_, err := c.call(ctx, q)
	if err != nil {
		q.records.ignore()
	}
	return err
}

// Next waits for an event. It fails with ErrClosed after Stop and when the connection is over, and with the error of ctx.
func (s *Stream) Next(ctx context.Context) (Event, error) {
	rec, err := s.records.next(ctx, s.client.done)
	if err != nil {
		return Event{}, err
	}
	e, err := decodeEventRecord(rec.body)
	e.Dropped += rec.lost
	return e, s.client.broken(err)
}

// Stop ends the stream; what was not read yet is lost.
func (s *Stream) Stop(ctx context.Context) error { return s.client.stop(ctx, s.records) }

// stop ends the records of a stream or monitor.
func (c *Client) stop(ctx context.Context, r *records) error {
	r.ignore()
	_, err := c.call(ctx, request{command: "stop", body: appendStop(nil, stopRequest{r.seq}), timeout: c.timeout})
	return err
}

// Monitor brings the agent's log. One goroutine may read it at a time.
type Monitor struct {
	client  *Client
	records *records
}

// Monitor begins to receive the log lines at or above level: those that the agent remembers, then new ones. A client can
// have one monitor at a time.
func (c *Client) Monitor(ctx context.Context, level string) (*Monitor, error) {
	r := newRecords(recordsMax, nil)
	err := c.begin(ctx, request{command: "monitor", body: appendMonitor(nil, monitorRequest{level}), records: r})
	if err != nil {
		return nil, err
	}
	return &Monitor{c, r}, nil
}

// Next waits for a line, which has no newline at its end. lost is how many lines were lost just before it because they
// were not read in time; of those that the agent could not send, a line tells. It fails like Stream.Next.
func (m *Monitor) Next(ctx context.Context) (line string, lost uint64, err error) {
	rec, err := m.records.next(ctx, m.client.done)
	if err != nil {
		return "", 0, err
	}
	line, err = decodeLog(rec.body)
	return line, rec.lost, m.client.broken(err)
}

// Stop ends the monitor; what was not read yet is lost.
func (m *Monitor) Stop(ctx context.Context) error { return m.client.stop(ctx, m.records) }

// Query brings the answers to a query. One goroutine may read it at a time.
type Query struct {
	client  *Client
	records *records
	dropped uint64
	over    bool
}

// Answer is what one member says to a query.
type Answer = agent.Answer

// Query asks the members that p selects.
func (c *Client) Query(ctx context.Context, p QueryParams) (*Query, error) {
	r := newRecords(answersMax, lastAnswer)
	err := c.begin(ctx, request{command: "query", body: appendQuery(nil, &p), records: r})
	if err != nil {
		return nil, err
	}
	return &Query{client: c, records: r}, nil
}

func lastAnswer(body []byte) bool {
	a, err := decodeAnswer(body)
	return err == nil && a.Type == answerDone
}

// Next waits for an answer. It returns io.EOF when the query is over, ErrClosed when the connection is or after Close, and
// the error of ctx.
func (q *Query) Next(ctx context.Context) (Answer, error) {
	for !q.over {
		rec, err := q.records.next(ctx, q.client.done)
		if err != nil {
			return Answer{}, err
		}
		q.dropped += rec.lost
		a, err := decodeAnswer(rec.body)
		switch {
		case err != nil:
			return Answer{}, q.client.broken(err)
		case a.Type == answerDone:
			q.over = true
		case a.Type == agent.AnswerAck.String():
			return Answer{Kind: agent.AnswerAck, From: a.From}, nil
		case a.Type == agent.AnswerResponse.String():
			return Answer{Kind: agent.AnswerResponse, From: a.From, Payload: a.Payload}, nil
		}
	}
	return Answer{}, io.EOF
}

// Dropped returns how many of the answers before the latest read one were lost because they were not read in time.
func (q *Query) Dropped() uint64 { return q.dropped }

// Close stops reading. The agent goes on until the query is over.
func (q *Query) Close() { q.records.ignore() }
