package rpc

import (
	"context"
	"fmt"
	"strings"
	"time"

	"serf/agent/journal"
	"serf/swim/msgpack"
)

// runMonitor begins to send the log: what it remembers, then what is added.
func (c *conn) runMonitor(seq uint64, body []byte) error {
	q, err := decodeMonitor(body)
	if err != nil {
		return err
	}
	level, err := journal.ParseLevel(q.LogLevel)
	switch {
	case err != nil:
		return c.reply(seq, textUnknownLevel+strings.ToUpper(q.LogLevel))
	case c.feeds.monitor != nil:
		c.server.tally.feedsRefused.Add(1)
		return c.reply(seq, textMonitorExists)
	}
	m := &monitor{conn: c, seq: seq, lines: c.server.cfg.Log.Subscribe(level, c.server.cfg.RecordsMax)}
	if err := c.reply(seq, ""); err != nil {
		m.lines.Close()
		return err
	}
	c.feeds.monitor = c.start(seq, &c.load.monitors, m.run)
	return nil
}

// monitor sends log lines to a client. What the client is too slow for is lost to it alone, without a line for each.
type monitor struct {
	conn  *conn
	seq   uint64
	lines *journal.Reader
}

func (m *monitor) run(ctx context.Context) error {
	defer m.lines.Close()
	defer func() { m.missed(m.lines.Lost()) }()
	for ctx.Err() == nil {
		l, lost, err := m.lines.Next(ctx)
		if err != nil {
			return nil // stopped
		}
		if lost > 0 {
			m.missed(lost)
			m.conn.sayDropped("logs", lost)
			if err := m.send(m.gap(lost)); err != nil {
				return err
			}
		}
		if m.own(l.Text) {
			continue
		}
		if err := m.send(l.Text); err != nil {
			return err
		}
	}
	return nil
}

// missed counts lines that the client did not get.
func (m *monitor) missed(lost uint64) {
	m.conn.load.dropped.Add(lost)
	m.conn.server.tally.droppedLines.Add(lost)
}

// own says whether a line is about records that this client missed, of which it hears by a marker.
func (m *monitor) own(text string) bool {
	return strings.Contains(text, component+": "+dropText) && strings.Contains(text, " to ipc.client: "+m.conn.peer+" ")
}

// gap is the line that stands where lines are missing.
func (m *monitor) gap(lost uint64) string {
	now := time.Now().Format("2006/01/02 15:04:05")
	return fmt.Sprintf("%s [%s] %s: %d log lines lost here: this client reads too slowly", now, journal.Warn, component, lost)
}

func (m *monitor) send(line string) error {
	return m.conn.record(m.seq, m.lines.Lost, func(p *pieces) {
		p.buf = msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(p.buf, 1), "Log"), line)
	})
}
