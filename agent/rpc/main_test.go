package rpc

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"serf/eventbus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startServer serves backend on a loopback port until the test ends.
func startServer(t testing.TB, backend Backend, cfg ServerConfig) (s *Server, addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, ln, backend, cfg), ln.Addr().String()
}

// serve serves backend to the clients of ln until the test ends.
func serve(t testing.TB, ln net.Listener, backend Backend, cfg ServerConfig) *Server {
	t.Helper()
	s := NewServer(backend, cfg)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve after Close: got %v, want nil", err)
		}
	})
	return s
}

func dialRaw(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	return nc.(*net.TCPConn)
}

func dialClient(t testing.TB, addr, key string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), Options{Addr: addr, AuthKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// manyMembers returns n members like those of a usual cluster.
func manyMembers(n int) []*eventbus.Member {
	members := make([]*eventbus.Member, n)
	for i := range members {
		ip := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		members[i] = &eventbus.Member{
			Name:     "node-" + ip.String(),
			Addr:     netip.AddrPortFrom(ip, 7946),
			Tags:     map[string]string{"role": "web", "dc": "east", "build": "1.2.3"},
			Status:   eventbus.StatusAlive,
			Versions: eventbus.Versions{1, 5, 2, 2, 5, 5},
		}
	}
	return members
}

// pipeListener hands out in-memory connections whose clients have the addresses that they name.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
	failed atomic.Int32 // Accepts that fail first
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial(from string) net.Conn {
	ours, theirs := net.Pipe()
	l.conns <- addressed{theirs, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}
	return ours
}

var errAccept = errors.New("too many open files")

func (l *pipeListener) Accept() (net.Conn, error) {
	if l.failed.Add(-1) >= 0 {
		return nil, errAccept
	}
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

type addressed struct {
	net.Conn
	remote net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.remote }

// readAll reads until the peer closes.
func readAll(t testing.TB, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading until the server closes: %v", err)
	}
	return b
}
