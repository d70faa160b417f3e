package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"serf/agent/journal"
)

// component is the name under which the server's lines stand in the log.
const component = "agent.ipc"

var (
	// errLogin ends a connection that has not logged in in time.
	errLogin = errors.New("it has not logged in in time")
	// errIncomplete ends one whose request was begun and not completed.
	errIncomplete = errors.New("its request is incomplete")
)

// tlsError ends a connection before its first request.
type tlsError struct{ err error }

func (e tlsError) Error() string { return e.err.Error() }
func (e tlsError) Unwrap() error { return e.err }

// headerError is an error in the header of a request, which the log tells apart.
type headerError struct{ err error }

func (e headerError) Error() string { return e.err.Error() }
func (e headerError) Unwrap() error { return e.err }

func (c *conn) headerError(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return headerError{err}
}

// readError gives the reason a name when a deadline ended a read.
func (c *conn) readError(err error) error {
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case c.guest.Load():
		return errLogin
	}
	return fmt.Errorf("%w after %v", errIncomplete, c.server.cfg.RequestTimeout)
}

// explain logs why a connection ends, unless that is nothing special. A peer can cause any of these lines, so they are
// limited.
func (c *conn) explain(err error) {
	var header headerError
	var network net.Error
	switch {
	case err == io.EOF, err == errHangUp, errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe), errors.Is(err, context.Canceled), c.server.ctx.Err() != nil:
	case errors.Is(err, errLogin), errors.As(err, new(tlsError)) && errors.Is(err, os.ErrDeadlineExceeded):
		c.server.tally.loginLate.Add(1)
		c.limited("login", journal.Warn, "Closing client %s: %v", c.peer, errLogin)
	case errors.As(err, new(tlsError)):
		c.server.tally.tlsFailed.Add(1)
		c.limited("tls", journal.Warn, "Closing client %s: TLS failed: %v", c.peer, err)
	case errors.As(err, new(stalledError)):
		c.server.tally.stalled.Add(1)
		c.limited("stalled", journal.Warn, "Closing client %s: %v", c.peer, err)
	case errors.Is(err, ErrTooLarge):
		c.server.tally.tooLarge.Add(1)
		c.limited("large", journal.Warn, "Closing client %s: request refused: %v", c.peer, err)
	case errors.As(err, &network):
		c.limited("lost", journal.Debug, "Lost client %s: %v", c.peer, err)
	case errors.As(err, &header):
		c.server.tally.bad.Add(1)
		c.limited("header", journal.Err, "failed to decode request header: %v (client %s)", err, c.peer)
	default:
		c.server.tally.bad.Add(1)
		c.limited("request", journal.Err, "Failed to evaluate request: %v (client %s)", err, c.peer)
	}
}

func (c *conn) printf(level journal.Level, format string, args ...any) {
	c.server.cfg.Log.Printf(level, component, format, args...)
}

func (c *conn) limited(key string, level journal.Level, format string, args ...any) {
	c.server.cfg.Log.Limited("rpc "+key, level, component, format, args...)
}

// closeWrite ends the sending half, where the kind of connection has halves.
func closeWrite(nc net.Conn) {
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// acceptedLinesMax is how many lines about accepted clients there are in 10 seconds; more are counted.
const acceptedLinesMax = 16

// logAccepted writes a line for each client until there are too many.
func (s *Server) logAccepted(nc net.Conn) {
	s.cfg.Log.LimitedTo(acceptedLinesMax, "rpc accepted", journal.Info, component, "Accepted client: %s", nc.RemoteAddr())
}
