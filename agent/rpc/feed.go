package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
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

// feeds are those of one connection that can be stopped. They belong to the goroutine of serve.
type feeds struct {
	streams map[uint64]*feed
	monitor *feed
	running sync.WaitGroup
}

// wait returns when all feeds have ended, which they do soon after the context of the connection.
func (f *feeds) wait() { f.running.Wait() }

// start runs f in the background, with a context of its own. When it fails for want of a working connection, that ends.
// gauge counts what runs.
func (c *conn) start(seq uint64, gauge *atomic.Int64, f func(ctx context.Context) error) *feed {
	ctx, cancel := context.WithCancel(c.ctx)
	d := &feed{seq: seq, cancel: cancel, ended: make(chan struct{})}
	gauge.Add(1)
	c.feeds.running.Go(func() {
		defer close(d.ended)
		defer gauge.Add(-1)
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
	what  string // it does not take
	after time.Duration
	lost  uint64 // records of the feed that gave up
}

func (e stalledError) Error() string {
	text := fmt.Sprintf("it took none of its %s for %v", e.what, e.after)
	if e.lost > 0 {
		text += fmt.Sprintf("; %d more were lost", e.lost)
	}
	return text
}

// breakOff ends the connection because of err, which a feed has met.
func (c *conn) breakOff(err error) {
	c.broken.Do(func() { c.explain(err) })
	c.cancel()
	abort(c.net)
}

// record sends one record. lost is how many the feed has lost since its last one: what is told when the client is stuck.
func (c *conn) record(seq uint64, lost func() uint64, fill func(p *pieces)) error {
	err := c.out.send(func(p *pieces) {
		p.buf = appendReplyHeader(p.buf, replyHeader{Seq: seq})
		fill(p)
	})
	if errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		return stalledError{"records", c.server.cfg.WriteTimeout, lost()}
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
