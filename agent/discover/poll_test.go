package discover

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
)

// fakeMember notes what it is told to join. Addresses in dead do not answer; the others become members unless hidden.
type fakeMember struct {
	joins  [][]string
	dead   map[string]bool
	hidden bool
	view   membership.View
}

func (m *fakeMember) View() *membership.View { return &m.view }

func (m *fakeMember) Join(_ context.Context, addrs []string, _ bool) (n int, err error) {
	m.joins = append(m.joins, addrs)
	for _, addr := range addrs {
		if m.dead[addr] {
			continue
		}
		n++
		if !m.hidden {
			m.view.Members = append(m.view.Members, &eventbus.Member{Name: addr, Addr: netip.MustParseAddrPort(addr), Status: eventbus.StatusAlive})
		}
	}
	if n == 0 {
		return 0, errors.New("1 error occurred:\n\t* failed to join X\n\n")
	}
	return n, nil
}

// world is a Discovery without sockets.
type world struct {
	*Discovery
	member *fakeMember
	memory memory
}

func newWorld(t *testing.T) *world {
	t.Helper()
	m := &fakeMember{dead: make(map[string]bool)}
	ctx, cancel := context.WithCancel(t.Context())
	d := &Discovery{service: *testService(t, "x", "me", "10.0.0.1:7946"), member: m, log: journal.New(journal.Options{}), ctx: ctx, cancel: cancel}
	return &world{Discovery: d, member: m}
}

// round plays a poll in which the answers come at once, and returns the round.
func (w *world) round(answers ...heard) *round {
	w.memory.tick()
	r := newRound(w.Discovery, &w.memory)
	out := make(chan heard, len(answers))
	for _, h := range answers {
		out <- h
	}
	close(out)
	r.gather(out)
	return r
}

// says is an answer of a whole instance at addrs.
func says(addrs ...string) heard {
	i := instance{name: dnsmessage.MustNewName("n._serf_x._tcp.local."), named: true}
	for _, a := range addrs {
		i.addrs = append(i.addrs, netip.MustParseAddrPort(a))
	}
	return heard{source: netip.MustParseAddr("192.0.2.1"), instances: []instance{i}}
}

func TestNewAddressesAreJoinedTogether(t *testing.T) {
	w := newWorld(t)
	w.member.view.Members = []*eventbus.Member{
		{Addr: netip.MustParseAddrPort("10.0.0.5:1"), Status: eventbus.StatusAlive},
		{Addr: netip.MustParseAddrPort("10.0.0.6:1"), Status: eventbus.StatusFailed},
	}
	r := w.round(says("10.0.0.1:7946"), says("10.0.0.2:1", "10.0.0.3:1"), says("10.0.0.2:1"), says("10.0.0.5:1"), says("10.0.0.6:1"),
		says("127.0.0.1:1"), says("10.0.0.9:0"))
	want := [][]string{{"10.0.0.2:1", "10.0.0.3:1", "10.0.0.6:1"}} // not itself, not a member that is alive
	if !slices.EqualFunc(w.member.joins, want, slices.Equal) || len(r.seen) != 4 || w.Stats().AddrsUnusable != 2 {
		t.Errorf("joined %v with %d seen and %d unusable, want %v, 4, 2", w.member.joins, len(r.seen), w.Stats().AddrsUnusable, want)
	}
	w.round(says("10.0.0.2:1"), says("10.0.0.3:1"))
	if len(w.member.joins) != 1 {
		t.Errorf("joined again: %v", w.member.joins)
	}
	logged(t, w, "[INFO] agent.mdns: Joined 3 hosts")
}

func TestOnlyTheAddressThatFailedIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.member.dead["10.0.0.3:1"] = true
	for range 5 {
		w.round(says("10.0.0.2:1"), says("10.0.0.3:1"))
	}
	want := [][]string{{"10.0.0.2:1", "10.0.0.3:1"}, {"10.0.0.3:1"}, {"10.0.0.3:1"}} // polls 1, 2 and 4
	if !slices.EqualFunc(w.member.joins, want, slices.Equal) {
		t.Errorf("joined %v, want %v", w.member.joins, want)
	}
	logged(t, w, "[ERR] agent.mdns: Failed to join: 1 error occurred: * failed to join X")
	delete(w.member.dead, "10.0.0.3:1")
	for range 10 {
		w.round(says("10.0.0.3:1"))
	}
	if got := len(w.member.joins); got != 4 {
		t.Errorf("%d joins after the address came up, want 4: %v", got, w.member.joins)
	}
}

func TestAddressThatIsNoMemberIsNotJoinedEveryTime(t *testing.T) {
	w := newWorld(t)
	w.member.hidden = true
	for range retryAfterMax {
		w.round(says("10.0.0.2:1"))
	}
	if got := len(w.member.joins); got != 1 {
		t.Errorf("%d joins in %d polls, want 1", got, retryAfterMax)
	}
}

func TestFloodOfAnswersIsBounded(t *testing.T) {
	w := newWorld(t)
	var flood []heard
	for i := range 10_000 {
		h := says(fmt.Sprintf("10.1.%d.%d:1", i>>8, i&255))
		h.source = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
		flood = append(flood, h)
	}
	for range 3 {
		r := w.round(flood...)
		if len(r.seen) > packetsMax || r.tried != joinsMax || len(w.memory.entries) > rememberedMax {
			t.Fatalf("%d seen, %d tried, %d remembered", len(r.seen), r.tried, len(w.memory.entries))
		}
	}
	joined := 0
	for _, batch := range w.member.joins {
		joined += len(batch)
	}
	if want := 3 * joinsMax; joined != want || w.Stats().AddrsLimit == 0 {
		t.Errorf("%d joined in three polls, want %d; %d left for later", joined, want, w.Stats().AddrsLimit)
	}
}

func TestOneSourceDoesNotCrowdOutTheOthers(t *testing.T) {
	w := newWorld(t)
	var flood []heard
	for i := range 1000 {
		addr := fmt.Sprintf("10.1.%d.%d:1", i>>8, i&255)
		w.member.dead[addr] = true
		flood = append(flood, says(addr))
	}
	other := says("10.0.0.2:1")
	other.source = netip.MustParseAddr("192.0.2.2")
	r := w.round(append(flood, other)...)
	if r.tried != sourceJoinsMax+1 || !slices.Contains(w.member.joins[0], "10.0.0.2:1") {
		t.Errorf("joined %v", w.member.joins)
	}
}

func TestLongErrorsAreCut(t *testing.T) {
	for _, tt := range []struct{ err, want string }{
		{"no route", "no route"},
		{"1 error occurred:\n\t* a\n\n", "1 error occurred: * a"},
		{"3 errors occurred:\n\t* a\n\t* b\n\t* c\n\n", "3 errors occurred: * a * b * c"},
		{"9 errors occurred:" + strings.Repeat("\n\t* a", 9) + "\n\n", "9 errors occurred: * a * a * a * and 6 more"},
	} {
		if got := line(errors.New(tt.err)); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestAnswersWithoutANameCountOnlyWhenAskedFor(t *testing.T) {
	w := newWorld(t)
	h := says("10.0.0.2:1")
	h.instances[0].named = false
	w.round(h)
	if len(w.member.joins) != 0 {
		t.Errorf("joined %v", w.member.joins)
	}
}

// TestQuietPeriodEndsABatch lets answers come at times of their own.
func TestQuietPeriodEndsABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.memory.tick()
		r := newRound(w.Discovery, &w.memory)
		out := make(chan heard)
		go func() {
			defer close(out)
			for i, wait := range []time.Duration{0, 90, 90, 110, 500} {
				<-time.After(wait * time.Millisecond)
				out <- says(fmt.Sprintf("10.0.0.%d:1", i+2))
			}
		}()
		r.gather(out)
		want := [][]string{{"10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"}, {"10.0.0.5:1"}, {"10.0.0.6:1"}}
		if !slices.EqualFunc(w.member.joins, want, slices.Equal) {
			t.Errorf("joined %v, want %v", w.member.joins, want)
		}
	})
}

func TestOneFamilyInTroubleIsSaidOnce(t *testing.T) {
	w := newWorld(t)
	e := &ear{family: families[1]}
	for range 3 {
		w.note(e, errors.New("no route"))
	}
	w.note(e, nil)
	w.note(e, nil)
	var got []string
	for _, l := range w.log.Tail() {
		got = append(got, l.Text[len("2006/01/02 15:04:05 "):])
	}
	want := []string{"[WARN] agent.mdns: IPv6 does not work, trying again with every poll: no route (hint: -mdns-iface names the interface to use)",
		"[INFO] agent.mdns: IPv6 works again"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPollThatCannotAskIsSaid(t *testing.T) {
	w := newWorld(t)
	w.cfg.Interface = "nope0" // it went after the start
	if n := w.poll(&w.memory); n != 0 {
		t.Errorf("%d agents have answered", n)
	}
	logged(t, w, "[ERR] agent.mdns: Failed to poll for new hosts: interface nope0: route ip+net: no such network interface")
}

func TestStartFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"interface", func(c *Config) { c.Interface = "nope0" }, "interface nope0: route ip+net: no such network interface"},
		{"families", func(c *Config) { c.DisableIPv4, c.DisableIPv6 = true, true }, "both IPv4 and IPv6 are disabled"},
		{"cluster", func(c *Config) { c.Cluster = "a..b" }, "see -discover"},
		{"node", func(c *Config) { c.Node = "a..b" }, "see -node"},
	} {
		cfg := Config{Cluster: "x", Node: "n", Addr: netip.MustParseAddrPort("10.0.0.1:1")}
		tt.change(&cfg)
		d, err := Start(cfg, &fakeMember{})
		if err == nil {
			d.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.want)
		}
	}
	(*Discovery)(nil).Close() // does nothing
}

func logged(t *testing.T, w *world, text string) {
	t.Helper()
	for _, l := range w.log.Tail() {
		if strings.HasSuffix(l.Text, text) {
			return
		}
	}
	t.Errorf("no line %q in %v", text, w.log.Tail())
}
