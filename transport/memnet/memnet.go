// Package memnet is a network in memory for tests of drivers.
package memnet

import (
	"context"
	"net"
	"net/netip"
	"time"

	"serf/transport"
)

// Config holds the faults of a network: functions that the test supplies. Each may be nil. They are called one at a time, in
// the order in which packets are sent, and must not call the network.
type Config struct {
	// Latency is how long bytes travel from one endpoint to another; the same for both directions is not required.
	Latency func(from, to netip.AddrPort) time.Duration

	// Lose tells whether this packet gets lost. Streams lose nothing.
	Lose func(from, to netip.AddrPort) bool

	// Cut tells whether nothing at all gets through at this moment, packet or stream.
	Cut func(from, to netip.AddrPort) bool
}

// Network connects endpoints.
type Network struct{ cfg Config }

// New returns a network without endpoints.
func New(cfg Config) *Network { return &Network{cfg: cfg} }

// Endpoint is one bound address.
type Endpoint struct{}

var _ transport.Transport = (*Endpoint)(nil)

// Listen binds addr. Port 0 chooses a free one.
func (n *Network) Listen(addr netip.AddrPort) (*Endpoint, error) { panic("not yet") }

func (e *Endpoint) ReadBatch(b *transport.Batch) error                     { panic("not yet") }
func (e *Endpoint) WriteBatch(out []transport.Outgoing) (int, error)       { panic("not yet") }
func (e *Endpoint) Dial(context.Context, netip.AddrPort) (net.Conn, error) { panic("not yet") }
func (e *Endpoint) Accept() (net.Conn, error)                              { panic("not yet") }
func (e *Endpoint) LocalAddr() netip.AddrPort                              { panic("not yet") }
func (e *Endpoint) Stats() transport.Stats                                 { panic("not yet") }
func (e *Endpoint) Close() error                                           { panic("not yet") }
