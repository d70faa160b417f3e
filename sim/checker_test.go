package sim

import (
	"testing"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/swim"
)

func knows(s swim.Status, incarnation uint32) Known { return Known{true, s, incarnation} }

func user(name string) *eventbus.Event { return &eventbus.Event{Type: eventbus.User, Name: name} }

// record is what host sees of member.
func saw(host, member int, was, is Known) Sight {
	return Sight{Kind: SawRecord, Host: host, Member: member, Life: 1, Was: was, Is: is}
}

// later returns s at a time.
func at(d time.Duration, s Sight) Sight {
	s.At = d
	return s
}

// Each case must be accepted up to its last sight, and refused there.
func TestCheckersFindViolations(t *testing.T) {
	unknown := Known{}
	world, err := NewWorld(Options{Seed: 1, Hosts: 3, Network: lan})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		checker Checker
		sights  []Sight
	}{
		{"an incarnation falls", incarnationMonotone{}, []Sight{
			saw(1, 2, unknown, knows(swim.Alive, 3)),
			saw(1, 2, knows(swim.Alive, 3), knows(swim.Alive, 4)),
			saw(1, 2, knows(swim.Alive, 4), knows(swim.Suspect, 3)),
		}},
		{"a dead member is alive again in the same incarnation", legalTransition{}, []Sight{
			saw(1, 2, unknown, knows(swim.Alive, 1)),
			saw(1, 2, knows(swim.Alive, 1), knows(swim.Suspect, 1)),
			saw(1, 2, knows(swim.Suspect, 1), knows(swim.Dead, 1)),
			saw(1, 2, knows(swim.Dead, 1), knows(swim.Alive, 1)),
		}},
		{"a suspect is alive again in the same incarnation", legalTransition{}, []Sight{
			saw(1, 2, knows(swim.Suspect, 1), knows(swim.Alive, 2)),
			saw(1, 2, knows(swim.Suspect, 2), knows(swim.Alive, 2)),
		}},
		{"a living member is forgotten", legalTransition{}, []Sight{
			saw(1, 2, knows(swim.Left, 1), unknown),
			saw(1, 2, knows(swim.Alive, 1), unknown),
		}},
		{"a host suspects itself", legalTransition{}, []Sight{
			saw(1, 1, knows(swim.Alive, 1), knows(swim.Left, 1)),
			saw(1, 1, knows(swim.Alive, 1), knows(swim.Suspect, 1)),
		}},
		{"an incarnation that its member never had", newSelfOnlyRaises(), []Sight{
			saw(2, 2, unknown, knows(swim.Alive, 2)),
			saw(1, 2, unknown, knows(swim.Alive, 2)),
			saw(1, 2, knows(swim.Alive, 2), knows(swim.Suspect, 3)),
		}},
		{"a member comes back from the dead", newNoResurrection(), []Sight{
			saw(1, 2, unknown, knows(swim.Alive, 1)),
			saw(0, 2, unknown, knows(swim.Alive, 1)),
			at(time.Second, Sight{Kind: SawCrash, Host: 2}),
			at(5*time.Second, saw(1, 2, knows(swim.Alive, 1), knows(swim.Dead, 1))),
			at(30*time.Second, saw(1, 2, unknown, knows(swim.Alive, 1))), // host 0 still thinks so
			at(31*time.Second, saw(1, 2, knows(swim.Alive, 1), knows(swim.Dead, 1))),
			at(32*time.Second, saw(0, 2, knows(swim.Alive, 1), knows(swim.Dead, 1))),
			at(60*time.Second, Sight{Kind: SawRecord, Host: 1, Member: 2, Is: knows(swim.Alive, 1), Late: true}), // from a frozen host's inbox
			at(61*time.Second, saw(1, 2, knows(swim.Alive, 1), knows(swim.Dead, 1))),
			at(90*time.Second, saw(1, 2, unknown, knows(swim.Alive, 1))),
		}},
		{"a clock runs backwards", newLamportMonotone(), []Sight{
			{Kind: SawStart, Host: 1, Clocks: Clocks{1, 1, 1}},
			{Kind: SawClocks, Host: 1, Clocks: Clocks{5, 2, 1}},
			{Kind: SawClocks, Host: 1, Clocks: Clocks{5, 1, 1}},
		}},
		{"a clock is behind what the disk says", newLamportMonotone(), []Sight{
			{Kind: SawStart, Host: 1, Clocks: Clocks{9, 4, 4}, Floor: Clocks{8, 3, 3}},
			{Kind: SawStart, Host: 1, Clocks: Clocks{7, 4, 4}, Floor: Clocks{8, 3, 3}},
		}},
		{"a clock is poisoned", newLamportMonotone(), []Sight{
			{Kind: SawStart, Host: 1, Clocks: Clocks{1, 1, 1}},
			{Kind: SawClocks, Host: 1, Clocks: Clocks{1, 1 << 63, 1}},
		}},
		{"an event is heard twice", newExactlyOnceEvents(), []Sight{
			{Kind: SawSend, Host: 0, Life: 1, Event: user("deploy")},
			{Kind: SawEvent, Host: 1, Life: 1, Event: user("deploy")},
			{Kind: SawEvent, Host: 1, Life: 2, Event: user("deploy")},
			{Kind: SawEvent, Host: 1, Life: 1, Event: user("deploy")},
		}},
		{"an event that nobody sent", newExactlyOnceEvents(), []Sight{
			{Kind: SawEvent, Host: 1, Life: 1, Event: user("ghost")},
		}},
		{"a member is said to leave that does not", newNoFalseLeave(), []Sight{
			{Kind: SawLeave, Host: 2},
			{Kind: SawStatus, Host: 1, Member: 2, StatusWas: eventbus.StatusAlive, StatusIs: eventbus.StatusLeaving},
			{Kind: SawStatus, Host: 1, Member: 0, StatusWas: eventbus.StatusFailed, StatusIs: eventbus.StatusLeft},
		}},
		{"a table holds more members than there are", newBounded(world), []Sight{
			{Kind: SawStats, Host: 1, Stats: &membership.Stats{Members: 3}},
			{Kind: SawStats, Host: 1, Stats: &membership.Stats{Members: 4}},
		}},
		{"a queue grows beyond its limit", newBounded(world), []Sight{
			{Kind: SawStats, Host: 1, Stats: &membership.Stats{EventQueue: membership.DefaultLAN().MaxQueueDepth + 1}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for i := range test.sights {
				err := test.checker.See(&test.sights[i])
				if last := i == len(test.sights)-1; (err != nil) != last {
					t.Errorf("sight %d, %v: error %v", i, &test.sights[i], err)
				}
			}
		})
	}
}

func TestEventThatDidNotArriveIsMissing(t *testing.T) {
	o := Options{Seed: 62, Hosts: 3, Network: lan, Direct: true}
	w, err := NewWorld(o)
	if err != nil {
		t.Fatal(err)
	}
	events := newExactlyOnceEvents()
	w.Check(events)
	form(t, w)
	w.Partition(2)
	must(t, w.Event(0, "deploy", nil))
	w.Run(5 * time.Second)
	if events.missing(w) == nil {
		t.Error("an event did not cross a cut, and nobody misses it")
	}
	w.Heal()
	if !w.RunUntil(3*time.Minute, time.Second, func() bool { return events.missing(w) == nil }) {
		t.Error(events.missing(w))
	}
}

func TestConvergedTellsWhoIsWrong(t *testing.T) {
	w := joined(t, Options{Seed: 63, Hosts: 4, Network: lan, Direct: true})
	w.Crash(3)
	if w.Converged() == nil {
		t.Error("a crash that nobody has noticed yet is no difference")
	}
	agree(t, w, "after the crash", time.Minute)
	must(t, w.SetTags(1, map[string]string{"role": "web"}))
	if w.Converged() == nil {
		t.Error("tags that nobody has heard of yet are no difference")
	}
	agree(t, w, "after the tags", time.Minute)
	must(t, w.Leave(2))
	if w.Converged() == nil {
		t.Error("a leave that nobody has heard of yet is no difference")
	}
	agree(t, w, "after the leave", time.Minute)
}

// alarm fails at a moment.
type alarm struct{ at time.Duration }

func (alarm) Name() string { return "alarm" }

func (a alarm) See(s *Sight) error {
	if s.At >= a.at {
		return errTimeout
	}
	return nil
}

func TestWorldStopsWhereAnInvariantBreaks(t *testing.T) {
	w, err := NewWorld(Options{Seed: 64, Hosts: 5, Network: lan, Direct: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Check(alarm{10 * time.Second})
	form(t, w)
	w.Run(time.Minute)
	v := w.Violation()
	if v == nil || v.Checker != "alarm" || v.At < 10*time.Second || v.At > 12*time.Second || len(v.Last) == 0 {
		t.Fatalf("violation %+v, want one at about 10 s with what was seen before", v)
	}
	if w.Now() != v.At {
		t.Errorf("the world went on to %v", w.Now())
	}
}
