package rpc

import (
	"context"
	"net"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
)

// Backend is what the server serves: a running agent. Its methods are called by many goroutines. A context is cancelled
// when the connection that asked breaks or the server closes.
type Backend interface {
	// Members returns every known member; the slice and what it points to are not modified afterwards.
	Members() []*eventbus.Member
	// Join returns how many of addrs answered; an error only when none did.
	Join(ctx context.Context, addrs []string, replay bool) (int, error)
	// Leave returns when the graceful leave is over. The process is ended by ServerConfig.Left, not here.
	Leave(ctx context.Context) error
	ForceLeave(ctx context.Context, node string, prune bool) error
	Stats() map[string]map[string]string
}

// ServerConfig configures NewServer. The zero value is ready for use.
type ServerConfig struct {
	// AuthKey is what clients have to present; empty: nothing.
	AuthKey string
	// Log takes the server's lines; nil discards them.
	Log *journal.Journal
	// Left, if set, is called after the reply to each leave was sent, with the result of the leave. It may close the
	// server.
	Left func(err error)
	// ConnsMax is how many connections there may be; 0 means 512.
	ConnsMax int
	// LoginTimeout is the time for handshake and auth; 0 means 10 s.
	LoginTimeout time.Duration
	// RequestTimeout is the time from a request's first byte to its last; 0 means 30 s.
	RequestTimeout time.Duration
	// WriteTimeout is the time in which a client must take a piece of a reply; 0 means 5 s.
	WriteTimeout time.Duration
}

// Server answers the requests of clients.
type Server struct{}

// NewServer returns a server for backend. It does nothing until Serve.
func NewServer(backend Backend, cfg ServerConfig) *Server { panic("rpc: not built") }

// Serve accepts clients of ln until Close, then returns nil. It takes ln over.
func (s *Server) Serve(ln net.Listener) error { panic("rpc: not built") }

// Close ends all connections and listeners, cancels what they wait for, and returns when all is over.
func (s *Server) Close() error { panic("rpc: not built") }
