package eventbus

import (
	"fmt"
	"time"
)

// Respond makes the response to a received query, which can be done once. It is the same whether it travels directly,
// over relays or over a stream: the asking member takes the first and ignores the others.
//
// It fails with ErrQueryUnknown, ErrTooLarge, ErrAnswered, ErrDeadline or ErrStranger, and then nothing has changed.
func (q *Queries) Respond(now time.Time, id QueryID, payload []byte) (Reply, error) {
	o := q.open[id]
	if o == nil {
		return Reply{}, fmt.Errorf("eventbus: %w", ErrQueryUnknown)
	}
	m := ResponseMessage{LTime: id.LTime, ID: id.ID, From: []byte(q.cfg.Name), Payload: payload}
	q.answer = AppendResponse(q.answer[:0], &m)
	switch n, limit := len(q.answer), max(q.cfg.ResponseBytesMax, q.cfg.StreamBytesMax); {
	case n > limit:
		return Reply{}, tooLarge(n, limit, "response exceeds limit of %d bytes", limit)
	case o.answered:
		return Reply{}, ErrAnswered
	case !now.Before(o.deadline):
		return Reply{}, ErrDeadline
	case !q.knows(o):
		return Reply{}, fmt.Errorf("eventbus: %w: %s %q", ErrStranger, o.to, o.node)
	}
	o.answered = true
	q.stats.Responded++
	return q.reply(o, &m), nil
}

// Open reports whether the query can still be responded to.
func (q *Queries) Open(now time.Time, id QueryID) bool {
	o := q.open[id]
	return o != nil && !o.answered && now.Before(o.deadline)
}

// reply encodes m as the answer to o.
func (q *Queries) reply(o *openQuery, m *ResponseMessage) Reply {
	q.answer = AppendResponse(q.answer[:0], m)
	r := Reply{To: o.to, Node: o.node, Message: q.answer, Self: q.isSelf(o.node, o.to)}
	if r.Self {
		return r
	}
	if !m.Ack() && len(q.answer) > q.cfg.ResponseBytesMax {
		r.Stream = true
		q.stats.RespondedByStream++
		return r
	}
	if o.relays > 0 {
		q.relay = AppendRelayTo(q.relay[:0], o.to, o.node, q.answer)
		r.Relay, r.Relays = q.relay, int(o.relays)
	}
	return r
}
