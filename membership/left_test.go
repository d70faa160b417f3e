package membership

import (
	"testing"
	"time"
)

// A member that left with time 6 and began anew joins with time 7, just what a push/pull makes of its leave. Whoever hears of
// both, in whatever order, must come to see it alive.
func TestJoinCountsAfterALeaveOfGuessedTime(t *testing.T) {
	left := appendPushPull(nil, &pushPull{LTime: 7, LeftMembers: []string{"x"}, StatusLTimes: []statusLTime{{"x", 6}}})
	steps := map[byte]func(m *machine){
		'l': func(m *machine) { m.merge(m.now, left, false) },
		'j': func(m *machine) { m.table.joinIntent(0, 7, "x") },
		'a': func(m *machine) { m.join("x") },
	}
	for _, order := range []string{"laj", "lja", "alj", "jla", "jal", "ajl"} {
		m := newMachine("self")
		m.join("self")
		for _, step := range []byte(order) {
			steps[step](m)
		}
		if got, want := m.statuses()["x"], (statusPair{"alive", 7}); got != want {
			t.Errorf("order %s: x is %v, want %v", order, got, want)
		}
	}
}

// x left with time 14, and its next life joins with time 17. A peer that heard of the join before the life counts x among
// those that left, with the time of the join. Whoever hears that from it and holds x for leaving must still take the join.
func TestJoinCountsAfterALeaveToldWithTheTimeOfTheJoin(t *testing.T) {
	m := newMachine("self")
	m.join("self")
	m.merge(m.now, appendPushPull(nil, &pushPull{LTime: 15, LeftMembers: []string{"x"}, StatusLTimes: []statusLTime{{"x", 14}}}), false)
	m.join("x")
	if got, want := m.statuses()["x"], (statusPair{"leaving", 15}); got != want {
		t.Fatalf("before the join x is %v, want %v", got, want)
	}
	m.merge(m.now, appendPushPull(nil, &pushPull{LTime: 18, LeftMembers: []string{"x"}, StatusLTimes: []statusLTime{{"x", 17}}}), false)
	if relay, err := m.table.joinIntent(0, 17, "x"); !relay || err != nil {
		t.Errorf("join intent: relay %v, error %v", relay, err)
	}
	if got, want := m.statuses()["x"], (statusPair{"alive", 17}); got != want {
		t.Errorf("x is %v, want %v", got, want)
	}
}

// The same from the side of the peer: what it tells of x has the time of the leave, as long as it has not seen x again.
func TestLeaveIsToldWithItsOwnTimeAfterAJoin(t *testing.T) {
	m := newMachine("self")
	m.join("self", "x")
	m.table.leaveIntent(0, 14, "x", false)
	m.table.onLeave(0, "x")
	told := func() (ltime uint64, left bool) {
		s, err := decodePushPull(m.appendUserPart(m.now.Add(time.Minute), nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range s.StatusLTimes {
			if l.Name == "x" {
				ltime = l.LTime
			}
		}
		return ltime, len(s.LeftMembers) == 1
	}
	for _, ltime := range []uint64{17, 19} {
		m.table.joinIntent(0, ltime, "x")
		if ltime, left := told(); ltime != 14 || !left {
			t.Errorf("told time %d, left %v; want 14, true", ltime, left)
		}
	}
	m.join("x")
	if ltime, left := told(); ltime != 19 || left {
		t.Errorf("of the new life: told time %d, left %v; want 19, false", ltime, left)
	}
	m.table.leaveIntent(0, 21, "x", false)
	m.table.onLeave(0, "x")
	if ltime, left := told(); ltime != 21 || !left {
		t.Errorf("of the next leave: told time %d, left %v; want 21, true", ltime, left)
	}
}
