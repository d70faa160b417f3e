package rpc

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// TimeoutDefault is how long a call may take that the agent answers from memory, and the login.
	TimeoutDefault = 10 * time.Second
	// longFactor makes that the time of calls that go through the cluster: a minute.
	longFactor = 6
	// requestWriteTimeout is how long the agent may take to read a request.
	requestWriteTimeout = 10 * time.Second
)

// Options configures Dial.
type Options struct {
	// Addr is where the agent listens, see ParseAddress.
	Addr string
	// AuthKey is presented after the handshake unless it is empty.
	AuthKey string
	// TLS, unless nil, is how to speak to an agent over TCP. A Unix socket goes without it.
	TLS *tls.Config
	// Timeout bounds dialling, TLS, handshake and auth together, and each call that the agent answers from memory; 0 means 10 s.
	// Calls that go through the cluster may take six times as long.
	Timeout time.Duration
}

// Client talks to one agent. It is safe for concurrent use; the agent answers calls in their order.
type Client struct {
	net     net.Conn
	addr    string // as given to Dial
	timeout time.Duration
	done    chan struct{} // closed when the connection is over
	alert   error         // why the agent ended TLS, if it said so; valid after done

	mu    sync.Mutex // also keeps requests whole and in the order of their Seq
	seq   uint64
	calls map[uint64]*call
	lost  bool
}

// call is a request that waits for its reply, or one whose records come after it.
type call struct {
	body    bool // the reply has a body
	answer  chan answer
	records *records // nil: the reply is all
	begun   bool     // the reply has come; of the goroutine that reads
}

type answer struct {
	text string // the error in the header
	body []byte
}

// request is what a call sends and expects.
type request struct {
	command string
	body    []byte // nil: none
	reply   bool   // the reply has a body
	timeout time.Duration
	records *records // takes what comes after the reply, if anything does
}

// Dial connects and logs in. A dial error is that of package net; a refusal is a *RemoteError.
func Dial(ctx context.Context, opts Options) (*Client, error) {
	setDefault(&opts.Timeout, TimeoutDefault)
	ctx, cancel := withTimeout(ctx, opts.Timeout)
	defer cancel()
	network, address, err := ParseAddress(opts.Addr)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	nc, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if opts.TLS != nil && network == "tcp" {
		if nc, err = startTLS(ctx, nc, address, opts.TLS); err != nil {
			return nil, err
		}
	}
	c := newClient(nc, opts.Addr, opts.Timeout)
	if err := c.login(ctx, opts.AuthKey); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// newClient begins to read from nc. The client is not logged in.
func newClient(nc net.Conn, addr string, timeout time.Duration) *Client {
	c := &Client{net: nc, addr: addr, timeout: timeout, done: make(chan struct{}), calls: make(map[uint64]*call)}
	go c.read()
	return c
}

func (c *Client) login(ctx context.Context, key string) error {
	body := appendHandshake(nil, handshakeRequest{Version: protocolVersion})
	if _, err := c.call(ctx, request{command: "handshake", body: body, timeout: c.timeout}); err != nil || key == "" {
		return err
	}
	_, err := c.call(ctx, request{command: "auth", body: appendAuth(nil, authRequest{AuthKey: key}), timeout: c.timeout})
	return err
}

// Members returns all members in the agent's order.
func (c *Client) Members(ctx context.Context) ([]Member, error) {
	return c.members(ctx, request{command: "members"})
}

// MembersFiltered returns the members that match all expressions, each of which must match the whole value. An empty
// expression matches everything.
func (c *Client) MembersFiltered(ctx context.Context, tags map[string]string, status, name string) ([]Member, error) {
	body := appendFilter(nil, filterRequest{Name: name, Status: status, Tags: tags})
	return c.members(ctx, request{command: "members-filtered", body: body})
}

func (c *Client) members(ctx context.Context, q request) ([]Member, error) {
	q.reply, q.timeout = true, c.timeout
	body, err := c.call(ctx, q)
	if err != nil {
		return nil, err
	}
	members, err := decodeMembers(body)
	return members, c.broken(err)
}

// Join makes the agent contact addrs and returns how many answered. An error says that none did, and why.
func (c *Client) Join(ctx context.Context, addrs []string, replay bool) (int, error) {
	body := appendJoin(nil, joinRequest{Existing: addrs, Replay: replay})
	body, err := c.call(ctx, request{command: "join", body: body, reply: true, timeout: longFactor * c.timeout})
	if err != nil {
		return 0, err
	}
	reply, err := decodeJoinReply(body)
	return int(reply.Num), c.broken(err)
}

// Leave makes the agent leave the cluster and end. It returns when the leave is over.
func (c *Client) Leave(ctx context.Context) error {
	_, err := c.call(ctx, request{command: "leave", timeout: longFactor * c.timeout})
	return err
}

// ForceLeave makes a failed member left; with prune it is forgotten. An unknown node is no error.
func (c *Client) ForceLeave(ctx context.Context, node string, prune bool) error {
	body := appendForceLeave(nil, forceLeaveRequest{Node: node, Prune: prune})
	_, err := c.call(ctx, request{command: "force-leave", body: body, timeout: longFactor * c.timeout})
	return err
}

// Stats returns the agent's figures by group and name.
func (c *Client) Stats(ctx context.Context) (map[string]map[string]string, error) {
	body, err := c.call(ctx, request{command: "stats", reply: true, timeout: c.timeout})
	if err != nil {
		return nil, err
	}
	stats, err := decodeStats(body)
	return stats, c.broken(err)
}

// Close ends the connection; calls that wait return ErrClosed.
func (c *Client) Close() error {
	abort(c.net)
	<-c.done
	return nil
}

// broken ends the connection when a reply could not be decoded: the peer speaks something else.
func (c *Client) broken(err error) error {
	if err == nil {
		return nil
	}
	abort(c.net)
	return ErrClosed
}

// timeoutError is the cause of a context that ended by our own limit.
type timeoutError time.Duration

func (e timeoutError) Error() string { return fmt.Sprintf("timed out after %v", time.Duration(e)) }
func (e timeoutError) Unwrap() error { return context.DeadlineExceeded }

func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, timeoutError(d))
}

// call sends q and waits for the reply, for as long as ctx says or else for the request's own time.
func (c *Client) call(ctx context.Context, q request) ([]byte, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = withTimeout(ctx, q.timeout)
		defer cancel()
	}
	pending := &call{body: q.reply, answer: make(chan answer, 1), records: q.records}
	if !c.send(q, pending) {
		<-c.done
		return nil, cmp.Or(c.alert, ErrClosed)
	}
	select {
	case a := <-pending.answer:
		return a.body, a.err()
	case <-ctx.Done():
		return nil, fmt.Errorf("no answer from %s to %s: %w", c.addr, q.command, context.Cause(ctx))
	case <-c.done:
	}
	// The reply may have come just before the end, as that to leave does.
	select {
	case a := <-pending.answer:
		return a.body, a.err()
	default:
		return nil, cmp.Or(c.alert, ErrClosed)
	}
}

func (a answer) err() error {
	if a.text == "" {
		return nil
	}
	return &RemoteError{Text: a.text}
}

// send writes q under the next Seq and registers pending there, unless the connection is over or about to be. A call that
// is given up stays registered, because its reply is still to come.
func (c *Client) send(q request, pending *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost {
		return false
	}
	c.seq++
	c.calls[c.seq] = pending
	if q.records != nil {
		q.records.seq = c.seq
	}
	b := appendRequestHeader(make([]byte, 0, 64+len(q.body)), requestHeader{Command: q.command, Seq: c.seq})
	b = append(b, q.body...)
	_ = c.net.SetWriteDeadline(time.Now().Add(requestWriteTimeout))
	if _, err := c.net.Write(b); err != nil {
		abort(c.net)
		return false
	}
	return true
}

// read hands the replies to the calls until the connection ends.
func (c *Client) read() {
	defer close(c.done)
	in := bufio.NewReaderSize(c.net, 32<<10)
	var err error
	for err == nil {
		err = c.readReply(in)
	}
	abort(c.net)
	if e := (*net.OpError)(nil); errors.As(err, &e) && e.Op == "remote error" {
		c.alert = e
	}
	c.mu.Lock()
	c.lost = true
	c.mu.Unlock()
}

// readReply takes one reply or record. A header that nobody waits for is dropped: the reference sends such after a refusal.
func (c *Client) readReply(in *bufio.Reader) error {
	b, err := readValue(in, nil, replyBytesMax)
	if err != nil {
		return err
	}
	h, err := decodeReplyHeader(b)
	if err != nil {
		return err
	}
	pending := c.take(h)
	switch {
	case pending == nil:
		return nil
	case pending.begun:
		return c.readRecord(in, h, pending)
	}
	a := answer{text: h.Error}
	if pending.body && !endsRequest(h.Error) {
		if a.body, err = readValue(in, nil, replyBytesMax); err != nil {
			return err
		}
	}
	pending.begun = true
	pending.answer <- a
	return nil
}

// take returns the call to which h belongs, which is over with it unless records follow.
func (c *Client) take(h replyHeader) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	pending := c.calls[h.Seq]
	if pending != nil && (pending.records == nil || !pending.begun && h.Error != "") {
		delete(c.calls, h.Seq)
	}
	return pending
}

// readRecord takes the body of a record. A record with an error has none.
func (c *Client) readRecord(in *bufio.Reader, h replyHeader, pending *call) error {
	if h.Error != "" {
		return nil
	}
	body, err := readValue(in, nil, replyBytesMax)
	if err != nil {
		return err
	}
	if pending.records.put(body) {
		c.mu.Lock()
		delete(c.calls, h.Seq)
		c.mu.Unlock()
	}
	return nil
}
