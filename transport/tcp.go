package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// shedMax bounds the connections closed in one go when descriptors ran out: the default length of a listener's queue.
const shedMax = 128

// shedWait is how long shedding waits for one more connection. It only has to be longer than an accept of what is queued.
const shedWait = 10 * time.Millisecond

// Dial implements Transport. Its errors are those of package net, whose texts operators know from the reference agent.
func (n *Net) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(n.cfg.StreamTimeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	conn, err := n.dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(to.Addr().Unmap(), to.Port()).String())
	if err == nil {
		if err = conn.SetDeadline(deadline); err == nil {
			n.stats.streamsDialed.Add(1)
			return conn, nil
		}
		conn.Close()
	}
	n.stats.dialErrors.Add(1)
	return nil, err
}

// Accept implements Transport.
func (n *Net) Accept() (net.Conn, error) {
	var pause backoff
	for {
		conn, err := n.listener.AcceptTCP()
		switch {
		case err == nil:
			if s := n.admit(conn); s != nil {
				return s, nil
			}
		case n.isClosed():
			return nil, errClosed("accept")
		case errors.Is(err, os.ErrDeadlineExceeded): // set by shed in another goroutine
		default:
			n.stats.acceptErrors.Add(1)
			n.cfg.Report(err)
			if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
				n.shed()
			}
			pause.wait(n.closed)
		}
	}
}

// admit returns conn as a counted stream, or closes it and returns nil.
func (n *Net) admit(conn *net.TCPConn) *stream {
	source := RemoteAddr(conn).Addr()
	switch n.limit.admit(source) {
	case tooMany:
		n.stats.streamsRefused.Add(1)
	case tooManyOfSource:
		n.stats.streamsRefusedSource.Add(1)
	default:
		s := &stream{TCPConn: conn, limit: &n.limit, source: source}
		if s.SetDeadline(time.Now().Add(n.cfg.StreamTimeout)) == nil {
			n.stats.streamsAccepted.Add(1)
			return s
		}
		s.Close()
		return nil
	}
	conn.Close()
	return nil
}

// shed closes the connections that wait while no descriptor is left for them, so that their peers learn it at once. It takes
// the spare descriptor for that.
func (n *Net) shed() {
	if !n.spare.release() {
		n.spare.open()
		return
	}
	defer n.spare.open()
	defer n.listener.SetDeadline(time.Time{})
	for range shedMax {
		n.listener.SetDeadline(time.Now().Add(shedWait))
		conn, err := n.listener.AcceptTCP()
		if err != nil {
			return
		}
		conn.Close()
		n.stats.streamsRefused.Add(1)
	}
}

// RemoteAddr returns the peer's address of a stream, IPv4 in its 4-byte form, and the zero value for other connections.
func RemoteAddr(conn net.Conn) netip.AddrPort {
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := addr.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// stream is an accepted connection that counts until it is closed.
type stream struct {
	*net.TCPConn
	limit  *limiter
	source netip.Addr
	closed atomic.Bool
}

func (s *stream) Close() error {
	err := s.TCPConn.Close()
	if !s.closed.Swap(true) {
		s.limit.release(s.source)
	}
	return err
}
