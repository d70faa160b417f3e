package swim

import (
	"fmt"
	"testing"
	"time"
)

func TestHeardRemembersTheLatest(t *testing.T) {
	n := bigNode(t, 3)
	n.begin(epoch.Add(time.Second))
	for i := range uint32(2 * heardMax) {
		n.now++
		n.noteHeard(i)
	}
	for i := range uint32(2 * heardMax) {
		want(t, fmt.Sprint("heard lately: ", i), n.heardLately(i), i >= heardMax)
	}
	n.now += int64(suspicionTimeout(n.cfg.SuspicionMult, n.Len(), n.cfg.ProbeInterval))
	want(t, "heard as long ago as a suspicion lasts", n.heardLately(2*heardMax-1), true)
	n.now++
	want(t, "heard longer ago", n.heardLately(2*heardMax-1), false)
}

// In a small cluster the first suspicion of a crash comes sooner than in random order, and nobody alive is left out.
func TestStalestMemberIsProbedFirst(t *testing.T) {
	first := func(stalest bool) (total, longest time.Duration) {
		for seed := range uint64(200) {
			w := newWorld(t)
			w.seed = 1000 * seed
			actors := w.cluster(5, func(c *Config) { c.ProbeStalest = stalest })
			w.run(10*time.Second + time.Duration(seed)*17*time.Millisecond)
			victim := actors[1+seed%4]
			victim.stopped = true
			died := w.now
			for detected := false; !detected; {
				w.run(10 * time.Millisecond)
				for _, a := range actors {
					detected = detected || a != victim && statusOfMember(a.Node, victim.name) == Suspect
				}
			}
			total += w.now.Sub(died)
			longest = max(longest, w.now.Sub(died))
		}
		return total / 200, longest
	}
	mean, longest := first(true)
	meanRandom, longestRandom := first(false)
	t.Logf("first suspicion after %v on average, %v at most; in random order after %v and %v", mean, longest, meanRandom, longestRandom)
	if mean >= meanRandom || longest >= longestRandom {
		t.Errorf("first suspicion after %v on average, %v at most, in random order after %v and %v", mean, longest, meanRandom, longestRandom)
	}
}

func TestStalestLeavesNobodyOut(t *testing.T) {
	w := newWorld(t)
	actors := w.cluster(6, nil)
	a := actors[0]
	probed := make(map[string]int)
	for range 60 {
		mark := a.Stats().Probes
		for a.Stats().Probes == mark {
			w.run(time.Millisecond)
		}
		probed[a.probe.info.Name]++
	}
	for _, o := range actors[1:] {
		if n := probed[o.name]; n < 3 {
			t.Errorf("%s was probed %d times of 60, want some", o.name, n)
		}
	}
}

// A suspect speaks to nobody, so that it is always the one longest without contact. It is probed once in a round all the same.
func TestSuspectIsProbedOnceInARound(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t)
		w.seed = 1000 * seed
		actors := w.cluster(5, nil)
		a, victim := actors[0], actors[3]
		w.run(20*time.Second + time.Duration(seed)*37*time.Millisecond)
		victim.stopped = true
		for statusOfMember(a.Node, victim.name) != Suspect {
			w.run(time.Millisecond)
		}
		again, probes := 0, a.Stats().Probes
		for statusOfMember(a.Node, victim.name) == Suspect {
			w.run(time.Millisecond)
			if s := a.Stats().Probes; s != probes && a.probe.info.Name == victim.name {
				again++
			}
			probes = a.Stats().Probes
		}
		if again > 1 {
			t.Errorf("seed %d: the suspect was probed %d times within a round of 4, want 1 at most", seed, again)
		}
	}
}
