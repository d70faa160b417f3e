package sim

import (
	"fmt"
	"math"
	"testing"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/swim"
)

// forge hands host i a user message as if it came from host from.
func forge(w *World, i, from int, message []byte) error {
	packet := append([]byte{byte(swim.TypeUser)}, message...)
	return w.hosts[i].command(func(c *membership.Cluster, now time.Time) error {
		return c.HandlePacket(now, w.hosts[from].addr, packet)
	})
}

func TestPoisonedLamportTimesAreContained(t *testing.T) {
	o := Options{Seed: 61, Hosts: 100, Network: lan, Direct: true}
	w, err := NewWorld(o)
	if err != nil {
		t.Fatal(err)
	}
	events := newExactlyOnceEvents()
	w.Check(newLamportMonotone(), events)
	form(t, w)
	must(t, w.Event(7, "before", nil))
	w.Run(10 * time.Second)

	for i, ltime := range []uint64{math.MaxUint64, math.MaxUint64 - 1, 1 << 63, 1 << 40} {
		forged := eventbus.UserMessage{LTime: ltime, Name: []byte("poison")}
		must(t, forge(w, i, 50, eventbus.AppendUser(nil, &forged)))
	}
	w.Run(10 * time.Second)
	for i := range o.Hosts {
		if _, clock, _ := w.hosts[i].cluster.Clocks(); clock > 100 {
			t.Fatalf("a forged time moved the event clock of host %d to %d", i, clock)
		}
		if w.Heard(i, "poison") > 0 {
			t.Errorf("host %d heard a poisoned event", i)
		}
	}
	for n := range 20 {
		must(t, w.Event(n*5, fmt.Sprintf("after-%d", n), nil))
	}
	if !w.RunUntil(3*time.Minute, time.Second, func() bool { return events.missing(w) == nil }) {
		t.Error(events.missing(w))
	}
	if v := w.Violation(); v != nil {
		t.Error(v)
	}
}
