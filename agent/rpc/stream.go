package rpc

import (
	"context"
	"fmt"

	"serf/eventbus"
)

// runStream begins to send events. The subscription exists before the reply: what happens after it is not missed.
func (c *conn) runStream(seq uint64, body []byte) error {
	q, err := decodeStream(body)
	if err != nil {
		return err
	}
	f, err := eventbus.ParseFilter(q.Type)
	switch _, exists := c.feeds.streams[seq]; {
	case err != nil:
		return c.reply(seq, textFilterInvalid)
	case exists:
		return c.reply(seq, textStreamExists)
	case len(c.feeds.streams) >= c.server.cfg.StreamsMax:
		c.server.tally.feedsRefused.Add(1)
		return c.reply(seq, fmt.Sprintf(textTooManyStreams, c.server.cfg.StreamsMax))
	}
	s := &stream{conn: c, seq: seq, events: c.server.backend.Subscribe(f, c.server.cfg.RecordsMax, eventbus.DropOldest)}
	if err := c.reply(seq, ""); err != nil {
		s.events.Close()
		return err
	}
	if c.feeds.streams == nil {
		c.feeds.streams = make(map[uint64]*feed)
	}
	c.feeds.streams[seq] = c.start(seq, &c.load.streams, s.run)
	return nil
}

// stream sends events to a client. Its subscription is bounded; the oldest events make room, so that the record after a
// gap is the one that says how long it was.
type stream struct {
	conn   *conn
	seq    uint64
	events Events
	told   uint64 // lost events that the client knows of
}

func (s *stream) run(ctx context.Context) error {
	defer s.events.Close()
	defer func() { s.missed(s.lost()) }()
	for ctx.Err() == nil {
		e, err := s.events.Next(ctx)
		if err != nil {
			return nil // stopped, or the agent has ended
		}
		if err := s.send(&e); err != nil {
			return err
		}
	}
	return nil
}

// lost returns how many events the client does not know to have missed.
func (s *stream) lost() uint64 { return s.events.Dropped() - s.told }

// missed counts events that the client did not get.
func (s *stream) missed(lost uint64) {
	s.conn.load.dropped.Add(lost)
	s.conn.server.tally.droppedEvents.Add(lost)
}

func (s *stream) send(e *eventbus.Event) error {
	lost := s.lost()
	if lost > 0 {
		s.told += lost
		s.missed(lost)
	}
	err := s.conn.record(s.seq, s.lost, func(p *pieces) {
		switch {
		case e.Type.OfMember():
			appendMemberEvent(p, e, lost)
		case e.Type == eventbus.User:
			p.buf = appendUserEvent(p.buf, e, lost)
		case e.Type == eventbus.Query:
			p.buf = appendQueryEvent(p.buf, e, s.conn.asked.add(e), lost)
		}
	})
	if err == nil && lost > 0 {
		s.conn.sayDropped("event", lost)
	}
	return err
}

// runStop ends the streams and the monitor with the given Seq. An unknown one is no error.
func (c *conn) runStop(seq uint64, body []byte) error {
	q, err := decodeStop(body)
	if err != nil {
		return err
	}
	if f := c.feeds.streams[q.Stop]; f != nil {
		f.stop()
		delete(c.feeds.streams, q.Stop)
	}
	if f := c.feeds.monitor; f != nil && f.seq == q.Stop {
		f.stop()
		c.feeds.monitor = nil
	}
	return c.reply(seq, "")
}
