package swim

import (
	"fmt"
	"testing"
	"time"
)

// inject lets a hear b from a stranger.
func (w *world) inject(a *actor, b []byte) {
	w.t.Helper()
	hear(w.t, a.Node, w.now, b)
	w.drain(a)
}

// Ten packets a second that declare a living member dead, or that it left, do not take it down anywhere.
func TestForgedDeparturesAreNotShown(t *testing.T) {
	for _, from := range []string{"b", "c", "somebody"} {
		t.Run("from "+from, func(t *testing.T) {
			w := newWorld(t)
			actors := w.cluster(3, nil)
			a := actors[0]
			for range 100 {
				m, _ := a.Lookup("b")
				w.inject(a, deadOf("b", m.Incarnation, from))
				w.run(100 * time.Millisecond)
			}
			w.run(a.cfg.ProbeTimeout)
			for _, o := range actors {
				want(t, "departures that "+o.name+" saw", len(o.saw(EventLeave, "b")), 0)
				want(t, "status at "+o.name, statusOfMember(o.Node, "b"), Alive)
			}
			if s := a.Stats(); s.DeparturesDenied == 0 || s.DeparturesDenied > s.DeparturesDoubted {
				t.Errorf("denied %d of %d departures, want some", s.DeparturesDenied, s.DeparturesDoubted)
			}
			want(t, "doubts left", len(a.doubts), 0)
		})
	}
}

// A member that has not been heard lately is as dead as others say: nobody waits for an answer that will not come.
func TestDeathOfAMemberNotHeardIsBelievedAtOnce(t *testing.T) {
	w := newWorld(t)
	a, b := w.cluster(3, nil)[0], w.actors[1]
	b.stopped = true
	w.run(4500 * time.Millisecond)
	m, _ := a.Lookup("b")
	w.inject(a, deadOf("b", m.Incarnation, "c"))
	want(t, "status", statusOfMember(a.Node, "b"), Dead)
}

// A member that dies right after it spoke is believed dead when it has not answered for a probe timeout.
func TestDeathOfAMemberJustHeardIsBelievedAfterOneProbe(t *testing.T) {
	w := newWorld(t)
	a, b := w.cluster(3, nil)[0], w.actors[1]
	for !a.heardLately(memberOf(a, "b")) {
		w.run(10 * time.Millisecond)
	}
	b.stopped = true
	m, _ := a.Lookup("b")
	w.inject(a, deadOf("b", m.Incarnation, "c"))
	want(t, "status at once", statusOfMember(a.Node, "b"), Alive)
	w.run(a.cfg.ProbeTimeout + time.Millisecond)
	want(t, "status after a probe timeout", statusOfMember(a.Node, "b"), Dead)
	want(t, "doubted", a.Stats().DeparturesDoubted, 1)
}

// A real leave is believed although the leaver still answers pings.
func TestRealLeaveIsBelieved(t *testing.T) {
	w := newWorld(t)
	actors := w.cluster(5, nil)
	b := actors[1]
	if err := b.Leave(w.now); err != nil {
		t.Fatal(err)
	}
	w.drain(b)
	w.run(2 * time.Second)
	for _, a := range actors {
		want(t, "status at "+a.name, statusOfMember(a.Node, "b"), Left)
		want(t, "leaves that "+a.name+" saw", len(a.saw(EventLeave, "b")), 1)
	}
}

// A flood of departures makes a node ask a bounded number of members, and each of them once.
func TestDoubtsAreBounded(t *testing.T) {
	n := bigNode(t, 3*doubtsMax)
	for i := 1; i < 3*doubtsMax; i++ {
		n.begin(epoch.Add(time.Duration(i)))
		n.noteHeard(memberOf(&actor{Node: n}, fmt.Sprint("m", i)))
		hear(t, n, epoch.Add(time.Duration(i)), deadOf(fmt.Sprint("m", i), 1, "m0"))
		hear(t, n, epoch.Add(time.Duration(i)), deadOf(fmt.Sprint("m", i), 1, "m0"))
	}
	want(t, "doubts", len(n.doubts), doubtsMax)
	want(t, "doubted", n.Stats().DeparturesDoubted, doubtsMax)
	want(t, "heard again while in doubt", n.Stats().DeparturesRepeated, doubtsMax)
	want(t, "believed at once", n.Stats().DeadApplied, 3*doubtsMax-1-doubtsMax)
}

func memberOf(a *actor, name string) uint32 {
	member, _ := a.dir.find(name)
	return member
}
