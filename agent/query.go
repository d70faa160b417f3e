package agent

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
)

const (
	// answersMax is how many answers of one query wait for its reader, and answersBytesMax bounds their payloads: enough for
	// an ack and a response of every member of a large cluster.
	answersMax      = 1 << 14
	answersBytesMax = 16 << 20
)

// QueryParams says what a query asks, and whom.
type QueryParams = membership.QueryParams

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
	switch k {
	case AnswerAck:
		return "ack"
	case AnswerResponse:
		return "response"
	}
	return "unknown"
}

// Answer is what one member says to a query. It is immutable.
type Answer struct {
	Kind    AnswerKind
	From    string
	Payload []byte
}

// Query is a query that was asked here. Its answers wait for one reader; the agent never waits for that.
type Query struct {
	agent *Agent
	id    eventbus.QueryID // set before Agent.Query returns

	mu      sync.Mutex
	token   membership.Token // 0: the loop has not begun it
	answers []Answer         // that wait, oldest first
	bytes   int              // of their payloads
	dropped uint64
	end     error         // not nil: nothing more comes, and why
	given   bool          // Close was called
	ready   chan struct{} // holds one token when the reader may find something new
}

// Query asks the members that p selects. It fails with ErrQueryName, or when p cannot be gossiped; then nothing was sent.
// Answers come out of the Query, which should be closed when no more of them are wanted. ctx is for the start alone.
func (a *Agent) Query(ctx context.Context, p QueryParams) (*Query, error) {
	a.log.Printf(journal.Debug, "agent", "Requesting query send: %s. Payload: %q", plain(p.Name), p.Payload)
	q, err := a.query(ctx, p)
	if err != nil {
		a.log.Printf(journal.Warn, "agent", "failed to start user query: %v", err)
	}
	return q, err
}

func (a *Agent) query(ctx context.Context, p QueryParams) (*Query, error) {
	if eventbus.IsInternal(p.Name) && (p.Name != eventbus.QueryPing || p.Payload != nil) {
		return nil, ErrQueryName
	}
	q := &Query{agent: a, ready: make(chan struct{}, 1)}
	r, err := a.do(ctx, command{kind: commandQuery, params: p, query: q})
	if err != nil {
		q.Close()
		return nil, err
	}
	q.id = r.query
	return q, nil
}

// ID returns what the query is known by.
func (q *Query) ID() eventbus.QueryID { return q.id }

// Next waits for an answer. It returns io.EOF when the query is over and everything was read, ErrClosed when the agent or
// the query was closed, and the error of ctx when that ends first. One goroutine may call it at a time.
func (q *Query) Next(ctx context.Context) (Answer, error) {
	for {
		x, end, ok := q.take()
		switch {
		case ok:
			return x, nil
		case end != nil:
			return Answer{}, end
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			return Answer{}, ctx.Err()
		}
	}
}

// Dropped returns how many answers were lost because too many waited for the reader.
func (q *Query) Dropped() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// Close gives the query up. A waiting Next returns. A second Close does nothing.
func (q *Query) Close() {
	q.mu.Lock()
	over := q.end != nil
	q.answers, q.bytes, q.end, q.given = nil, 0, ErrClosed, true
	token := q.token
	q.mu.Unlock()
	q.wake()
	if over || token == 0 {
		return
	}
	// When there is no room for the command, the query is cancelled at its next answer or ends with its timeout.
	select {
	case q.agent.commands <- command{kind: commandCancel, ctx: context.Background(), token: token}:
	default:
	}
}

// take takes the oldest answer out; without one, end tells whether the query is over.
func (q *Query) take() (x Answer, end error, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.answers) == 0 {
		return Answer{}, q.end, false
	}
	x = q.answers[0]
	q.answers[0] = Answer{}
	q.answers = q.answers[1:]
	q.bytes -= len(x.Payload)
	return x, nil, true
}

// begin notes under which token the loop runs the query, and whether it is still wanted.
func (q *Query) begin(token membership.Token) (wanted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.token = token
	return !q.given
}

// put adds an answer and says whether the query is still wanted.
func (q *Query) put(x Answer) (wanted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.given:
		return false
	case len(q.answers) >= answersMax || q.bytes+len(x.Payload) > answersBytesMax:
		q.dropped++
		q.agent.counters.answersDropped.Add(1)
	default:
		q.answers = append(q.answers, x)
		q.bytes += len(x.Payload)
	}
	q.wake()
	return true
}

// finish tells that nothing more comes.
func (q *Query) finish(end error) {
	q.mu.Lock()
	if q.end == nil {
		q.end = end
	}
	q.mu.Unlock()
	q.wake()
}

func (q *Query) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// ended turns the end of a query in the machine into the error of Next.
func ended(err error) error {
	switch {
	case errors.Is(err, membership.ErrStopped):
		return ErrClosed
	case err != nil:
		return err
	}
	return io.EOF
}

// ask starts q.
func (l *loop) ask(now time.Time, q *Query, p QueryParams) (eventbus.QueryID, error) {
	l.token++
	if wanted := q.begin(l.token); !wanted {
		return eventbus.QueryID{}, ErrClosed
	}
	id, err := l.cluster.Query(now, l.token, p)
	if err == nil {
		l.queries[l.token] = q
	}
	return id, err
}

// cancel ends a query that nobody wants any more.
func (l *loop) cancel(now time.Time, token membership.Token) {
	if _, running := l.queries[token]; running {
		delete(l.queries, token)
		l.cluster.CancelQuery(now, token)
	}
}

// onAnswer hands x to its query.
func (l *loop) onAnswer(x membership.Answer) {
	q, ok := l.queries[x.Token]
	if !ok {
		return
	}
	a := Answer{Kind: AnswerResponse, From: x.From, Payload: x.Payload}
	if x.Ack {
		a.Kind = AnswerAck
	}
	if wanted := q.put(a); !wanted {
		l.unwanted = append(l.unwanted, x.Token)
	}
}

// Respond answers the query of an event of type Query. It can be done once for each. It fails with ErrAnswered,
// ErrDeadline, ErrTooLarge or ErrQueryUnknown of package eventbus, and then nothing was sent.
func (a *Agent) Respond(ctx context.Context, id eventbus.QueryID, payload []byte) error {
	_, err := a.do(ctx, command{kind: commandRespond, id: id, payload: payload})
	return err
}
