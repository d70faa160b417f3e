package telemetry

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"serf/agent/journal"
	"serf/sim/proof"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

func TestStatsdLines(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	tel := Start(Config{StatsdAddr: server.LocalAddr().String(), Read: figures})
	defer tel.Close()
	tel.gaugePrefix = "serf-agent.web 1."
	tel.roll()
	want := "serf-agent.web 1.g:2.500000|g\nserf-agent.c:3.000000|c\nserf-agent.bytes:1266.000000|c\nserf-agent.s:1.648000|ms\n"
	if got := datagram(t, server); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func figures(_ context.Context, r *Reading) {
	r.Gauge("g", 2.5)
	r.Total("c", 3)
	r.Total("zero", 0)
	r.Amount("bytes", 1266)
	r.Sample("s", 1.648)
}

func TestStatsdDatagramsHoldWholeLines(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	const names = 200
	tel := Start(Config{StatsdAddr: server.LocalAddr().String(), Read: func(_ context.Context, r *Reading) {
		for i := range names {
			r.Total(fmt.Sprintf("name-%03d", i), 1)
		}
	}})
	defer tel.Close()
	tel.roll()
	lines := 0
	for lines < names {
		d := datagram(t, server)
		if len(d) > datagramBytesMax || !strings.HasSuffix(d, "|c\n") || !strings.HasPrefix(d, "serf-agent.name-") {
			t.Fatalf("a datagram of %d bytes: %q", len(d), d)
		}
		lines += strings.Count(d, "\n")
	}
}

func TestStatsiteGetsTheLinesAfterItComesUp(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.7.43:0") // an address of its own: nobody takes the port while the server is down
	if err != nil {
		t.Fatal(err)
	}
	addr := server.Addr().String()
	_ = server.Close()
	log := journal.New(journal.Options{})
	tel := Start(Config{StatsiteAddr: addr, Read: figures, Log: log})
	defer tel.Close()
	tel.roll()
	waitFor(t, "the refusal is logged", func() bool { return logs(log, "[WARN] agent: statsite sink "+addr+": dial tcp "+addr) })
	server, err = net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	conn, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	expectLines(t, conn, "serf-agent.c:3.000000|c")
	waitFor(t, "the end of trouble is logged", func() bool { return logs(log, "statsite sink "+addr+" works again") })

	// The server goes and comes: it is noticed at once, and what was queued meanwhile arrives.
	_ = conn.Close()
	waitFor(t, "the loss is logged", func() bool { return logs(log, "connection closed by the other side (trying again)") })
	tel.Sample("late", 7)
	tel.roll()
	conn, err = server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	expectLines(t, conn, "serf-agent.late:7.000000|ms")
	if got := tel.sinks[0].dropped.Load(); got != 0 {
		t.Errorf("%d lines dropped", got)
	}
}

func TestStalledStatsiteDelaysNobody(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close() // it accepts in its backlog and reads nothing
	var total atomic.Uint64
	tel := Start(Config{StatsiteAddr: server.Addr().String(), Read: func(_ context.Context, r *Reading) {
		n := total.Add(1)
		for i := range 500 {
			r.Total(fmt.Sprintf("some-counter-with-a-long-name-%d", i), n)
		}
	}})
	s := tel.sinks[0]
	waitFor(t, "lines are dropped", func() bool { // when the buffers of the system and the queue are full
		for range 100 {
			tel.roll()
		}
		s.mu.Lock()
		waiting := s.bytes
		s.mu.Unlock()
		if waiting > queueBytesMax+pendingBytesMax {
			t.Fatalf("%d bytes wait", waiting)
		}
		return strings.Contains(dump(t, tel), "'serf-agent.agent.telemetry.dropped'")
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		tel.Close()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Error("Close waits for a stalled sink")
		<-done
	}
}

func TestCloseSendsTheLastFigures(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	tel := Start(Config{StatsdAddr: server.LocalAddr().String(), Read: figures})
	tel.patience = patience
	tel.Close()
	tel.Close() // does nothing
	if got := datagram(t, server); !strings.Contains(got, "serf-agent.c:3.000000|c\n") {
		t.Errorf("got %q", got)
	}
	(*Telemetry)(nil).Close()
}

func datagram(t *testing.T, server net.PacketConn) string {
	t.Helper()
	if err := server.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	n, _, err := server.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// expectLines reads from conn until a line is want.
func expectLines(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if lines.Text() == want {
			return
		}
	}
	t.Fatalf("no line %q: %v", want, lines.Err())
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func logs(log *journal.Journal, text string) bool {
	for _, l := range log.Tail() {
		if strings.Contains(l.Text, text) {
			return true
		}
	}
	return false
}

// FuzzCheckSink: what is accepted has a host and a port other than 0.
func FuzzCheckSink(f *testing.F) {
	for _, addr := range []string{"", "host:8125", "[::1]:1", "host", ":1", "a:b:c", "host:0", "host:65536", "host:+1", "[a]b:1"} {
		f.Add(addr)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		var err error
		proof.Memory(t, len(addr), func() { err = CheckStatsd(addr) })
		if other := CheckStatsite(addr); (other == nil) != (err == nil) {
			t.Fatalf("%q: statsd says %v, statsite %v", addr, err, other)
		}
		if err != nil || addr == "" {
			return
		}
		host, port, err := net.SplitHostPort(addr)
		if n, bad := strconv.Atoi(port); err != nil || host == "" || bad != nil || n < 1 || n > 65535 {
			t.Errorf("%q was accepted: %q, %q, %v", addr, host, port, err)
		}
	})
}
