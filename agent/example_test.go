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

// A member asks the others what they serve and reads what they answer.
func ExampleAgent_Query() {
	start := func(name string) *agent.Agent {
		cluster := membership.DefaultLocal()
		cluster.Swim.Name = name
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
	if _, err := bob.Join(ctx, []string{alice.LocalAddr().String()}, false); err != nil {
		panic(err)
	}

	queries := bob.Subscribe(eventbus.Only(eventbus.Query), 16, eventbus.DropNewest)
	defer queries.Close()
	go func() {
		if q, err := queries.Next(ctx); err == nil {
			_ = bob.Respond(ctx, q.QueryID(), []byte("port 80, for "+q.From))
		}
	}()

	q, err := alice.Query(ctx, agent.QueryParams{Name: "serving", Nodes: []string{"bob"}})
	if err != nil {
		panic(err)
	}
	defer q.Close()
	for {
		answer, err := q.Next(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %s\n", answer.From, answer.Payload)
	}
	// Output:
	// bob: port 80, for alice
	// EOF
}
