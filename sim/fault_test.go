package sim

import (
	"math/rand/v2"
	"testing"
	"time"

	"serf/eventbus"
)

// status returns what host i sees of member m.
func statusOf(w *World, i, m int) eventbus.Status {
	for _, member := range w.View(i).Members {
		if w.byName[member.Name] == m {
			return member.Status
		}
	}
	return eventbus.StatusNone
}

func TestFrozenMemberFailsAndComesBackAndBlamesNobody(t *testing.T) {
	w := joined(t, Options{Seed: 81, Hosts: 10, Network: lan, Direct: true})
	w.Freeze(4, 30*time.Second)
	if err := w.Event(4, "x", nil); err == nil {
		t.Error("a frozen member sent an event")
	}
	w.Run(29 * time.Second)
	if got := statusOf(w, 0, 4); got != eventbus.StatusFailed {
		t.Errorf("a member frozen for 29 s is %v", got)
	}
	w.Run(500 * time.Millisecond)
	for i := range 10 {
		if i != 4 && w.View(4) != nil && statusOf(w, 4, i) != eventbus.StatusAlive {
			t.Errorf("the frozen member sees %d as %v", i, statusOf(w, 4, i))
		}
	}
	agree(t, w, "after the freeze", 10*time.Second)
	if w.Counts().Delayed == 0 {
		t.Error("nothing waited at the frozen member")
	}
}

func TestSlowMemberStays(t *testing.T) {
	w := joined(t, Options{Seed: 82, Hosts: 10, Network: lan, Direct: true})
	w.Slow(4, 20*time.Millisecond)
	for range 60 {
		w.Run(time.Second)
		for i := range 10 {
			if got := statusOf(w, i, 4); got != eventbus.StatusAlive {
				t.Fatalf("at %v host %d sees the slow member as %v", w.Now(), i, got)
			}
		}
	}
	if w.Counts().Delayed == 0 {
		t.Error("nothing waited at the slow member")
	}
}

func TestRuleConcernsOneDirection(t *testing.T) {
	n := lan
	n.group = make([]int, 3)
	n.rules = []*Rule{{From: []int{0}, To: []int{1}, Cut: true}, {From: []int{0}, To: []int{2}, Delay: time.Second}}
	rng := rand.New(rand.NewPCG(1, 1))
	if f := n.draw(rng, 0, 1); !f.lost {
		t.Error("a packet crossed the cut")
	}
	if f := n.draw(rng, 1, 0); f.lost {
		t.Error("the way back is cut too")
	}
	if f := n.draw(rng, 0, 2); f.delay < time.Second {
		t.Errorf("delay %v, want a second more than usual", f.delay)
	}
	if n.connects(0, 1) || n.connects(1, 0) {
		t.Error("a stream works in one direction")
	}
}

func TestDuplicatesAndLatecomersArriveAndDoNoHarm(t *testing.T) {
	o := Options{Seed: 83, Hosts: 10, Network: lan, Direct: true}
	o.Network.Duplicate, o.Network.Reorder, o.Network.ReorderMax = 0.5, 0.5, 400*time.Millisecond
	w := joined(t, o)
	must(t, w.Event(3, "deploy", nil))
	w.Run(time.Minute)
	for i := range o.Hosts {
		if got := w.Heard(i, "deploy"); got != 1 {
			t.Errorf("host %d heard the event %d times", i, got)
		}
	}
	if err := w.Converged(); err != nil {
		t.Error(err)
	}
	c := w.Counts()
	if share := float64(c.Duplicated) / float64(c.Packets); share < 0.4 || share > 0.6 {
		t.Errorf("%d of %d packets came twice", c.Duplicated, c.Packets)
	}
}

func TestRestartRemembersWhatIsOnDisk(t *testing.T) {
	o := Options{Seed: 84, Hosts: 5, Network: lan, Direct: true, Snapshots: true}
	w := joined(t, o)
	must(t, w.Event(1, "deploy", nil))
	w.Run(5 * time.Second)
	w.Crash(2)
	must(t, w.Start(2)) // it joins nobody: its snapshot knows the others
	agree(t, w, "after a restart with a disk", 30*time.Second)
	if got := w.Heard(2, "deploy"); got != 1 {
		t.Errorf("the event was heard %d times, before and after the restart", got)
	}
	w.Run(10 * time.Second) // nobody has a push/pull with it soon
	w.Crash(2)
	w.Wipe(2)
	must(t, w.Start(2))
	w.Run(3 * time.Second)
	if n := len(w.View(2).Members); n != 1 {
		t.Errorf("without a disk it knows %d members by itself", n)
	}
}

func TestCrashLosesTheLastHalfSecondOfTheDisk(t *testing.T) {
	o := Options{Seed: 85, Hosts: 5, Network: lan, Direct: true, Snapshots: true}
	w := joined(t, o)
	w.Run(5 * time.Second)
	must(t, w.Event(2, "late", nil))
	w.Run(100 * time.Millisecond)
	w.Crash(2)
	if r := w.hosts[2].disk.open(); r.EventClock != 0 {
		t.Errorf("event clock %d is on the disk 100 ms after the event", r.EventClock)
	}
}

func TestEveryKindOfFaultIsDrawn(t *testing.T) {
	var drawn [faultKinds]int
	for seed := range uint64(50) {
		trial := DrawTrial(seed, 0)
		for i := range trial.Faults {
			f := &trial.Faults[i]
			drawn[f.Kind]++
			if f.At+f.For > trial.Chaos || len(f.Hosts) == 0 {
				t.Fatalf("seed %d: %v goes on after %v, or concerns nobody", seed, f, trial.Chaos)
			}
		}
	}
	for kind, n := range drawn {
		if n == 0 {
			t.Errorf("no %v in 50 trials", FaultKind(kind))
		}
	}
}
