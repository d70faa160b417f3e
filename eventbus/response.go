package eventbus

import (
	"bytes"
	"time"
)

// HandleResponse takes an ack or response, type byte first. What it says comes out of Next, the end of the query after
// its last answer. An answer counts once for each name; the first stays.
//
// Answers carry no proof: whoever has seen the query can answer in any name, and reference peers do not look at the
// sender's address, which is another's for relayed answers. All that is checked is that the query runs, and that names
// of no members are few, or none with MembersOnly.
//
// It fails with a *DecodeError; other answers that are ignored are only counted.
func (q *Queries) HandleResponse(now time.Time, b []byte) error {
	m, err := DecodeResponse(b)
	if err != nil {
		q.stats.AnswerMalformed++
		return err
	}
	c := q.running[QueryID{m.LTime, m.ID}]
	switch {
	case c == nil || !now.Before(c.deadline):
		q.stats.AnswerLate++
	case m.Ack() && !c.acks:
		q.stats.AckUnwanted++
	default:
		q.onAnswer(c, &m)
	}
	return nil
}

// onAnswer takes an answer to a running query.
func (q *Queries) onAnswer(c *collector, m *ResponseMessage) {
	what := markResponded
	if m.Ack() {
		what = markAcked
	}
	from, news, known := q.markAnswer(c, m.From, what)
	switch {
	case !known:
		q.stats.AnswerStrange++
	case !news && m.Ack():
		q.stats.AckDuplicate++
	case !news:
		q.stats.ResponseDuplicate++
	case m.Ack():
		q.stats.Acks++
		c.end.Acks++
		q.updates.put(QueryUpdate{Kind: UpdateAck, Query: c.id, From: from})
	default:
		q.stats.Responses++
		c.end.Responses++
		q.updates.put(QueryUpdate{Kind: UpdateResponse, Query: c.id, From: from, Payload: bytes.Clone(m.Payload)})
	}
	if news && c.complete() {
		q.finish(c, EndComplete)
	}
}

// markAnswer notes an answer of the member called name and returns its name, whether it is news, and whether it was
// noted at all.
func (q *Queries) markAnswer(c *collector, name []byte, what uint8) (from string, news, known bool) {
	if i, found := c.find(name); found {
		return c.members[i].Name, c.mark(i, what), true
	}
	marks, known := c.strangers[string(name)]
	if !known && (c.membersOnly || len(c.strangers) >= q.cfg.StrangersMax) {
		return "", false, false
	}
	if c.strangers == nil {
		c.strangers = make(map[string]uint8)
	}
	from = string(name)
	c.strangers[from] = marks | what
	return from, marks&what == 0, true
}
