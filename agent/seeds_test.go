package agent

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"serf/eventbus"
)

// nameServer is a resolver whose answers change.
type nameServer struct {
	mu      sync.Mutex
	answers map[string][]netip.Addr
}

func (n *nameServer) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return names(n.answers).LookupNetIP(ctx, network, host)
}

func (n *nameServer) set(host string, member int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers[host] = []netip.Addr{addr(member).Addr()}
}

// TestSeedsHealASplitThatOutlivedEveryMemory has one side restart while the other is cut off and has reaped it: nobody
// knows anybody, and only the seed, a host name, leads back.
func TestSeedsHealASplitThatOutlivedEveryMemory(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		dns := &nameServer{answers: map[string][]netip.Addr{}}
		dns.set("a.test", 1)
		a := w.start(1)
		b := w.start(2, func(c *Config) { c.Seeds, c.Resolver = []string{"a.test"}, dns })
		w.join(b, "a.test")
		w.pass(2 * time.Second)

		w.isolate(2, true)
		w.pass(48 * time.Hour)
		if got := status(a, b.Name()); got != eventbus.StatusNone {
			t.Fatalf("%s is %v after two days, want it reaped", b.Name(), got)
		}
		_ = a.Shutdown()
		dns.set("a.test", 3) // it comes up at another address and with another name
		fresh := w.start(3)
		w.isolate(2, false)
		w.until("they know each other", 3*time.Minute, func() bool {
			return status(b, fresh.Name()) == eventbus.StatusAlive && status(fresh, b.Name()) == eventbus.StatusAlive
		})
	})
}

// TestSidesOfATwoDaySplitMeetAgain leaves both running.
func TestSidesOfATwoDaySplitMeetAgain(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		b := w.start(2, func(c *Config) { c.Seeds = []string{addr(1).String()} })
		w.join(b, addr(1).String())
		w.pass(2 * time.Second)
		w.isolate(1, true)
		w.isolate(2, true)
		w.pass(48 * time.Hour)
		if x, y := status(a, b.Name()), status(b, a.Name()); x != eventbus.StatusNone || y != eventbus.StatusNone {
			t.Fatalf("they see each other as %v and %v, want both reaped", x, y)
		}
		w.isolate(1, false)
		w.isolate(2, false)
		w.until("they see each other alive", 2*time.Minute, func() bool {
			return status(a, b.Name()) == eventbus.StatusAlive && status(b, a.Name()) == eventbus.StatusAlive
		})
	})
}

func TestSeedsAreLeftAloneUntilAJoinHasSucceeded(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		b := w.start(2, func(c *Config) { c.Seeds = []string{addr(1).String(), "no.test"} })
		w.pass(time.Hour)
		if got := len(a.Members()); got != 1 {
			t.Errorf("%d members before a join, want 1", got)
		}
		if slices.ContainsFunc(lines(b.log), func(l string) bool { return l == "[INFO] serf: Attempting re-join at "+addr(1).String() }) {
			t.Error("the seed was contacted before a join")
		}
	})
}

// TestSeedThatIsGoneKeepsItsLastAddress has a name server that forgets the name.
func TestSeedThatIsGoneKeepsItsLastAddress(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		dns := &nameServer{answers: map[string][]netip.Addr{}}
		dns.set("a.test", 1)
		a := w.start(1)
		b := w.start(2, func(c *Config) { c.Seeds, c.Resolver = []string{"a.test"}, dns })
		w.join(b, "a.test")
		w.pass(time.Second)
		dns.mu.Lock()
		delete(dns.answers, "a.test")
		dns.mu.Unlock()
		if err := a.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = a.Shutdown()
		w.pass(time.Hour)
		fresh := w.start(1, func(c *Config) { c.Cluster.Swim.Name = "fresh" })
		w.until("the newcomer at the old address is found", 2*time.Minute, func() bool {
			return status(b, fresh.Name()) == eventbus.StatusAlive
		})
	})
}
