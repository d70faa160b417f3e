package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Defaults and limits of a Net.
const (
	// StreamTimeout is the default deadline of a stream; peers give theirs as long.
	StreamTimeout = 10 * time.Second

	// StreamsMax is the default bound of accepted streams that are open at the same time. A stream lives for milliseconds
	// where nobody is slow or hostile, and reference peers serve 127 state exchanges at once; 512 descriptors and
	// 64 KiB each for those that send nothing sensible stay small.
	StreamsMax = 512

	// StreamsPerSourceMax is the default bound for one address. Many members may share one behind an address
	// translator or on one host, so it is a quarter of all: one hostile address cannot shut out the others.
	StreamsPerSourceMax = 128

	// ReceiveBufferBytes is the default socket receive buffer: a burst of 1,400 packets survives while the reader waits.
	ReceiveBufferBytes = 2 << 20

	// bindAttempts bounds the search for a port number that is free for both sockets.
	bindAttempts = 10
)

// Config says where and how to listen. The zero value of each field but Bind means its default.
type Config struct {
	// Bind is the address of both sockets. Port 0 lets the system choose one number that is free for both.
	// An unspecified address listens on all interfaces, with IPv4 and IPv6 where the system can.
	Bind netip.AddrPort

	StreamTimeout       time.Duration // deadline given to each stream; its owner may move it
	StreamsMax          int           // bound of accepted streams open at the same time
	StreamsPerSourceMax int           // the same for one address
	ReceiveBufferBytes  int           // wanted socket receive buffer

	// Report, when set, hears of failures that are waited out. It is called from within ReadBatch and Accept, must not
	// block, and should limit the rate of what it logs.
	Report func(err error)
}

func (c Config) withDefaults() Config {
	setDefault(&c.StreamTimeout, StreamTimeout)
	setDefault(&c.StreamsMax, StreamsMax)
	setDefault(&c.StreamsPerSourceMax, StreamsPerSourceMax)
	setDefault(&c.ReceiveBufferBytes, ReceiveBufferBytes)
	if c.Report == nil {
		c.Report = func(error) {}
	}
	return c
}

func setDefault[T int | time.Duration](p *T, value T) {
	if *p <= 0 {
		*p = value
	}
}

// Net is the transport over real sockets. It is safe for concurrent use.
type Net struct {
	cfg      Config
	local    netip.AddrPort
	packets  packetConn
	listener *net.TCPListener
	dialer   net.Dialer
	limit    limiter
	spare    spare
	stats    counters
	buffer   uint64 // Stats.ReceiveBufferBytes

	closeOnce sync.Once
	closed    chan struct{}
}

var _ Transport = (*Net)(nil)

// Listen binds UDP and TCP. The text of its error is that of the reference agent, complete but for what the agent puts in
// front of it. Nothing stays open after an error.
func Listen(cfg Config) (*Net, error) {
	n := &Net{cfg: cfg.withDefaults(), closed: make(chan struct{})}
	n.dialer.KeepAlive = -1
	n.limit = newLimiter(n.cfg.StreamsMax, n.cfg.StreamsPerSourceMax)
	if err := n.bind(); err != nil {
		return nil, fmt.Errorf("could not set up network transport: failed to obtain an address: %w", err)
	}
	n.spare.open()
	return n, nil
}

// bind opens both sockets, trying other numbers when the port is free to choose.
func (n *Net) bind() error {
	if !n.cfg.Bind.IsValid() {
		return errors.New("no bind address")
	}
	attempts := 1
	if n.cfg.Bind.Port() == 0 {
		attempts = bindAttempts
	}
	var err error
	for range attempts {
		if err = n.bindOnce(); err == nil {
			return nil
		}
	}
	return err
}

// bindOnce opens the listener, then the packet socket with the listener's port.
func (n *Net) bindOnce() error {
	// The network names are the plain ones, for all families, since they are part of the error texts.
	addr := n.cfg.Bind.Addr().Unmap()
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false)
	l, err := lc.Listen(context.Background(), "tcp", netip.AddrPortFrom(addr, n.cfg.Bind.Port()).String())
	if err != nil {
		return fmt.Errorf("failed to start TCP listener on %q port %d: %w", addr.String(), n.cfg.Bind.Port(), err)
	}
	listener := l.(*net.TCPListener)
	local := netip.AddrPortFrom(addr, listener.Addr().(*net.TCPAddr).AddrPort().Port())
	if err := n.bindPackets(local); err != nil {
		listener.Close()
		return fmt.Errorf("failed to start UDP listener on %q port %d: %w", addr.String(), local.Port(), err)
	}
	n.listener, n.local = listener, local
	return nil
}

func (n *Net) bindPackets(local netip.AddrPort) error {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(local))
	if err != nil {
		return err
	}
	growReceiveBuffer(conn, n.cfg.ReceiveBufferBytes)
	n.packets, err = newPacketConn(conn, &n.stats)
	if err != nil {
		conn.Close()
		return err
	}
	n.buffer = receiveBuffer(conn)
	return nil
}

// growReceiveBuffer asks for a receive buffer of size bytes, and for half of it as long as the system refuses.
func growReceiveBuffer(conn *net.UDPConn, size int) {
	for ; size > 0; size /= 2 {
		if conn.SetReadBuffer(size) == nil {
			return
		}
	}
}

// LocalAddr implements Transport.
func (n *Net) LocalAddr() netip.AddrPort { return n.local }

// Stats implements Transport.
func (n *Net) Stats() Stats {
	s := n.stats.stats()
	s.StreamsOpen = n.limit.open()
	s.ReceiveBufferBytes = n.buffer
	return s
}

// Close implements Transport. Its order: announce the end so that nobody waits or retries, wake Accept, wake ReadBatch and
// release its memory, release the spare descriptor.
func (n *Net) Close() error {
	var err error
	n.closeOnce.Do(func() {
		close(n.closed)
		err = errors.Join(n.listener.Close(), n.packets.close())
		n.spare.close()
	})
	return err
}

// errClosed is what reads and accepts end with.
func errClosed(what string) error { return fmt.Errorf("transport: %s: %w", what, net.ErrClosed) }

// isClosed tells whether Close was called.
func (n *Net) isClosed() bool {
	select {
	case <-n.closed:
		return true
	default:
		return false
	}
}

// spare is a descriptor held back for the time when no other is left.
type spare struct {
	mu     sync.Mutex
	file   *os.File
	closed bool
}

func (s *spare) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil && !s.closed {
		s.file, _ = os.Open(os.DevNull) // without it, connections wait in the listener's queue until descriptors come back
	}
}

func (s *spare) release() (held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held = s.file != nil
	if held {
		s.file.Close()
		s.file = nil
	}
	return held
}

func (s *spare) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.release()
}
