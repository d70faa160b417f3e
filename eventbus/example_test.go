package eventbus_test

import (
	"fmt"
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
