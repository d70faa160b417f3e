package swim_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/swim"
)

// Two nodes meet. A driver would write the State to a stream and read it from there; here it is handed over.
func Example() {
	now := time.Unix(0, 0)
	alice := newNode("alice", "10.0.0.1:7946", now)
	bob := newNode("bob", "10.0.0.2:7946", now)

	x, err := alice.Join(now, netip.MustParseAddrPort("10.0.0.2:7946"), "")
	if err != nil {
		fmt.Println(err)
		return
	}
	request := drain("alice", alice)
	bob.HandleState(now, swim.Accepted(1), request)
	reply := drain("bob", bob)
	alice.HandleState(now, x, reply)
	drain("alice", alice)

	at, why := alice.NextDeadline()
	fmt.Println("alice wakes after", at.Sub(now), "for", why)
	// Output:
	// alice: joined alice
	// bob: joined bob
	// bob: joined alice
	// alice: joined bob
	// alice wakes after 0s for gossip
}

func newNode(name, addr string, now time.Time) *swim.Node {
	cfg := swim.DefaultLAN()
	cfg.Name = name
	cfg.Advertise = netip.MustParseAddrPort(addr)
	n, err := swim.New(cfg, now, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		panic(err)
	}
	return n
}

// drain shows who joined and returns the state that the node wants to send.
func drain(name string, n *swim.Node) (s *swim.State) {
	for {
		e, ok := n.NextEffect()
		switch {
		case !ok:
			return s
		case e.Kind == swim.EffectEvent && e.Event.Kind == swim.EventJoin:
			fmt.Printf("%s: joined %s\n", name, e.Event.Info.Name)
		case e.State != nil:
			s = e.State
		}
	}
}
