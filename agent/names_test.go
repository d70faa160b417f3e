package agent

import (
	"fmt"
	"testing"

	"serf/eventbus"
)

func TestCountedNamesAreBounded(t *testing.T) {
	var h heard
	for i := range 10_000 {
		h.count(eventbus.Event{Type: eventbus.User, Name: fmt.Sprint(i)})
	}
	h.count(eventbus.Event{Type: eventbus.User, Name: "0"})
	h.count(eventbus.Event{Type: eventbus.Query, Name: "0"})
	h.count(eventbus.Event{Type: eventbus.MemberJoin})
	events, queries := h.events.counts(), h.queries.counts()
	if len(events.Names) != countedNamesMax || events.Names["0"] != 2 || events.Others != 10_000-countedNamesMax {
		t.Errorf("%d names, %d others, 0 came %d times", len(events.Names), events.Others, events.Names["0"])
	}
	if len(queries.Names) != 1 || queries.Names["0"] != 1 || queries.Others != 0 {
		t.Errorf("queries %v", queries)
	}
}
