package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestFreePortServesPacketsAndStreams(t *testing.T) {
	n := listen(t, Config{})
	port := n.LocalAddr().Port()
	if port == 0 {
		t.Fatal("port is 0")
	}
	if got := n.listener.Addr().(*net.TCPAddr).Port; got != int(port) {
		t.Errorf("TCP port %d, want %d", got, port)
	}
	if n.Stats().ReceiveBufferBytes == 0 {
		t.Error("receive buffer unknown")
	}
}

func TestAddressInUseIsSaidAsTheReferenceDoes(t *testing.T) {
	for family, bind := range loopbacks {
		t.Run(family, func(t *testing.T) {
			at := listen(t, Config{Bind: bind}).LocalAddr()
			_, err := Listen(Config{Bind: at})
			want := fmt.Sprintf("could not set up network transport: failed to obtain an address: "+
				"failed to start TCP listener on %q port %d: listen tcp %v: bind: address already in use", at.Addr(), at.Port(), at)
			if err == nil || err.Error() != want {
				t.Errorf("Listen = %v\nwant %s", err, want)
			}
			if !errors.Is(err, syscall.EADDRINUSE) {
				t.Error("the cause is hidden")
			}
		})
	}
}

func TestPacketPortInUseFreesTheListener(t *testing.T) {
	// An address of its own: on 127.0.0.1 some client's connection may hold the TCP port of the same number.
	own := netip.MustParseAddrPort("127.0.7.41:0")
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(own))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	_, err = Listen(Config{Bind: at})
	want := fmt.Sprintf("could not set up network transport: failed to obtain an address: "+
		"failed to start UDP listener on %q port %d: listen udp %v: bind: address already in use", at.Addr(), at.Port(), at)
	if err == nil || err.Error() != want {
		t.Fatalf("Listen = %v\nwant %s", err, want)
	}
	conn.Close()
	listen(t, Config{Bind: at})
}

func TestNoBindAddressIsAnError(t *testing.T) {
	if _, err := Listen(Config{}); err == nil {
		t.Error("Listen without an address succeeded")
	}
}

func TestCloseWakesReadAndAccept(t *testing.T) {
	for kind, open := range map[string]func(testing.TB, Config) *Net{"batched": listen, "single": listenSingle} {
		t.Run(kind, func(t *testing.T) {
			n := open(t, Config{})
			read, accepted := make(chan error), make(chan error)
			go func() { read <- n.ReadBatch(NewBatch(0)) }()
			go func() { _, err := n.Accept(); accepted <- err }()
			if err := n.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
			wantClosed(t, "ReadBatch", <-read)
			wantClosed(t, "Accept", <-accepted)
			if err := n.Close(); err != nil {
				t.Errorf("second Close = %v", err)
			}
			wantClosed(t, "ReadBatch after Close", n.ReadBatch(NewBatch(0)))
			out := []Outgoing{{To: n.LocalAddr(), Data: []byte("x")}, {To: n.LocalAddr(), Data: []byte("y")}}
			failed, err := n.WriteBatch(out)
			wantClosed(t, "WriteBatch after Close", err)
			if failed != 2 {
				t.Errorf("WriteBatch failed for %d packets, want 2", failed)
			}
		})
	}
}

func TestPortCanBeBoundAgainAfterClose(t *testing.T) {
	n := listen(t, Config{Bind: netip.MustParseAddrPort("127.0.7.42:0")}) // an address of its own, where nobody else takes the port
	n.Close()
	listen(t, Config{Bind: n.LocalAddr()})
}

func TestBackoffDoublesUpToASecond(t *testing.T) {
	var b backoff
	var got []time.Duration
	for range 10 {
		got = append(got, b.next()/time.Millisecond)
	}
	if want := []time.Duration{5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000}; !slices.Equal(got, want) {
		t.Errorf("pauses in ms %d, want %d", got, want)
	}
}

// failingConn is a packet socket that fails a few times and then gives a packet.
type failingConn struct {
	packetConn
	failures int
}

func (c *failingConn) read(b *Batch) error {
	if c.failures--; c.failures >= 0 {
		return syscall.ENOBUFS
	}
	b.Add(netip.AddrPort{}, time.Now(), []byte("x"))
	return nil
}

func TestFailedReadsAreReportedAndWaitedOut(t *testing.T) {
	var reported []error
	n := listen(t, Config{Report: func(err error) { reported = append(reported, err) }})
	n.packets = &failingConn{packetConn: n.packets, failures: 2}
	if got := readN(t, n, 1); string(got[0].Data) != "x" {
		t.Errorf("got %q, want x", got[0].Data)
	}
	if len(reported) != 2 || n.Stats().ReadErrors != 2 {
		t.Errorf("reported %v, counted %d, want 2 of each", reported, n.Stats().ReadErrors)
	}
}
