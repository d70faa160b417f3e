package memnet

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	// InboxMax bounds the packets on their way to one endpoint; more are dropped and counted, as a full socket buffer does.
	InboxMax = 4096

	// BacklogMax bounds the streams that wait for Accept; more are refused.
	BacklogMax = 128

	// StreamWindow bounds the bytes on their way in one direction of a stream. A writer waits when they are not read.
	StreamWindow = 1 << 20

	firstFreePort = 49152 // where port 0 starts to look
)

// Config holds the faults of a network: functions that the test supplies. Each may be nil. They are called one at a time,
// with packets in the order in which they are sent, and must not call the network.
type Config struct {
	// Latency is how long bytes travel from one endpoint to another. The two directions may differ.
	Latency func(from, to netip.AddrPort) time.Duration

	// Lose tells whether this packet gets lost. Streams lose nothing.
	Lose func(from, to netip.AddrPort) bool

	// Cut tells whether nothing gets through at this moment. Packets get lost. Connecting waits until the dialler gives
	// up; what is written to a stream, and all that follows it, never arrives, even when the cut is over.
	Cut func(from, to netip.AddrPort) bool

	// StreamTimeout is the deadline given to streams; 0 means 10 s.
	StreamTimeout time.Duration
}

// Stats counts what a network did to packets.
type Stats struct {
	Delivered uint64 // put into an inbox
	Lost      uint64 // by Lose
	Cut       uint64 // by Cut
	Overflown uint64 // the inbox was full
	Nowhere   uint64 // nobody listened
}

// Network connects endpoints. It is safe for concurrent use.
type Network struct {
	cfg Config

	mu        sync.Mutex
	endpoints map[netip.AddrPort]*Endpoint
	sequence  uint64
	stats     Stats
}

// New returns a network without endpoints.
func New(cfg Config) *Network {
	if cfg.Latency == nil {
		cfg.Latency = func(from, to netip.AddrPort) time.Duration { return 0 }
	}
	never := func(from, to netip.AddrPort) bool { return false }
	if cfg.Lose == nil {
		cfg.Lose = never
	}
	if cfg.Cut == nil {
		cfg.Cut = never
	}
	if cfg.StreamTimeout <= 0 {
		cfg.StreamTimeout = 10 * time.Second
	}
	return &Network{cfg: cfg, endpoints: make(map[netip.AddrPort]*Endpoint)}
}

// Stats returns the counters of this moment.
func (n *Network) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stats
}

// Listen binds addr; port 0 chooses a free one. An address in use is an error. Each address is a host of its own: the
// unspecified one receives nothing that is sent to others.
func (n *Network) Listen(addr netip.AddrPort) (*Endpoint, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	if !addr.IsValid() {
		return nil, fmt.Errorf("memnet: listen %v: no address", addr)
	}
	for port := uint16(firstFreePort); addr.Port() == 0; port++ {
		if port == 0 {
			return nil, fmt.Errorf("memnet: listen %v: no free port", addr)
		}
		if free := netip.AddrPortFrom(addr.Addr(), port); n.endpoints[free] == nil {
			addr = free
		}
	}
	if n.endpoints[addr] != nil {
		return nil, fmt.Errorf("memnet: listen %v: %w", addr, syscall.EADDRINUSE)
	}
	e := newEndpoint(n, addr)
	n.endpoints[addr] = e
	return e, nil
}

// remove frees the address of e.
func (n *Network) remove(e *Endpoint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.endpoints[e.addr] == e {
		delete(n.endpoints, e.addr)
	}
}

// lookup returns who listens at addr, or nil.
func (n *Network) lookup(addr netip.AddrPort) *Endpoint {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.endpoints[addr]
}

// send carries one packet to the inbox of its receiver, or loses it. All hooks are asked in any case, so that random ones
// draw the same numbers whether or not another fault hides theirs.
func (n *Network) send(from, to netip.AddrPort, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	lost, cut, latency := n.cfg.Lose(from, to), n.cfg.Cut(from, to), n.cfg.Latency(from, to)
	e := n.endpoints[to]
	switch {
	case cut:
		n.stats.Cut++
	case lost:
		n.stats.Lost++
	case e == nil:
		n.stats.Nowhere++
	default:
		n.sequence++
		p := parcel{at: time.Now().Add(latency), sequence: n.sequence, from: from, data: append([]byte(nil), data...)}
		if e.inbox.put(p) {
			n.stats.Delivered++
		} else {
			n.stats.Overflown++
		}
	}
}

// path returns the latency from one endpoint to another, and whether the way is cut.
func (n *Network) path(from, to netip.AddrPort) (latency time.Duration, cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cfg.Latency(from, to), n.cfg.Cut(from, to)
}

// opError is an error in the form of package net, whose texts users of real sockets see.
func opError(op string, to netip.AddrPort, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}
}
