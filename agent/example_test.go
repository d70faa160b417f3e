package agent_test

import (
	"context"
	"fmt"
	"net/netip"

	"serf/agent"
	"serf/eventbus"
	"serf/membership"
)

// Two members in one program find each other; one of them leaves.
func Example() {
	start := func(name string) *agent.Agent {
		cluster := membership.DefaultLocal()
		cluster.Swim.Name = name
		cluster.Tags = map[string]string{"role": "web"}
		a, err := agent.Start(agent.Config{Cluster: cluster, Bind: netip.MustParseAddrPort("127.0.0.1:0")})
		if err != nil {
			panic(err)
		}
		return a
	}
	ctx := context.Background()
	alice, bob := start("alice"), start("bob")
	defer alice.Shutdown()
	defer bob.Shutdown()

	leaves := alice.Subscribe(eventbus.Only(eventbus.MemberLeave), 16, eventbus.DropOldest)
	defer leaves.Close()

	n, err := bob.Join(ctx, []string{alice.LocalAddr().String()}, false)
	fmt.Println("answered:", n, err)
	for _, m := range bob.Members() {
		fmt.Println(m.Name, m.Status, m.Tags["role"])
	}

	fmt.Println("leave:", bob.Leave(ctx))
	event, err := leaves.Next(ctx)
	fmt.Println(event.Type, event.Members[0].Name, err)
	// Output:
	// answered: 1 <nil>
	// alice alive web
	// bob alive web
	// leave: <nil>
	// member-leave bob <nil>
}
