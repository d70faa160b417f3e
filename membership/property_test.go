package membership

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"serf/eventbus"
)

// TestOrderOfIntentsDoesNotMatter gives live members the same intents in two orders.
func TestOrderOfIntentsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := newMachine("self"), newMachine("self")
		names := []string{"x", "y"}
		a.join(append([]string{"self"}, names...)...)
		b.join(append([]string{"self"}, names...)...)
		type said struct {
			name  string
			ltime uint64
			leave bool
		}
		var all []said
		for i := range rapid.IntRange(1, 12).Draw(t, "intents") {
			all = append(all, said{rapid.SampledFrom(names).Draw(t, "name"), uint64(i + 1), rapid.Bool().Draw(t, "leave")})
		}
		say := func(m *machine, s said) {
			if s.leave {
				m.table.leaveIntent(0, s.ltime, s.name, false)
			} else {
				m.table.joinIntent(0, s.ltime, s.name)
			}
		}
		for _, s := range all {
			say(a, s)
		}
		for _, s := range rapid.Permutation(all).Draw(t, "order") {
			say(b, s)
		}
		if got, want := fmt.Sprint(b.statuses()), fmt.Sprint(a.statuses()); got != want {
			t.Fatalf("%s in one order, %s in another", want, got)
		}
	})
}

// TestMergeTwiceIsMergeOnce merges random states, and holds the table to its invariants.
func TestMergeTwiceIsMergeOnce(t *testing.T) {
	name := rapid.SampledFrom([]string{"self", "a", "b", "c", "d"})
	ltime := rapid.Uint64Range(0, 20)
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine("self")
		m.join("self", "a", "b")
		for range rapid.IntRange(0, 8).Draw(rt, "before") {
			switch rapid.IntRange(0, 3).Draw(rt, "op") {
			case 0:
				m.table.onLeave(0, name.Filter(func(s string) bool { return s != "self" }).Draw(rt, "name"))
			case 1:
				m.join(name.Draw(rt, "name"))
			case 2:
				m.table.leaveIntent(0, ltime.Draw(rt, "ltime"), name.Draw(rt, "name"), rapid.Bool().Draw(rt, "prune"))
			case 3:
				m.table.joinIntent(0, ltime.Draw(rt, "ltime"), name.Draw(rt, "name"))
			}
		}
		s := &pushPull{LTime: 30, StatusLTimes: []statusLTime{}}
		seen := map[string]bool{}
		for _, n := range rapid.SliceOfN(name, 0, 5).Draw(rt, "members") {
			if !seen[n] {
				s.StatusLTimes = append(s.StatusLTimes, statusLTime{n, ltime.Draw(rt, "ltime")})
			}
			if !seen[n] && rapid.Bool().Draw(rt, "left") {
				s.LeftMembers = append(s.LeftMembers, n)
			}
			seen[n] = true
		}
		state := appendPushPull(nil, s)
		m.merge(m.now, state, false)
		once := fmt.Sprint(m.statuses())
		m.events = nil
		m.settleWithoutNode()
		m.merge(m.now, state, false)
		m.settleWithoutNode()
		if got := fmt.Sprint(m.statuses()); got != once {
			rt.Fatalf("merged once %s, twice %s", once, got)
		}
		if len(m.events) > 0 {
			rt.Fatalf("the second merge told %v", m.events)
		}
		if self := m.table.find("self").member.Status; self != eventbus.StatusAlive {
			rt.Fatalf("a peer made us %v", self)
		}
		m.check(t)
	})
}

// FuzzHostilePeer feeds arbitrary messages and push/pull parts to a machine: it must neither panic nor lose an invariant.
func FuzzHostilePeer(f *testing.F) {
	for _, file := range []string{"messages.json", "malformed.json"} {
		var vs []messageVector
		readVectors(f, file, &vs)
		for _, v := range vs {
			if v.Hex != nil && v.TypeByte <= byte(typePushPull) {
				f.Add(unhex(f, *v.Hex), unhex(f, *v.Hex), v.TypeByte == 2)
			}
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte, ignoreOld bool) {
		m := newMachine("self")
		m.join("self", "a", "node-a", "node-b")
		m.table.onLeave(0, "node-b")
		for _, b := range [][]byte{first, second, first} {
			m.onMessage(m.now, b)
			m.merge(m.now, b, ignoreOld)
			m.settleWithoutNode()
		}
		m.table.firePrunes(never-2, func(string) bool { return false })
		m.check(t)
		if self := m.table.find("self").member.Status; self != eventbus.StatusAlive {
			t.Errorf("a peer made us %v", self)
		}
	})
}
