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

// Whatever a network can do is done in some trials and left out in others, and it happens.
func TestNetworksOfTrialsAreDrawn(t *testing.T) {
	const seeds = 50
	var tail, limit, refuse, skew int
	for seed := range uint64(seeds) {
		trial := DrawTrial(seed, 0)
		for _, drawn := range []struct {
			is    bool
			count *int
		}{
			{trial.Network.LatencyTail > 0, &tail}, {trial.Network.PacketBytesMax > 0, &limit}, {trial.Network.Refuse > 0, &refuse}, {trial.Skew > 0, &skew},
		} {
			if drawn.is {
				*drawn.count++
			}
		}
	}
	for name, count := range map[string]int{"a tail": tail, "a limit of packets": limit, "refused streams": refuse, "clocks that differ": skew} {
		if count < seeds/5 || count > seeds*4/5 {
			t.Errorf("%s in %d of %d trials, want it in about half", name, count, seeds)
		}
	}
	trial := DrawTrial(1, 20)
	trial.Network.PacketBytesMax, trial.Network.Refuse = 500, 0.3
	out, err := trial.Run()
	if err != nil {
		t.Fatal(err)
	}
	if out.Violation != nil || out.Counts.TooLarge == 0 || out.Counts.Refused == 0 {
		t.Errorf("violation %v, %d packets too large, %d streams refused; want none, and some of each", out.Violation, out.Counts.TooLarge, out.Counts.Refused)
	}
}
