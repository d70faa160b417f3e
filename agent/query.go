package agent

import (
	"context"

	"serf/eventbus"
)

// QueryParams says what a query asks, and whom.
type QueryParams = eventbus.QueryParams

// AnswerKind says what an Answer is.
type AnswerKind uint8

const (
	// AnswerAck: the member has received the query.
	AnswerAck AnswerKind = iota + 1
	// AnswerResponse: the member responded with Payload.
	AnswerResponse
)

// String returns "ack" or "response".
func (k AnswerKind) String() string {
	if k == AnswerAck {
		return "ack"
	}
	return "response"
}

// Answer is what one member says to a query. It is immutable.
type Answer struct {
	Kind    AnswerKind
	From    string
	Payload []byte
}

// Query is a query that was asked here. Its answers wait for one reader.
type Query struct{}

// Query asks the members that p selects. It fails when p cannot be gossiped; then nothing was sent. Answers come out of
// the Query, which should be closed when no more of them are wanted. ctx is for the start alone.
func (a *Agent) Query(ctx context.Context, p QueryParams) (*Query, error) { return nil, ErrNotWired }

// ID returns what the query is known by.
func (q *Query) ID() eventbus.QueryID { return eventbus.QueryID{} }

// Next waits for an answer. It returns io.EOF when the query is over and everything was read, ErrClosed when the agent or
// the query was closed, and the error of ctx when that ends first. One goroutine may call it at a time.
func (q *Query) Next(ctx context.Context) (Answer, error) { return Answer{}, ErrNotWired }

// Dropped returns how many answers were lost because too many waited for the reader.
func (q *Query) Dropped() uint64 { return 0 }

// Close gives the query up. A waiting Next returns. A second Close does nothing.
func (q *Query) Close() {}

// Respond answers the query of an event of type Query. It can be done once for each. It fails with ErrAnswered,
// ErrDeadline, ErrTooLarge or ErrQueryUnknown of package eventbus.
func (a *Agent) Respond(ctx context.Context, id eventbus.QueryID, payload []byte) error {
	return ErrNotWired
}
