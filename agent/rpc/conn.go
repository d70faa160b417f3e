package rpc

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"serf/agent/journal"
)

const (
	// lingerTime and lingerBytes bound what is read after a refusal, so that closing does not destroy the reply on its way.
	lingerTime  = time.Second
	lingerBytes = guestBytesMax
)

// conn is one client of a server. Its fields belong to the goroutine of serve, save those said to be shared.
type conn struct {
	server *Server
	net    net.Conn
	number uint64 // order of acceptance
	peer   string // for the log
	origin string // for the guard
	in     *bufio.Reader
	out    output             // shared
	ctx    context.Context    // shared; of what this client waits for
	cancel context.CancelFunc // shared
	guest  atomic.Bool        // shared; not logged in yet
	shaken bool
	authed bool
	buf    []byte // of the request being read
	left   func() // set when a leave was carried out
	asides asides
	feeds  feeds
	asked  delivered // shared
	broken sync.Once // shared; the end of the connection is explained once
	load   load      // shared
}

func newConn(s *Server, nc net.Conn, number uint64) *conn {
	c := &conn{server: s, net: nc, number: number, in: bufio.NewReader(nc), asides: newAsides()}
	c.out = output{net: nc, timeout: s.cfg.WriteTimeout, turn: make(chan struct{}, 1)}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	c.guest.Store(true)
	c.peer, c.origin = nc.RemoteAddr().String(), originOf(nc.RemoteAddr())
	return c
}

// serve executes requests until the client goes or has to go, and returns when its streams have ended, too.
func (c *conn) serve() {
	_ = c.net.SetDeadline(time.Now().Add(c.server.cfg.LoginTimeout))
	err := c.agreeTLS()
	for err == nil {
		err = c.serveOne()
	}
	c.settle(err)
	c.broken.Do(func() { c.explain(err) })
	c.cancel()
	_ = c.net.Close()
	c.feeds.wait()
}

// agreeTLS does what comes before the first request on a connection with TLS.
func (c *conn) agreeTLS() error {
	nc, ok := c.net.(handshaker)
	if !ok {
		return nil
	}
	err := nc.HandshakeContext(c.ctx)
	if err == nil {
		return nil
	}
	if plain := plainConn(err); plain != nil {
		_, _ = plain.Write(appendReplyHeader(nil, replyHeader{Error: textTLSRequired, Seq: firstSeq}))
		linger(plain, plain)
	}
	return tlsError{err}
}

// firstSeq is the Seq with which known clients begin.
const firstSeq = 1

// serveOne reads and executes one request.
func (c *conn) serveOne() error {
	if _, err := c.in.Peek(1); err != nil {
		return c.readError(err)
	}
	if !c.guest.Load() {
		_ = c.net.SetReadDeadline(time.Now().Add(c.server.cfg.RequestTimeout))
		defer func() { _ = c.net.SetReadDeadline(time.Time{}) }()
	}
	h, err := c.readHeader()
	if err != nil {
		return err
	}
	c.server.commands.Add(1)
	cmd, known := commands[h.Command]
	switch {
	case !c.shaken && h.Command != "handshake":
		return c.refuse(h.Seq, textHandshakeRequired)
	case c.needsAuth() && !cmd.guest:
		return c.demandAuth(h.Seq, cmd)
	case !known:
		return c.refuse(h.Seq, textUnsupportedCommand)
	}
	body, err := c.readBody(cmd)
	if err != nil {
		return err
	}
	return c.run(cmd, h.Seq, body)
}

// run executes a request, or begins with it. Meanwhile another goroutine waits for the client's next byte, to notice when the connection
// breaks. An orderly end of the input is no break: a client may close its sending half and wait for the replies.
func (c *conn) run(cmd command, seq uint64, body []byte) error {
	if !c.guest.Load() {
		_ = c.net.SetReadDeadline(time.Time{})
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if _, err := c.in.Peek(1); err != nil && err != io.EOF {
			c.cancel()
		}
	}()
	err := c.execute(cmd, seq, body)
	if err != nil {
		c.settle(err)
	}
	switch {
	case err == errHangUp:
		c.endFeeds()
		_ = c.net.SetReadDeadline(time.Now().Add(lingerTime))
		closeWrite(c.net)
	case err != nil:
		abort(c.net)
	}
	<-watched
	return err
}

func (c *conn) readHeader() (requestHeader, error) {
	b, err := readValue(c.in, c.buf[:0], c.bytesMax())
	if err != nil {
		return requestHeader{}, c.headerError(c.readError(err))
	}
	c.buf = b
	h, err := decodeRequestHeader(b)
	return h, c.headerError(err)
}

// readBody returns the body of a request of cmd, nil when there is none. It is valid until the next request.
func (c *conn) readBody(cmd command) ([]byte, error) {
	if !cmd.body {
		return nil, nil
	}
	head := len(c.buf)
	b, err := readValue(c.in, c.buf, c.bytesMax()-head)
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, c.readError(err)
	}
	if cap(b) <= guestBytesMax {
		c.buf = b[:head]
	}
	return b[head:], nil
}

func (c *conn) bytesMax() int {
	if c.guest.Load() {
		return guestBytesMax
	}
	return requestBytesMax
}

func (c *conn) needsAuth() bool {
	return c.server.cfg.AuthKey != "" && !c.server.cfg.AuthOptional && !c.authed
}

// checkLogin lifts the limits of a guest once the client has shown all that is asked of it.
func (c *conn) checkLogin() {
	if c.shaken && !c.needsAuth() && c.guest.Swap(false) {
		_ = c.net.SetReadDeadline(time.Time{})
	}
}

// demandAuth refuses a request before login. The body is thrown away: taken for the next request, it would be answered,
// too.
func (c *conn) demandAuth(seq uint64, cmd command) error {
	c.limited("demand", journal.Warn, "Client sending commands before auth (client %s)", c.peer)
	if err := c.reply(seq, textAuthRequired); err != nil {
		return err
	}
	_, err := c.readBody(cmd)
	return err
}

// refuse answers with text and ends the connection.
func (c *conn) refuse(seq uint64, text string) error {
	c.asides.wait()
	if err := c.reply(seq, text); err != nil {
		return err
	}
	c.endFeeds()
	linger(c.net, c.in)
	return errHangUp
}

// linger tells the peer that nothing more comes and reads what it has sent meanwhile from in.
func linger(nc net.Conn, in io.Reader) {
	_ = nc.SetReadDeadline(time.Now().Add(lingerTime))
	closeWrite(nc)
	_, _ = io.CopyN(io.Discard, in, lingerBytes)
}

func (c *conn) reply(seq uint64, text string) error {
	return c.replyWith(seq, text, func(*pieces) {})
}

// replyWith sends the header of a reply and the body that fill appends.
func (c *conn) replyWith(seq uint64, text string, fill func(p *pieces)) error {
	err := c.out.send(func(p *pieces) {
		p.buf = appendReplyHeader(p.buf, replyHeader{Error: text, Seq: seq})
		fill(p)
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return stalledError{what: "reply", after: c.server.cfg.WriteTimeout}
	}
	return err
}

// wait pauses this client only. It returns early, with an error, when the client or the server goes.
func (c *conn) wait(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}
