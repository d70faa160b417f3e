package rpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// orderWait is how long a request that waits for the cluster holds up those behind it: answers that come soon come in
	// order, as clients know it from the reference.
	orderWait = 100 * time.Millisecond
	// asidesMax is how many requests of one connection may wait for the cluster; before one of them is answered no further
	// request is read.
	asidesMax = 16
)

// kind tells apart the requests that wait for the cluster. Those of one kind are executed in their order.
type kind string

const (
	kindJoin  kind = "join"
	kindLeave kind = "force-leave"
	kindTags  kind = "tags"
	kindKeys  kind = "keys"
)

// asides are the requests of one connection that wait for the cluster, each in a goroutine of its own. They belong to the
// goroutine of serve.
type asides struct {
	running sync.WaitGroup
	room    chan struct{} // holds a token for each
	latest  map[kind]<-chan struct{}
}

func newAsides() asides {
	return asides{room: make(chan struct{}, asidesMax), latest: make(map[kind]<-chan struct{})}
}

// wait returns when all of them have been answered.
func (a *asides) wait() { a.running.Wait() }

// execute runs a request: at once, or aside when it waits for the cluster. A large one is never put aside, so that what
// waits for one connection has no more bytes than that.
func (c *conn) execute(cmd command, seq uint64, body []byte) error {
	if cmd.kind == "" || len(body) > guestBytesMax {
		return cmd.run(c, seq, body)
	}
	select {
	case c.asides.room <- struct{}{}:
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	body = bytes.Clone(body)
	earlier, answered := c.asides.latest[cmd.kind], make(chan struct{})
	c.asides.latest[cmd.kind] = answered
	c.asides.running.Go(func() {
		defer func() { <-c.asides.room }()
		defer close(answered)
		if earlier != nil {
			<-earlier
		}
		if err := cmd.run(c, seq, body); err != nil {
			c.breakOff(err)
		}
	})
	return c.await(answered, orderWait)
}

// await waits until done is closed, but no longer than limit. It returns an error when the client or the server goes.
func (c *conn) await(done <-chan struct{}, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	return nil
}

// settle lets what waits be answered before the connection ends because of err, unless nobody is there to hear it.
func (c *conn) settle(err error) {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) || errors.As(err, new(stalledError)) ||
		errors.Is(err, context.Canceled) {
		c.cancel()
	}
	c.asides.wait()
}
