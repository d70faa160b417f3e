package sim

import (
	"runtime"
	"testing"
)

// quickSeeds is a small part of what make sim runs.
const quickSeeds = 8

func TestSwarmKeepsAllInvariants(t *testing.T) {
	for seed := uint64(1); seed <= quickSeeds; seed++ {
		trial := DrawTrial(seed, 0)
		if trial.Hosts > 30 {
			trial = DrawTrial(seed, 30)
		}
		out, err := trial.Run()
		if err != nil {
			t.Fatal(err)
		}
		if out.Violation != nil {
			t.Errorf("%v\n%v\n%s", out.Violation, &trial, trial.Timeline())
		}
	}
}

func TestTrialIsTheSameWithBytesAndWithoutOnOneProcessorAndOnTwo(t *testing.T) {
	run := func(processors int, direct bool) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		trial := DrawTrial(7, 20)
		trial.Encrypted, trial.Direct = true, direct
		out, err := trial.Run()
		if err != nil {
			t.Fatal(err)
		}
		return out.Hash
	}
	first := run(1, true)
	for _, again := range []struct {
		processors int
		direct     bool
	}{{1, true}, {2, true}, {1, false}, {2, false}} {
		if got := run(again.processors, again.direct); got != first {
			t.Errorf("%d processors, direct %v: %s, want %s", again.processors, again.direct, got, first)
		}
	}
}
