package membership

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"serf/swim"
)

// TestStateThatSaysTheSameIsMergedAsIfRead compares a machine that recognizes what it would say itself with one that reads it.
func TestStateThatSaysTheSameIsMergedAsIfRead(t *testing.T) {
	build := func() *machine {
		m := newMachine("self")
		m.join("self", "a", "b", "c", "d", "e")
		m.table.joinIntent(0, 7, "a")
		m.table.leaveIntent(0, 9, "b", false)
		m.table.onLeave(0, "b") // left
		m.table.onLeave(0, "c") // failed
		m.table.mergeLeft(0, 4, "c")
		m.table.joinIntent(0, 12, "b")
		return m
	}
	for _, change := range []struct {
		name string
		do   func(m *machine)
	}{
		{"nothing", func(*machine) {}},
		{"a time", func(m *machine) { m.table.joinIntent(0, 30, "d") }},
		{"a status", func(m *machine) { m.table.onLeave(0, "d"); m.table.leaveIntent(0, 31, "d", false) }},
		{"a departure", func(m *machine) { m.table.erase(m.table.find("b"), true) }},
		{"the return of one who left", func(m *machine) {
			info := swim.Info{Name: "b", Addr: netip.MustParseAddrPort("10.0.0.2:7946")}
			if err := m.table.onJoin(0, &info); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(change.name, func(t *testing.T) {
			peer, knowing, reading := build(), build(), build()
			state := peer.appendUserPart(peer.now.Add(time.Minute), nil)
			for _, m := range []*machine{knowing, reading} {
				m.appendUserPart(m.now.Add(time.Minute), nil)
				change.do(m)
			}
			if change.name == "nothing" && knowing.table.saidOf() == nil {
				t.Fatal("what is said was not kept")
			}
			reading.table.said = nil
			for _, m := range []*machine{knowing, reading} {
				m.merge(m.now, state, false)
				m.settleWithoutNode()
			}
			got := fmt.Sprint(knowing.statuses(), knowing.table.clock.Time(), knowing.counters)
			if want := fmt.Sprint(reading.statuses(), reading.table.clock.Time(), reading.counters); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if change.name == "nothing" && knowing.counters.LeftRepeated != 2 {
				t.Errorf("two left, %d were told again", knowing.counters.LeftRepeated)
			}
		})
	}
}
