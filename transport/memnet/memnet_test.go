package memnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"serf/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	addrA = netip.MustParseAddrPort("10.0.0.1:7946")
	addrB = netip.MustParseAddrPort("10.0.0.2:7946")
)

func listen(t *testing.T, n *Network, addr netip.AddrPort) *Endpoint {
	t.Helper()
	e, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func pair(t *testing.T, cfg Config) (n *Network, a, b *Endpoint) {
	t.Helper()
	n = New(cfg)
	return n, listen(t, n, addrA), listen(t, n, addrB)
}

func send(t *testing.T, e *Endpoint, to netip.AddrPort, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := e.WriteBatch([]transport.Outgoing{{To: to, Data: []byte(text)}}); err != nil {
			t.Fatal(err)
		}
	}
}

// read returns what one ReadBatch brings.
func read(t *testing.T, e *Endpoint) []string {
	t.Helper()
	b := transport.NewBatch(0)
	if err := e.ReadBatch(b); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range b.Packets {
		texts = append(texts, string(p.Data))
	}
	return texts
}

func TestPacketsTakeTheirLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		latency := []time.Duration{30 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}
		next := -1
		_, a, b := pair(t, Config{Latency: func(from, to netip.AddrPort) time.Duration { next++; return latency[next] }})
		start := time.Now()
		send(t, a, addrB, "thirty", "ten", "ten too", "twenty")
		for _, want := range []struct {
			after time.Duration
			texts []string
		}{
			{10 * time.Millisecond, []string{"ten", "ten too"}},
			{20 * time.Millisecond, []string{"twenty"}},
			{30 * time.Millisecond, []string{"thirty"}},
		} {
			got := read(t, b)
			if after := time.Since(start); after != want.after || !slices.Equal(got, want.texts) {
				t.Errorf("after %v: %q, want %q after %v", after, got, want.texts, want.after)
			}
		}
		if s := b.Stats(); s.PacketsIn != 4 || s.Reads != 3 {
			t.Errorf("Stats = %+v, want 4 packets in 3 reads", s)
		}
	})
}

func TestPacketsMeetLossCutAndNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lose, cut := false, false
		n, a, b := pair(t, Config{
			Lose: func(from, to netip.AddrPort) bool { return lose },
			Cut:  func(from, to netip.AddrPort) bool { return cut && from == addrA },
		})
		lose = true
		send(t, a, addrB, "lost")
		lose, cut = false, true
		send(t, a, addrB, "cut off")
		send(t, b, addrA, "the other way is open")
		cut = false
		send(t, a, netip.MustParseAddrPort("10.0.0.9:1"), "nobody")
		send(t, a, addrB, "arrives")
		if got := read(t, b); !slices.Equal(got, []string{"arrives"}) {
			t.Errorf("b got %q", got)
		}
		if got := read(t, a); !slices.Equal(got, []string{"the other way is open"}) {
			t.Errorf("a got %q", got)
		}
		if got, want := n.Stats(), (Stats{Delivered: 2, Lost: 1, Cut: 1, Nowhere: 1}); got != want {
			t.Errorf("Stats = %+v, want %+v", got, want)
		}
	})
}

func TestPacketIsACopyWithItsSource(t *testing.T) {
	_, a, b := pair(t, Config{})
	data := []byte("original")
	mapped := netip.AddrPortFrom(netip.AddrFrom16(addrB.Addr().As16()), addrB.Port())
	if _, err := a.WriteBatch([]transport.Outgoing{{To: mapped, Data: data}}); err != nil {
		t.Fatal(err)
	}
	copy(data, "scribble")
	batch := transport.NewBatch(1)
	if err := b.ReadBatch(batch); err != nil {
		t.Fatal(err)
	}
	if p := batch.Packets[0]; p.From != addrA || string(p.Data) != "original" || p.At.IsZero() {
		t.Errorf("got %q from %v at %v", p.Data, p.From, p.At)
	}
}

func TestUnsendablePacketsAreRefusedOneByOne(t *testing.T) {
	_, a, b := pair(t, Config{})
	out := []transport.Outgoing{{To: addrB}, {Data: []byte("x")}, {To: addrB, Data: make([]byte, 1<<16)}, {To: addrB, Data: []byte("good")}}
	failed, err := a.WriteBatch(out)
	if failed != 3 || err == nil || out[3].Err != nil {
		t.Errorf("WriteBatch = %d, %v; last: %v", failed, err, out[3].Err)
	}
	if got := read(t, b); !slices.Equal(got, []string{"good"}) {
		t.Errorf("got %q", got)
	}
}

func TestInboxIsBounded(t *testing.T) {
	n, a, b := pair(t, Config{})
	for range InboxMax + 7 {
		send(t, a, addrB, "x")
	}
	if got := n.Stats().Overflown; got != 7 {
		t.Errorf("Overflown = %d, want 7", got)
	}
	got := 0
	for got < InboxMax {
		texts := read(t, b)
		if len(texts) > transport.BatchLen {
			t.Fatalf("a batch of %d", len(texts))
		}
		got += len(texts)
	}
}

func TestAddressesAreExclusive(t *testing.T) {
	n, a, _ := pair(t, Config{})
	if _, err := n.Listen(addrA); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("second Listen = %v, want EADDRINUSE", err)
	}
	a.Close()
	listen(t, n, addrA)
	free := netip.AddrPortFrom(addrA.Addr(), 0)
	x, y := listen(t, n, free).LocalAddr(), listen(t, n, free).LocalAddr()
	if x == y || x.Port() == 0 || y.Port() == 0 {
		t.Errorf("free ports %v and %v", x, y)
	}
	if _, err := n.Listen(netip.AddrPort{}); err == nil {
		t.Error("Listen without an address succeeded")
	}
}

func TestCloseWakesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, _ := pair(t, Config{Cut: func(from, to netip.AddrPort) bool { return true }})
		errs := make(chan error)
		go func() { errs <- a.ReadBatch(transport.NewBatch(0)) }()
		go func() { _, err := a.Accept(); errs <- err }()
		go func() { _, err := a.Dial(context.Background(), addrB); errs <- err }()
		synctest.Wait()
		a.Close()
		a.Close()
		for range 3 {
			if err := <-errs; !errors.Is(err, net.ErrClosed) {
				t.Errorf("woken with %v, want net.ErrClosed", err)
			}
		}
		if _, err := a.WriteBatch([]transport.Outgoing{{To: addrB, Data: []byte("x")}}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("WriteBatch = %v, want net.ErrClosed", err)
		}
	})
}

// Two members on a network with a latency, in a bubble whose clock is not the real one.
func Example() {
	network := New(Config{Latency: func(from, to netip.AddrPort) time.Duration { return time.Millisecond }})
	a, _ := network.Listen(netip.MustParseAddrPort("10.0.0.1:7946"))
	b, _ := network.Listen(netip.MustParseAddrPort("10.0.0.2:7946"))
	defer a.Close()
	defer b.Close()

	a.WriteBatch([]transport.Outgoing{{To: b.LocalAddr(), Data: []byte("ping")}})
	batch := transport.NewBatch(0)
	if err := b.ReadBatch(batch); err != nil {
		fmt.Println(err)
	}
	for _, p := range batch.Packets {
		fmt.Printf("%s from %v\n", p.Data, p.From)
	}
	// Output: ping from 10.0.0.1:7946
}
