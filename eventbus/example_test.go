package eventbus_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/eventbus"
)

// Two members come and one of them goes again at once: a subscriber is told what is left of it.
func Example() {
	now := time.Unix(0, 0)
	coalescer := eventbus.NewCoalescer(3*time.Second, time.Second)
	for _, e := range []struct {
		typ  eventbus.EventType
		name string
	}{{eventbus.MemberJoin, "ada"}, {eventbus.MemberJoin, "bob"}, {eventbus.MemberFailed, "bob"}} {
		coalescer.Push(now, eventbus.Event{Type: e.typ, Members: []*eventbus.Member{{Name: e.name}}})
	}
	coalescer.HandleDeadline(coalescer.NextDeadline())

	filter, _ := eventbus.ParseFilter("member-join,member-failed")
	ring := eventbus.NewRing(filter, 64, eventbus.DropOldest)
	for e, ok := coalescer.Next(); ok; e, ok = coalescer.Next() {
		ring.Push(e)
	}
	for e, ok := ring.Next(); ok; e, ok = ring.Next() {
		fmt.Println(e.Type, e.Members[0].Name)
	}
	// Output:
	// member-join ada
	// member-failed bob
}

// Two members: the first one asks, both answer, and the query is over at once.
func ExampleQueries() {
	now, rng := time.Unix(0, 0), rand.New(rand.NewPCG(1, 2))
	var members []*eventbus.Member
	var queries []*eventbus.Queries
	for i, name := range []string{"ada", "bob"} {
		cfg := eventbus.DefaultQuery()
		cfg.Name, cfg.Source = name, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 7946)
		members = append(members, &eventbus.Member{Name: name, Addr: cfg.Source, Status: eventbus.StatusAlive})
		q, err := eventbus.NewQueries(cfg)
		if err != nil {
			panic(err)
		}
		queries = append(queries, q)
	}
	_, message, err := queries[0].Start(now, &eventbus.QueryParams{Name: "uptime"}, members, rng)
	if err != nil {
		panic(err)
	}
	for _, q := range queries {
		received, _ := q.Receive(now, message, nil)
		reply, _ := q.Respond(now, received.Event.QueryID(), []byte("3 days"))
		queries[0].HandleResponse(now, reply.Message) // it would travel to reply.To
	}
	for u, ok := queries[0].Next(); ok; u, ok = queries[0].Next() {
		if u.Kind == eventbus.UpdateResponse {
			fmt.Printf("%s: %s\n", u.From, u.Payload)
		} else {
			fmt.Println("complete:", u.End.Why == eventbus.EndComplete)
		}
	}
	// Output:
	// ada: 3 days
	// bob: 3 days
	// complete: true
}
