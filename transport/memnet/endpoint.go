package memnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"serf/transport"
)

// Endpoint is one bound address: a member's transport.
type Endpoint struct {
	network *Network
	addr    netip.AddrPort
	inbox   *inbox
	backlog chan *conn
	closed  chan struct{}
	once    sync.Once
	source  atomic.Uint32 // counts the dialled streams, for their port numbers

	packetsIn, bytesIn, packetsOut, bytesOut, packetsUnsent, reads atomic.Uint64
	accepted, open, refused, dialed, dialErrors                    atomic.Uint64
}

var _ transport.Transport = (*Endpoint)(nil)

func newEndpoint(n *Network, addr netip.AddrPort) *Endpoint {
	return &Endpoint{network: n, addr: addr, inbox: newInbox(), backlog: make(chan *conn, BacklogMax), closed: make(chan struct{})}
}

// ReadBatch implements transport.Transport.
func (e *Endpoint) ReadBatch(b *transport.Batch) error {
	for {
		b.Reset()
		if e.isClosed() {
			return errClosed("read")
		}
		next := e.inbox.take(time.Now(), b)
		if len(b.Packets) > 0 {
			e.countIn(b)
			return nil
		}
		wait(e.inbox.wake, e.closed, next)
	}
}

func (e *Endpoint) countIn(b *transport.Batch) {
	e.reads.Add(1)
	e.packetsIn.Add(uint64(len(b.Packets)))
	for i := range b.Packets {
		e.bytesIn.Add(uint64(len(b.Packets[i].Data)))
	}
}

// WriteBatch implements transport.Transport.
func (e *Endpoint) WriteBatch(out []transport.Outgoing) (failed int, err error) {
	for i := range out {
		o := &out[i]
		if o.Err = e.write(o.To, o.Data); o.Err != nil {
			if failed == 0 {
				err = o.Err
			}
			failed++
		}
	}
	e.packetsUnsent.Add(uint64(failed))
	return failed, err
}

func (e *Endpoint) write(to netip.AddrPort, data []byte) error {
	switch {
	case e.isClosed():
		return errClosed("write")
	case !to.IsValid():
		return errors.New("memnet: write: no address")
	case len(data) == 0:
		return errors.New("memnet: write: packet without bytes")
	case len(data) > transport.PacketBytesMax:
		return fmt.Errorf("memnet: write %v: %w", to, syscall.EMSGSIZE)
	}
	e.packetsOut.Add(1)
	e.bytesOut.Add(uint64(len(data)))
	e.network.send(e.addr, unmap(to), data)
	return nil
}

// Dial implements transport.Transport.
func (e *Endpoint) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(e.network.cfg.StreamTimeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	c, err := e.connect(ctx, unmap(to))
	if err != nil {
		e.dialErrors.Add(1)
		return nil, opError("dial", unmap(to), err)
	}
	c.SetDeadline(deadline)
	e.dialed.Add(1)
	return c, nil
}

// connect makes the three-way handshake: the stream is in the peer's backlog after one way, and open after both.
func (e *Endpoint) connect(ctx context.Context, to netip.AddrPort) (*conn, error) {
	if e.isClosed() {
		return nil, net.ErrClosed
	}
	if err := e.travel(ctx, e.addr, to); err != nil {
		return nil, err
	}
	peer := e.network.lookup(to)
	if peer == nil || peer.isClosed() {
		if err := e.travel(ctx, to, e.addr); err != nil {
			return nil, err
		}
		return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
	}
	port := firstFreePort + uint16(e.source.Add(1))%(1<<16-firstFreePort)
	here, there := newPair(e.network, netip.AddrPortFrom(e.addr.Addr(), port), e.addr, to)
	select {
	case peer.backlog <- there:
		if peer.isClosed() { // in this moment: nobody will accept
			peer.drain()
		}
	default:
		peer.refused.Add(1)
		return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
	}
	if err := e.travel(ctx, to, e.addr); err != nil {
		here.Close()
		return nil, err
	}
	return here, nil
}

// travel waits for the latency from one endpoint to another, or, when the way is cut, until ctx ends.
func (e *Endpoint) travel(ctx context.Context, from, to netip.AddrPort) error {
	var arrived <-chan time.Time
	if latency, cut := e.network.path(from, to); !cut {
		if latency <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(latency)
		defer timer.Stop()
		arrived = timer.C
	}
	select {
	case <-arrived:
		return nil
	case <-e.closed:
		return net.ErrClosed
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return os.ErrDeadlineExceeded
		}
		return ctx.Err()
	}
}

// Accept implements transport.Transport.
func (e *Endpoint) Accept() (net.Conn, error) {
	for {
		if e.isClosed() {
			return nil, errClosed("accept")
		}
		select {
		case c := <-e.backlog:
			e.accepted.Add(1)
			e.open.Add(1)
			c.onClose = func() { e.open.Add(^uint64(0)) }
			c.SetDeadline(time.Now().Add(e.network.cfg.StreamTimeout))
			return c, nil
		case <-e.closed:
		}
	}
}

// LocalAddr implements transport.Transport.
func (e *Endpoint) LocalAddr() netip.AddrPort { return e.addr }

// Stats implements transport.Transport.
func (e *Endpoint) Stats() transport.Stats {
	return transport.Stats{
		PacketsIn:       e.packetsIn.Load(),
		BytesIn:         e.bytesIn.Load(),
		PacketsOut:      e.packetsOut.Load(),
		BytesOut:        e.bytesOut.Load(),
		PacketsUnsent:   e.packetsUnsent.Load(),
		Reads:           e.reads.Load(),
		StreamsAccepted: e.accepted.Load(),
		StreamsOpen:     e.open.Load(),
		StreamsRefused:  e.refused.Load(),
		StreamsDialed:   e.dialed.Load(),
		DialErrors:      e.dialErrors.Load(),
	}
}

// Close implements transport.Transport. Streams that wait for Accept are reset, packets on their way are lost.
func (e *Endpoint) Close() error {
	e.once.Do(func() {
		e.network.remove(e)
		close(e.closed)
		e.drain()
	})
	return nil
}

// drain closes the streams that wait for Accept.
func (e *Endpoint) drain() {
	for {
		select {
		case c := <-e.backlog:
			c.Close()
		default:
			return
		}
	}
}

func (e *Endpoint) isClosed() bool {
	select {
	case <-e.closed:
		return true
	default:
		return false
	}
}

func errClosed(what string) error { return fmt.Errorf("memnet: %s: %w", what, net.ErrClosed) }

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
