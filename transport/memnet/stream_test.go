package memnet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"serf/transport"
)

// connect opens a stream from a to b.
func connect(t *testing.T, a, b *Endpoint) (dialed, accepted net.Conn) {
	t.Helper()
	dialed, err := a.Dial(context.Background(), b.LocalAddr())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err = b.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return dialed, accepted
}

func constant(d time.Duration) func(from, to netip.AddrPort) time.Duration {
	return func(from, to netip.AddrPort) time.Duration { return d }
}

func TestExchangeTakesTheLatencyOfEachWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := pair(t, Config{Latency: constant(10 * time.Millisecond)})
		start := time.Now()
		dialed, accepted := connect(t, a, b)
		if got := time.Since(start); got != 20*time.Millisecond {
			t.Errorf("connecting took %v, want 20ms", got)
		}
		if got, want := transport.RemoteAddr(accepted).Addr(), addrA.Addr(); got != want {
			t.Errorf("accepted from %v, want %v", got, want)
		}
		if got := transport.RemoteAddr(dialed); got != addrB {
			t.Errorf("dialed to %v, want %v", got, addrB)
		}
		io.WriteString(dialed, "request")
		buf := make([]byte, 100)
		n, err := accepted.Read(buf)
		if got := string(buf[:n]); got != "request" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		io.WriteString(accepted, "re")
		io.WriteString(accepted, "ply")
		accepted.Close()
		all, err := io.ReadAll(dialed)
		if string(all) != "reply" || err != nil {
			t.Errorf("read %q, %v", all, err)
		}
		if got := time.Since(start); got != 40*time.Millisecond {
			t.Errorf("the exchange took %v, want 40ms", got)
		}
		if got := b.Stats().StreamsOpen; got != 0 {
			t.Errorf("StreamsOpen = %d, want 0", got)
		}
	})
}

func TestWriterNeedsNoReaderUntilTheWindowIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := pair(t, Config{})
		dialed, accepted := connect(t, a, b)
		data := bytes.Repeat([]byte("0123456789"), StreamWindow/5)
		dialed.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := dialed.Write(data)
		if n != StreamWindow || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write = %d, %v, want the window and a passed deadline", n, err)
		}
		dialed.SetWriteDeadline(time.Time{})
		go func() {
			dialed.Write(data[n:])
			dialed.(*conn).CloseWrite()
		}()
		got, err := io.ReadAll(accepted)
		if !bytes.Equal(got, data) || err != nil {
			t.Errorf("read %d bytes, %v, want %d", len(got), err, len(data))
		}
	})
}

func TestStreamsHaveDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := pair(t, Config{StreamTimeout: 3 * time.Second})
		dialed, accepted := connect(t, a, b)
		start := time.Now()
		for name, c := range map[string]net.Conn{"dialed": dialed, "accepted": accepted} {
			_, err := c.Read(make([]byte, 1))
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: Read = %v, want a passed deadline", name, err)
			}
			var timeout net.Error
			if !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("%s: %v is no timeout", name, err)
			}
		}
		if got := time.Since(start); got != 3*time.Second {
			t.Errorf("deadlines after %v, want 3s", got)
		}
		time.AfterFunc(time.Second, func() { dialed.SetReadDeadline(time.Now().Add(time.Second)) })
		dialed.SetDeadline(time.Time{})
		if _, err := dialed.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read = %v, want the deadline set meanwhile", err)
		}
		if got := time.Since(start); got != 5*time.Second {
			t.Errorf("moved deadline after %v, want 5s", got)
		}
	})
}

func TestClosedStreamWakesBothEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := pair(t, Config{})
		dialed, accepted := connect(t, a, b)
		own, peer := make(chan error), make(chan error)
		go func() { _, err := dialed.Read(make([]byte, 1)); own <- err }()
		go func() { _, err := accepted.Read(make([]byte, 1)); peer <- err }()
		synctest.Wait()
		dialed.Close()
		if err := <-own; !errors.Is(err, net.ErrClosed) {
			t.Errorf("own Read = %v, want net.ErrClosed", err)
		}
		if err := <-peer; err != io.EOF {
			t.Errorf("peer's Read = %v, want EOF", err)
		}
		if _, err := dialed.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("own Write = %v, want net.ErrClosed", err)
		}
		if _, err := accepted.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("peer's Write = %v, want a reset", err)
		}
	})
}

func TestDialFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := false
		_, a, b := pair(t, Config{
			Latency: constant(time.Millisecond),
			Cut:     func(from, to netip.AddrPort) bool { return cut },
		})
		_, err := a.Dial(context.Background(), netip.MustParseAddrPort("10.0.0.9:7"))
		if err == nil || err.Error() != "dial tcp 10.0.0.9:7: connect: connection refused" {
			t.Errorf("Dial to nobody = %v", err)
		}
		for range BacklogMax {
			conn, err := a.Dial(context.Background(), addrB)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		if _, err := a.Dial(context.Background(), addrB); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("Dial with a full backlog = %v, want a refusal", err)
		}
		cut = true
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_, err = a.Dial(ctx, addrB)
		if err == nil || !strings.HasSuffix(err.Error(), "i/o timeout") || time.Since(start) != 2*time.Second {
			t.Errorf("Dial over a cut = %v after %v, want a timeout after 2s", err, time.Since(start))
		}
		if s := a.Stats(); s.DialErrors != 3 || s.StreamsDialed != BacklogMax {
			t.Errorf("Stats = %+v", s)
		}
		if got := b.Stats().StreamsRefused; got != 1 {
			t.Errorf("StreamsRefused = %d, want 1", got)
		}
	})
}

func TestCutStallsAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := false
		_, a, b := pair(t, Config{Cut: func(from, to netip.AddrPort) bool { return cut && from == addrA }})
		dialed, accepted := connect(t, a, b)
		io.WriteString(dialed, "before")
		cut = true
		io.WriteString(dialed, "during")
		cut = false
		io.WriteString(dialed, "after")
		buf := make([]byte, 100)
		n, _ := accepted.Read(buf)
		if got := string(buf[:n]); got != "before" {
			t.Errorf("read %q, want only what was sent before the cut", got)
		}
		if _, err := accepted.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read = %v, want a passed deadline", err)
		}
	})
}

func TestClosingAnEndpointEndsWhatWaits(t *testing.T) {
	_, a, b := pair(t, Config{})
	waiting, err := a.Dial(context.Background(), addrB)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	b.Close()
	if _, err := waiting.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("Read = %v, want EOF", err)
	}
}
