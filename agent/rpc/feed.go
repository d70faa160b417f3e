package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"serf/agent/journal"
)

// feed is one stream, monitor or query of a connection: a goroutine that sends records under the Seq of the request that
// began it.
type feed struct {
	seq    uint64
	cancel context.CancelFunc
	ended  chan struct{} // closed when nothing is sent any more
}

// feeds are those of one connection. They belong to the goroutine of serve, save queries.
type feeds struct {
	streams map[uint64]*feed
	monitor *feed
	queries atomic.Int64 // under way
	running sync.WaitGroup
}

// wait returns when all feeds have ended, which they do soon after the context of the connection.
func (f *feeds) wait() { f.running.Wait() }

// start runs f in the background, with a context of its own. When it fails for want of a working connection, that ends.
func (c *conn) start(seq uint64, f func(ctx context.Context) error) *feed {
	ctx, cancel := context.WithCancel(c.ctx)
	d := &feed{seq: seq, cancel: cancel, ended: make(chan struct{})}
	c.feeds.running.Go(func() {
		defer close(d.ended)
		defer cancel()
		if err := f(ctx); err != nil {
			c.breakOff(err)
		}
	})
	return d
}

// stop ends f and returns when its last record is out: the reply to a stop follows all records.
func (f *feed) stop() {
	f.cancel()
	<-f.ended
}

// endFeeds ends all feeds, so that nothing is sent behind a last reply.
func (c *conn) endFeeds() {
	c.cancel()
	c.feeds.wait()
}

// stalledError ends a connection that does not take its records.
type stalledError struct {
	after time.Duration
	lost  uint64 // records of the feed that gave up
}

func (e stalledError) Error() string {
	text := fmt.Sprintf("it took none of its records for %v", e.after)
	if e.lost > 0 {
		text += fmt.Sprintf("; %d more were lost", e.lost)
	}
	return text
}

// breakOff ends the connection because of err, which a feed has met.
func (c *conn) breakOff(err error) {
	c.broken.Do(func() { c.explain(err) })
	c.cancel()
	_ = c.net.Close()
}

// record sends one record. lost is how many the feed has lost since its last one: what is told when the client is stuck.
func (c *conn) record(seq uint64, lost func() uint64, fill func(p *pieces)) error {
	err := c.out.send(func(p *pieces) {
		p.buf = appendReplyHeader(p.buf, replyHeader{Seq: seq})
		fill(p)
	})
	if errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		return stalledError{c.server.cfg.WriteTimeout, lost()}
	}
	return err
}

// noneLost is for feeds that lose nothing.
func noneLost() uint64 { return 0 }

// dropText is how a line about losses of a client begins; its own monitor does not show them.
const dropText = "Dropping "

// sayDropped logs that a client misses records, with the words of the reference, at most once in ten seconds for all
// clients. It is called when the gap is told to the client, never where records are lost: a stalled client causes no line.
func (c *conn) sayDropped(what string, n uint64) {
	c.limited("dropped "+what, journal.Warn, dropText+"%s to ipc.client: %s (%d lost)", what, c.peer, n)
}

// losses counts, for all clients of a server, what clients missed.
type losses struct {
	events, lines, stalled atomic.Uint64
}

// addTo returns stats with a group of these figures, unless all are zero: clients of the reference do not know it.
func (l *losses) addTo(stats map[string]map[string]string) map[string]map[string]string {
	events, lines, stalled := l.events.Load(), l.lines.Load(), l.stalled.Load()
	if events+lines+stalled == 0 {
		return stats
	}
	all := make(map[string]map[string]string, len(stats)+1)
	for name, group := range stats {
		all[name] = group
	}
	all["rpc"] = map[string]string{
		"dropped_events":  strconv.FormatUint(events, 10),
		"dropped_lines":   strconv.FormatUint(lines, 10),
		"stalled_clients": strconv.FormatUint(stalled, 10),
	}
	return all
}
