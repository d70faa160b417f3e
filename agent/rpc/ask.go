package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"serf/agent"
	"serf/eventbus"
)

// runEvent sends a user event.
func (c *conn) runEvent(seq uint64, body []byte) error {
	q, err := decodeEvent(body)
	if err != nil {
		return err
	}
	return c.reply(seq, errorText(c.server.backend.UserEvent(c.ctx, q.Name, q.Payload, q.Coalesce)))
}

// runTags changes the tags of this member.
func (c *conn) runTags(seq uint64, body []byte) error {
	q, err := decodeTags(body)
	if err != nil {
		return err
	}
	return c.reply(seq, errorText(c.server.backend.UpdateTags(c.ctx, q.Tags, q.DeleteTags)))
}

// runQuery asks a query and sends the answers as they come, then that it is over.
func (c *conn) runQuery(seq uint64, body []byte) error {
	p, err := decodeQuery(body)
	if err != nil {
		return err
	}
	if strings.HasPrefix(p.Name, eventbus.InternalPrefix) && (p.Name != eventbus.QueryPing || p.Payload != nil) {
		return c.reply(seq, textQueryReserved)
	}
	if n := c.server.cfg.QueriesMax; c.load.queries.Load() >= int64(n) {
		c.server.tally.feedsRefused.Add(1)
		return c.reply(seq, fmt.Sprintf(textTooManyQueries, n))
	}
	answers, err := c.server.backend.Query(c.ctx, p)
	if err != nil {
		return c.reply(seq, err.Error())
	}
	if err := c.reply(seq, ""); err != nil {
		answers.Close()
		return err
	}
	c.start(seq, &c.load.queries, func(ctx context.Context) error {
		defer answers.Close()
		return c.sendAnswers(ctx, seq, answers)
	})
	return nil
}

// sendAnswers returns nil when the query is over and also when its client, or the agent, is.
func (c *conn) sendAnswers(ctx context.Context, seq uint64, answers Answers) error {
	for ctx.Err() == nil {
		a, err := answers.Next(ctx)
		record := answerRecord{Type: a.Kind.String(), From: a.From, Payload: a.Payload}
		switch {
		case err == io.EOF:
			record = answerRecord{Type: answerDone}
		case err != nil:
			return nil
		case a.Kind == agent.AnswerAck:
			record.Payload = nil
		case a.Payload == nil:
			record.Payload = []byte{}
		}
		sent := c.record(seq, noneLost, func(p *pieces) { p.buf = appendAnswer(p.buf, record) })
		if sent != nil || err == io.EOF {
			return sent
		}
	}
	return nil
}

// runRespond answers a query that was streamed to this client.
func (c *conn) runRespond(seq uint64, body []byte) error {
	q, err := decodeRespond(body)
	if err != nil {
		return err
	}
	id, ok := c.asked.find(time.Now(), q.ID)
	if !ok {
		return c.reply(seq, textUnknownQuery)
	}
	return c.reply(seq, respondText(c.server.backend.Respond(c.ctx, id, q.Payload)))
}

// respondText is what a client hears of the outcome of a response.
func respondText(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, eventbus.ErrQueryUnknown):
		return textUnknownQuery
	case errors.Is(err, eventbus.ErrAnswered):
		return textRespondFailed + eventbus.ErrAnswered.Error()
	case errors.Is(err, eventbus.ErrDeadline):
		return textRespondFailed + eventbus.ErrDeadline.Error()
	}
	return textRespondFailed + err.Error()
}

// deliveredMax is how many queries one connection can answer at a time; beyond it the oldest are forgotten.
const deliveredMax = 1024

// delivered is the queries that one connection was told of and can answer, under numbers that count from 1. It is safe
// for concurrent use. The zero value is ready.
//
// Invariants: the keys of open lie in [oldest, last]; there are at most deliveredMax.
type delivered struct {
	mu           sync.Mutex
	open         map[uint64]openQuery
	oldest, last uint64
}

type openQuery struct {
	id       eventbus.QueryID
	deadline time.Time // zero: unknown
}

// add remembers the query that e brings and returns its number.
func (d *delivered) add(e *eventbus.Event) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		d.open = make(map[uint64]openQuery)
	}
	d.last++
	d.open[d.last] = openQuery{e.QueryID(), e.Deadline}
	now := time.Now()
	for ; d.oldest < d.last; d.oldest++ {
		q, ok := d.open[d.oldest]
		if ok && !q.over(now) && len(d.open) <= deliveredMax {
			break
		}
		delete(d.open, d.oldest)
	}
	return d.last
}

// find returns the query with a number unless it is over.
func (d *delivered) find(now time.Time, number uint64) (eventbus.QueryID, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q, ok := d.open[number]
	if ok && q.over(now) {
		delete(d.open, number)
		ok = false
	}
	return q.id, ok
}

func (q openQuery) over(now time.Time) bool { return !q.deadline.IsZero() && !now.Before(q.deadline) }
