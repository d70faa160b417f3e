package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopbacks are the addresses that tests bind, each with a free port.
var loopbacks = map[string]netip.AddrPort{
	"ipv4": netip.MustParseAddrPort("127.0.0.1:0"),
	"ipv6": netip.MustParseAddrPort("[::1]:0"),
}

// listen returns a transport that is closed when the test ends.
func listen(t testing.TB, cfg Config) *Net {
	t.Helper()
	if !cfg.Bind.IsValid() {
		cfg.Bind = loopbacks["ipv4"]
	}
	n, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// listenSingle is listen with the packet socket of systems without batches.
func listenSingle(t testing.TB, cfg Config) *Net {
	t.Helper()
	n := listen(t, cfg)
	if err := n.packets.close(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(n.local))
	if err != nil {
		t.Fatal(err)
	}
	n.packets = newSingleConn(conn, &n.stats)
	return n
}

// readN reads batches until n packets came, and returns copies of them.
func readN(t testing.TB, n *Net, count int) []Packet {
	t.Helper()
	var got []Packet
	b := NewBatch(0)
	for len(got) < count {
		if err := n.ReadBatch(b); err != nil {
			t.Fatalf("ReadBatch after %d of %d packets: %v", len(got), count, err)
		}
		for _, p := range b.Packets {
			p.Data = append([]byte(nil), p.Data...)
			got = append(got, p)
		}
	}
	return got
}

// accept accepts in the background.
func accept(n *Net) <-chan net.Conn {
	c := make(chan net.Conn, 1)
	go func() {
		defer close(c)
		if conn, err := n.Accept(); err == nil {
			c <- conn
		}
	}()
	return c
}

func dial(t testing.TB, n *Net, to netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := n.Dial(context.Background(), to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func wantClosed(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("%s = %v, want net.ErrClosed", what, err)
	}
}

// soon bounds waits that end at once unless the code is wrong.
const soon = 10 * time.Second
