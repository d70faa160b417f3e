package rpc

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"serf/agent/journal"
)

// ServerConfig configures NewServer. The zero value is ready for use.
type ServerConfig struct {
	// AuthKey is what clients have to present; empty: nothing.
	AuthKey string
	// AuthOptional also lets clients in that present nothing. A wrong key is still refused.
	AuthOptional bool
	// UIDs are the users that may connect through a Unix socket, besides what its mode says; none: all.
	UIDs []int
	// Build is the version of the program, for those who ask for its figures; empty: it is not told.
	Build string
	// Log takes the server's lines; nil discards them.
	Log *journal.Journal
	// Left, if set, is called after the reply to each leave was sent and its connection closed, with the result of the
	// leave. It may call Close.
	Left func(err error)
	// ConnsMax is how many connections there may be; 0 means 512.
	ConnsMax int
	// StreamsMax is how many streams one connection may have; 0 means 64.
	StreamsMax int
	// QueriesMax is how many queries one connection may have under way; 0 means 64.
	QueriesMax int
	// RecordsMax is how many events wait for each stream, and how many log lines for each monitor, while the client does
	// not read; what comes then is lost to it and counted. 0 means 512, as in the reference.
	RecordsMax int
	// LoginTimeout is the time for handshake and auth; 0 means 10 s.
	LoginTimeout time.Duration
	// RequestTimeout is the time from a request's first byte to its last; 0 means 30 s.
	RequestTimeout time.Duration
	// WriteTimeout is the time in which a client must take a piece of a reply, or a record; 0 means 5 s.
	WriteTimeout time.Duration
}

const (
	acceptBackoffMin = 5 * time.Millisecond
	acceptBackoffMax = time.Second
)

// Server answers the requests of clients.
type Server struct {
	backend  Backend
	cfg      ServerConfig
	guard    *guard
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup // Serve and conns; Add under mu while open
	tally    tally
	commands atomic.Uint64 // that were read

	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	accepted  uint64
}

// Counts returns how many connections were accepted and how many commands were read since the start.
func (s *Server) Counts() (accepted, commands uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, s.commands.Load()
}

// NewServer returns a server for backend. It does nothing until Serve.
func NewServer(backend Backend, cfg ServerConfig) *Server {
	setDefault(&cfg.ConnsMax, 512)
	setDefault(&cfg.StreamsMax, 64)
	setDefault(&cfg.QueriesMax, 64)
	setDefault(&cfg.RecordsMax, 512)
	setDefault(&cfg.LoginTimeout, 10*time.Second)
	setDefault(&cfg.RequestTimeout, 30*time.Second)
	setDefault(&cfg.WriteTimeout, 5*time.Second)
	s := &Server{
		backend:   backend,
		cfg:       cfg,
		guard:     newGuard(cfg.AuthKey),
		listeners: make(map[net.Listener]struct{}),
		conns:     make(map[*conn]struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func setDefault[T int | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// Serve accepts clients of ln until Close, then returns nil; at once after Close. It takes ln over. A listener that fails
// is tried again, with pauses; only when it was closed by somebody else its error is returned.
func (s *Server) Serve(ln net.Listener) error {
	if !s.open(ln) {
		return ln.Close()
	}
	defer s.running.Done()
	backoff := acceptBackoffMin
	for {
		nc, err := ln.Accept()
		switch {
		case err == nil:
			backoff = acceptBackoffMin
			s.admit(nc)
		case s.ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			s.cfg.Log.Limited("rpc accept", journal.Err, component, "Failed to accept client: %v", err)
			s.pause(backoff)
			backoff = min(2*backoff, acceptBackoffMax)
		}
	}
}

func (s *Server) open(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[ln] = struct{}{}
	s.running.Add(1)
	return true
}

// admit begins to serve nc. When there are too many connections the oldest one that has not logged in makes room: who
// only holds connections cannot keep others out.
func (s *Server) admit(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		abort(nc)
		return
	case !s.mayConnect(nc.RemoteAddr()):
		abort(nc)
		s.tally.foreign.Add(1)
		s.cfg.Log.Limited("rpc foreign", journal.Warn, component, "Refusing client %s: its user is not among those allowed (rpc_socket_uids)", nc.RemoteAddr())
		return
	case len(s.conns) >= s.cfg.ConnsMax && !s.evict():
		abort(nc)
		s.tally.refused.Add(1)
		s.cfg.Log.Limited("rpc full", journal.Warn, component, "Refusing client %s: there are %d already", nc.RemoteAddr(), s.cfg.ConnsMax)
		return
	}
	s.logAccepted(nc)
	s.accepted++
	c := newConn(s, nc, s.accepted)
	s.conns[c] = struct{}{}
	s.running.Add(1)
	go func() {
		c.serve()
		s.forget(c)
		if c.left != nil {
			c.left()
		}
	}()
}

// mayConnect says whether the process at the other end of a Unix socket has one of the configured users.
func (s *Server) mayConnect(remote net.Addr) bool {
	p, local := remote.(process)
	return !local || len(s.cfg.UIDs) == 0 || p.known && slices.Contains(s.cfg.UIDs, p.uid)
}

// evict closes the oldest connection that has not logged in and says whether there was one.
func (s *Server) evict() bool {
	var oldest *conn
	for c := range s.conns {
		if c.guest.Load() && (oldest == nil || c.number < oldest.number) {
			oldest = c
		}
	}
	if oldest == nil {
		return false
	}
	s.cfg.Log.Limited("rpc evict", journal.Warn, component, "Closing client %s, which has not logged in: there are too many", oldest.peer)
	s.tally.evicted.Add(1)
	oldest.cancel()
	abort(oldest.net)
	delete(s.conns, oldest)
	return true
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.running.Done()
}

func (s *Server) tellLeft(err error) {
	if s.cfg.Left != nil {
		s.cfg.Left(err)
	}
}

func (s *Server) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

// Close ends all connections and listeners, cancels what they wait for, and returns when all is over. Further calls do
// the same and nothing else.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.cancel()
	for ln := range s.listeners {
		_ = ln.Close()
	}
	clear(s.listeners)
	for c := range s.conns {
		abort(c.net)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}
