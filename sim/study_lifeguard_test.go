package sim

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStudyOfLifeguardHasItsPartsInTheOrderOfThePaper(t *testing.T) {
	g := lifeguardGrid{nodes: 24, runs: 2, blocked: []int{6}, blocks: milliseconds(10800), gaps: milliseconds(4)}
	r, err := studyLifeguard(context.Background(), Setup{Seed: 1, Workers: 2}, flavourPaper, g)
	if err != nil {
		t.Fatal(err)
	}
	full, doubtful, health := r.value("false positives, Lifeguard"), r.value("false positives, LHA-Suspicion"), r.value("false positives, LHA-Probe")
	if full > doubtful || doubtful >= health/5 || health >= 100 {
		t.Errorf("false positives are %.3g %% of SWIM's with Lifeguard, %.3g %% with LHA-Suspicion, %.3g %% with LHA-Probe, want them to grow in that order",
			full, doubtful, health)
	}
	if swim := r.value("in a run of SWIM, 6 blocked"); swim < 50 {
		t.Errorf("SWIM has %.3g in a run, want enough to compare with", swim)
	}
	if packets := r.value("packets, Lifeguard"); packets < 80 || packets > 250 {
		t.Errorf("Lifeguard sends %.3g %% of the packets, want about as many", packets)
	}
	for _, f := range r.Figures {
		if strings.Contains(f.Name, "false positives, ") && (f.Low > f.Value || f.High < f.Value || f.Source == "") {
			t.Errorf("%s: %v from %v to %v, expected %v (%s)", f.Name, f.Value, f.Low, f.High, f.Expected, f.Source)
		}
	}
	if len(r.Charts) != 2 || len(r.Charts[0].Series) != len(variants) {
		t.Errorf("%d charts", len(r.Charts))
	}
}

func TestStudyOfLifeguardBlocksAsManyAsThePaper(t *testing.T) {
	for _, c := range []struct {
		setup   Setup
		blocked []int
		blocks  int
		gaps    int
		runs    int
	}{
		{Setup{}, lifeguardBlocked, 3, 3, 1},
		{Setup{Full: true}, lifeguardBlocked, 6, 8, 10},
		{Setup{Nodes: []int{64}, Runs: 2}, []int{1, 4, 8, 12, 16}, 3, 3, 2},
		{Setup{Nodes: []int{4}}, []int{1}, 3, 3, 1},
	} {
		g := c.setup.lifeguardGrid()
		if !slices.Equal(g.blocked, c.blocked) || len(g.blocks) != c.blocks || len(g.gaps) != c.gaps || g.runs != c.runs {
			t.Errorf("%+v: got %+v", c.setup, g)
		}
	}
}

func TestInterruptedStudyOfLifeguardKeepsWhatIsDone(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	over := 0
	g := lifeguardGrid{nodes: 4, runs: 1, blocked: []int{1, 2, 3}, blocks: milliseconds(16384), gaps: milliseconds(64)}
	r, err := studyLifeguard(ctx, Setup{Seed: 1, Workers: 1, Progress: func(Progress) {
		if over++; over == 7 {
			stop()
		}
	}}, flavourReference, g)
	if err != nil {
		t.Fatal(err)
	}
	if r.Partial != "after 7 of 15 runs" || r.Name != "lifeguard-reference" || r.value("packets, Buddy") == 0 {
		t.Errorf("partial %q, figures %+v", r.Partial, r.Figures)
	}
	numbers := 0
	for _, f := range r.Figures {
		if strings.HasPrefix(f.Name, "false positives in a run of SWIM") && strings.HasSuffix(f.Name, " blocked") {
			numbers++
		}
	}
	if numbers != 1 {
		t.Errorf("%d numbers of blocked members are told of, want the one of which all variants are over", numbers)
	}
}

func TestProportionsOfSumsHaveIntervals(t *testing.T) {
	var even, uneven proportion
	for range 10 {
		even.add(1, 2)
	}
	for k := range 10 {
		uneven.add(float64(k%2), 1)
	}
	if f := even.figure("x"); f.Value != 50 || f.Low != 50 || f.High != 50 {
		t.Errorf("equal runs: %+v", f)
	}
	if f := uneven.figure("x"); f.Value != 50 || f.Low < 5 || f.Low > 25 || f.High < 75 || f.High > 95 {
		t.Errorf("unequal runs: %+v", f)
	}
}

func TestPacedHostHandlesOnePacketAfterTheOtherAndItsTimersInTime(t *testing.T) {
	w := joined(t, Options{Seed: 97, Hosts: 4, Network: lan, Direct: true})
	w.Pace(1, time.Second)
	handled := 0
	begin := w.hosts[1].inbox.arrived
	for range 5 {
		w.hosts[1].arriving(func() { handled++ })
	}
	before := w.hosts[1].cluster.Stats().Swim
	w.Run(2500 * time.Millisecond)
	if handled > 3 {
		t.Errorf("%d packets were handled in 2.5 s, a second each", handled)
	}
	if s := w.hosts[1].cluster.Stats().Swim; s.Probes == before.Probes {
		t.Error("no probe began meanwhile")
	}
	w.Pace(1, 0)
	w.Run(3 * time.Second)
	if handled != 5 || w.hosts[1].inbox.arrived > begin {
		t.Errorf("%d of 5 were handled in the end, %d wait", handled, w.hosts[1].inbox.arrived)
	}
}
