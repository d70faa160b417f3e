package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStreamCarriesBothWays(t *testing.T) {
	for family, bind := range loopbacks {
		t.Run(family, func(t *testing.T) {
			a, b := listen(t, Config{Bind: bind}), listen(t, Config{Bind: bind})
			accepted := accept(b)
			out := dial(t, a, b.LocalAddr())
			in := <-accepted
			defer in.Close()
			if got, want := RemoteAddr(in), out.LocalAddr().(*net.TCPAddr).AddrPort(); got != want {
				t.Errorf("RemoteAddr = %v, want %v", got, want)
			}
			say(t, out, in, "request")
			say(t, in, out, "reply")
			if got := a.Stats().StreamsDialed; got != 1 {
				t.Errorf("StreamsDialed = %d, want 1", got)
			}
		})
	}
}

// say writes text to one end and reads it from the other.
func say(t *testing.T, from, to net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, len(text))
	if _, err := io.ReadFull(to, buf); err != nil {
		t.Fatal(err)
	}
	if string(buf) != text {
		t.Errorf("got %q, want %q", buf, text)
	}
}

func TestDialErrorsReadAsPeopleKnowThem(t *testing.T) {
	a := listen(t, Config{})
	gone := netip.MustParseAddrPort("127.0.0.1:1")
	_, err := a.Dial(context.Background(), gone)
	if want := fmt.Sprintf("dial tcp %v: connect: connection refused", gone); err == nil || err.Error() != want {
		t.Errorf("Dial = %v, want %s", err, want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Dial(ctx, gone); err == nil || !strings.HasPrefix(err.Error(), "dial tcp ") {
		t.Errorf("Dial with a cancelled context = %v", err)
	}
	if got := a.Stats().DialErrors; got != 2 {
		t.Errorf("DialErrors = %d, want 2", got)
	}
}

func TestDialedStreamHasTheDeadlineOfItsContext(t *testing.T) {
	t.Parallel() // it waits for the deadline, which leaves the dial enough time on a busy machine
	a, b := listen(t, Config{}), listen(t, Config{})
	accepted := accept(b)
	ctx, cancel := context.WithTimeout(context.Background(), soon/2)
	defer cancel()
	conn, err := a.Dial(ctx, b.LocalAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer func() { (<-accepted).Close() }()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read = %v, want a passed deadline", err)
	}
}

func TestIdleStreamsEnd(t *testing.T) {
	n := listen(t, Config{StreamTimeout: 50 * time.Millisecond})
	accepted := accept(n)
	silent, err := net.Dial("tcp", n.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	in := <-accepted
	if _, err := in.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read of an idle stream = %v, want a passed deadline", err)
	}
	in.Close()
	if got := n.Stats().StreamsOpen; got != 0 {
		t.Errorf("StreamsOpen = %d, want 0", got)
	}
}

// hold accepts all streams and keeps them, until the transport is closed.
func hold(n *Net) (taken <-chan net.Conn, wait func()) {
	c, done := make(chan net.Conn, 1000), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := n.Accept()
			if err != nil {
				return
			}
			c <- conn
		}
	}()
	return c, func() { n.Close(); <-done }
}

// refused tells whether the transport closed conn without a word.
func refused(t *testing.T, conn net.Conn) bool {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(soon))
	_, err := conn.Read(make([]byte, 1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("stream neither refused nor used")
	}
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
}

func TestStreamsAboveTheLimitsAreClosed(t *testing.T) {
	limits := map[string]Config{
		"total":  {StreamsMax: 3},
		"source": {StreamsPerSourceMax: 3},
	}
	for name, cfg := range limits {
		t.Run(name, func(t *testing.T) {
			n := listen(t, cfg)
			taken, wait := hold(n)
			defer wait()
			var held []net.Conn
			for range 3 {
				dial(t, n, n.LocalAddr())
				held = append(held, <-taken)
			}
			for range 5 {
				if !refused(t, dial(t, n, n.LocalAddr())) {
					t.Error("stream above the limit was not closed")
				}
			}
			held[0].Close()
			held[0].Close() // counts once
			dial(t, n, n.LocalAddr())
			held = append(held, <-taken)
			s := n.Stats()
			if got := s.StreamsRefused + s.StreamsRefusedSource; got != 5 || (s.StreamsRefused > 0) != (name == "total") {
				t.Errorf("refused %d in all and %d of the source, want 5 because of the %s", s.StreamsRefused, s.StreamsRefusedSource, name)
			}
			if s.StreamsOpen != 3 || s.StreamsAccepted != 4 {
				t.Errorf("open %d, accepted %d, want 3 and 4", s.StreamsOpen, s.StreamsAccepted)
			}
			for _, conn := range held {
				conn.Close()
			}
			if got := n.Stats().StreamsOpen; got != 0 {
				t.Errorf("StreamsOpen = %d after all were closed, want 0", got)
			}
		})
	}
}

func TestFiveHundredIdleConnectionsLeaveRoomForOthers(t *testing.T) {
	n := listen(t, Config{Bind: netip.MustParseAddrPort("0.0.0.0:0")})
	taken, wait := hold(n)
	defer wait()
	port := n.LocalAddr().Port()
	hostile := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
	for range 500 {
		dial(t, n, hostile)
	}
	for range StreamsPerSourceMax {
		defer (<-taken).Close()
	}
	peer := dial(t, n, netip.AddrPortFrom(netip.MustParseAddr("::1"), port))
	in := <-taken
	defer in.Close()
	say(t, peer, in, "still here")
	s := n.Stats()
	if got, want := s.StreamsRefusedSource, uint64(500-StreamsPerSourceMax); got != want {
		t.Errorf("StreamsRefusedSource = %d, want %d", got, want)
	}
	if got, want := s.StreamsOpen, uint64(StreamsPerSourceMax+1); got != want {
		t.Errorf("StreamsOpen = %d, want %d", got, want)
	}
}

func TestShedClosesWhatWaits(t *testing.T) {
	n := listen(t, Config{})
	waiting := []net.Conn{dial(t, n, n.LocalAddr()), dial(t, n, n.LocalAddr())}
	for end := time.Now().Add(soon); n.Stats().StreamsRefused < 2 && time.Now().Before(end); {
		n.shed() // which takes those that the system has queued by now
	}
	for _, conn := range waiting {
		if !refused(t, conn) {
			t.Error("waiting connection was not closed")
		}
	}
	if got := n.Stats().StreamsRefused; got != 2 {
		t.Errorf("StreamsRefused = %d, want 2", got)
	}
	accepted := accept(n)
	peer := dial(t, n, n.LocalAddr())
	in := <-accepted
	defer in.Close()
	say(t, peer, in, "works again")
}
