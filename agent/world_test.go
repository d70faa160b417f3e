package agent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
	"serf/transport"
	"serf/transport/envelope"
	"serf/transport/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a network in memory with agents on it, inside a synctest bubble. All time in it is virtual.
type world struct {
	t   *testing.T
	net *memnet.Network

	mu  sync.Mutex
	cut map[netip.AddrPort]bool // addresses that nothing reaches or leaves
}

// in runs test in a world of its own. Agents that it leaves behind are shut down.
func in(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, cut: make(map[netip.AddrPort]bool)}
		w.net = memnet.New(memnet.Config{
			Latency: func(_, _ netip.AddrPort) time.Duration { return time.Millisecond },
			Cut:     func(from, to netip.AddrPort) bool { return w.isCut(from) || w.isCut(to) },
		})
		test(t, w)
	})
}

func (w *world) isCut(a netip.AddrPort) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut[a]
}

// isolate cuts the i-th member off, or ends that.
func (w *world) isolate(i int, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut[addr(i)] = cut
}

// addr returns the address of the i-th member.
func addr(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 7946)
}

// name returns the name of the i-th member.
func name(i int) string { return fmt.Sprintf("n%d", i) }

// config returns the configuration of the i-th member.
func (w *world) config(i int) Config {
	return Config{
		Cluster:  clusterConfig(name(i)),
		Envelope: envelope.Config{Compression: true},
		Log:      journal.New(journal.Options{}),
		Rand:     rand.New(rand.NewPCG(1, uint64(i))),
	}
}

func clusterConfig(name string) membership.Config {
	c := membership.DefaultLAN()
	c.Swim.Name = name
	return c
}

// start runs the i-th member, with its configuration changed by each of change.
func (w *world) start(i int, change ...func(*Config)) *Agent {
	w.t.Helper()
	cfg := w.config(i)
	for _, f := range change {
		f(&cfg)
	}
	if cfg.Transport == nil {
		cfg.Transport = w.endpoint(i)
	}
	a, err := Start(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = a.Shutdown() })
	return a
}

// endpoint is the bare network address of the i-th member, for whoever is not an agent.
func (w *world) endpoint(i int) *memnet.Endpoint {
	w.t.Helper()
	e, err := w.net.Listen(addr(i))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = e.Close() })
	return e
}

// cluster runs n members that have joined the first one and know each other.
func (w *world) cluster(n int, change ...func(*Config)) []*Agent {
	w.t.Helper()
	var agents []*Agent
	for i := 1; i <= n; i++ {
		agents = append(agents, w.start(i, change...))
	}
	for _, a := range agents[1:] {
		w.join(a, addr(1).String())
	}
	w.pass(2 * time.Second)
	for _, a := range agents {
		if got := len(a.Members()); got != n {
			w.t.Fatalf("%s knows %d members, want %d", a.Name(), got, n)
		}
	}
	return agents
}

func (w *world) join(a *Agent, to ...string) {
	w.t.Helper()
	if n, err := a.Join(w.t.Context(), to, false); n != len(to) || err != nil {
		w.t.Fatalf("%s joins %v: %d, %v", a.Name(), to, n, err)
	}
}

// pass lets d go by.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// until waits for a condition, but not longer than limit, and returns how long it took.
func (w *world) until(what string, limit time.Duration, ok func() bool) time.Duration {
	w.t.Helper()
	start := time.Now()
	for !ok() {
		if time.Since(start) > limit {
			w.t.Fatalf("not within %v: %s", limit, what)
		}
		w.pass(10 * time.Millisecond)
	}
	return time.Since(start)
}

// packet sends one datagram from e to the i-th member.
func (w *world) packet(e *memnet.Endpoint, i int, data []byte) {
	w.t.Helper()
	if _, err := e.WriteBatch([]transport.Outgoing{{To: addr(i), Data: data}}); err != nil {
		w.t.Fatal(err)
	}
}

// dial opens a stream from e to the i-th member.
func (w *world) dial(e *memnet.Endpoint, i int) net.Conn {
	w.t.Helper()
	c, err := e.Dial(w.t.Context(), addr(i))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// works fails the test unless a still answers commands and takes in a newcomer, the i-th member.
func (w *world) works(a *Agent, i int) {
	w.t.Helper()
	newcomer := w.start(i, func(c *Config) { c.Keyring = a.Keyring() })
	w.join(newcomer, a.LocalAddr().String())
	w.pass(time.Second)
	if got := status(a, name(i)); got != eventbus.StatusAlive {
		w.t.Errorf("%s sees the newcomer %s as %v", a.Name(), name(i), got)
	}
}

// status returns what a thinks of a member; StatusNone when it does not know it.
func status(a *Agent, name string) eventbus.Status {
	for _, m := range a.Members() {
		if m.Name == name {
			return m.Status
		}
	}
	return eventbus.StatusNone
}

// count returns how many lines hold text.
func count(log *journal.Journal, text string) (n int) {
	for _, l := range lines(log) {
		if strings.Contains(l, text) {
			n++
		}
	}
	return n
}

// wantLine fails the test unless exactly one line holds text.
func (w *world) wantLine(a *Agent, text string) {
	w.t.Helper()
	if n := count(a.log, text); n != 1 {
		w.t.Errorf("%d lines with %q, want 1, in\n%s", n, text, strings.Join(lines(a.log), "\n"))
	}
}

// wantOrder fails the test unless the lines of want come in this order, with others between them.
func wantOrder(t *testing.T, log *journal.Journal, want ...string) {
	t.Helper()
	all := lines(log)
	rest := all
	for _, line := range want {
		i := slices.Index(rest, line)
		if i < 0 {
			t.Fatalf("no line %q (in this order) in\n%s", line, strings.Join(all, "\n"))
		}
		rest = rest[i+1:]
	}
}

// ring returns a keyring of one key, all of whose bytes are b.
func ring(t testing.TB, b byte) *envelope.Keyring {
	t.Helper()
	r, err := envelope.NewKeyring(nil, []byte(strings.Repeat(string(rune(b)), 16)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// canceled returns a context that has ended.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
