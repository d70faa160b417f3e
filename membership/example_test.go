package membership_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/membership"
	"serf/swim"
)

// Two members on a network that is a function call: one joins the other by a push/pull.
func Example() {
	now := time.Unix(0, 0)
	ada, bob := member("ada", "10.0.0.1:7946", now), member("bob", "10.0.0.2:7946", now)
	drain("ada", ada, nil)
	drain("bob", bob, nil)

	target := membership.Target{Addr: netip.MustParseAddrPort("10.0.0.1:7946")}
	if err := bob.Join(now, 1, []membership.Target{target}, false); err != nil {
		fmt.Println(err)
	}
	var dialled, replied swim.Effect
	drain("bob", bob, &dialled)
	_ = ada.HandleState(now, swim.Accepted(1), dialled.State)
	drain("ada", ada, &replied)
	_ = bob.HandleState(now, dialled.Exchange, replied.State)
	drain("bob", bob, nil)

	for _, m := range ada.View().Members {
		fmt.Println("ada sees", m.Name, m.Addr, m.Status, m.Tags["role"])
	}
	// Output:
	// ada: member-join ada
	// bob: member-join bob
	// ada: member-join bob
	// bob: member-join ada
	// bob: joined 1
	// ada sees ada 10.0.0.1:7946 alive web
	// ada sees bob 10.0.0.2:7946 alive web
}

func member(name, addr string, now time.Time) *membership.Cluster {
	cfg := membership.DefaultLAN()
	cfg.Swim.Name, cfg.Swim.Advertise = name, netip.MustParseAddrPort(addr)
	cfg.Tags = map[string]string{"role": "web"}
	cfg.CoalescePeriod = 0 // tell events at once
	c, err := membership.New(cfg, now, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		panic(err)
	}
	return c
}

// drain takes all effects; a driver would send packets too and call HandleDeadline at NextDeadline.
func drain(name string, c *membership.Cluster, stream *swim.Effect) {
	for e, ok := c.NextEffect(); ok; e, ok = c.NextEffect() {
		switch e.Kind {
		case membership.EffectEvent:
			fmt.Printf("%s: %v %s\n", name, e.Event.Type, e.Event.Members[0].Name)
		case membership.EffectWire:
			if e.Wire.State != nil {
				*stream = e.Wire
			}
		case membership.EffectDone:
			fmt.Printf("%s: joined %d\n", name, e.Done.Joined)
		}
	}
}
