package discover

import (
	"errors"
	"net"
	"sync"
	"time"

	"serf/agent/journal"
)

const (
	// answersPerSecondMax bounds what questions can make an agent send. A network of 10000 agents asks 170 times a second.
	answersPerSecondMax = 500
	// readPause is the wait after a read that failed.
	readPause = 100 * time.Millisecond
)

// ear is where questions of one address family are heard.
type ear struct {
	family family
	bad    bool // the last attempt to use the family failed; only the poller touches it, and Start before there is one

	mu     sync.Mutex
	conn   *net.UDPConn // nil: could not be opened yet
	closed bool
}

// tend opens the ear, or makes sure that an open one is still in its group.
func (d *Discovery) tend(e *ear, on *net.Interface) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return net.ErrClosed
	}
	if e.conn != nil {
		return e.family.rejoin(e.conn, on)
	}
	c, err := e.family.listen(on)
	if err != nil {
		return err
	}
	e.conn = c
	d.wg.Go(func() { d.respond(c) })
	return nil
}

func (e *ear) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.conn != nil {
		_ = e.conn.Close()
	}
}

// respond answers what is asked on c until it is closed.
func (d *Discovery) respond(c *net.UDPConn) {
	buf := make([]byte, messageBytesMax)
	var limit limiter
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			d.log.Limited("mdns read", journal.Debug, component, "reading a question: %v", err)
			d.pause(readPause)
			continue
		}
		reply := d.service.answer(buf[:n])
		switch {
		case reply == nil:
		case !limit.allow(time.Now()):
			d.counters.answersLimit.Add(1)
		default:
			d.counters.answered.Add(1)
			if _, err := c.WriteToUDPAddrPort(reply, from); err != nil {
				d.counters.answersLost.Add(1)
				d.log.Limited("mdns write", journal.Debug, component, "answering %v: %v", from, err)
			}
		}
	}
}

func (d *Discovery) pause(wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.ctx.Done():
	}
}

// limiter lets answersPerSecondMax answers of each second through.
type limiter struct {
	second int64
	given  int
}

func (l *limiter) allow(now time.Time) bool {
	if second := now.Unix(); second != l.second {
		l.second, l.given = second, 0
	}
	l.given++
	return l.given <= answersPerSecondMax
}
