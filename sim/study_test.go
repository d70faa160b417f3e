package sim

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// study runs a study in small.
func study(t *testing.T, s Study, setup Setup) *Report {
	t.Helper()
	r, err := s.Run(context.Background(), setup)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// near fails unless all figures whose name contains part are within a share of what is expected.
func near(t *testing.T, r *Report, part string, share float64) {
	t.Helper()
	found := 0
	for _, f := range r.Figures {
		if !strings.Contains(f.Name, part) || f.Source == "" {
			continue
		}
		found++
		if math.Abs(f.Value-f.Expected) > share*f.Expected {
			t.Errorf("%s: %.4g (%.4g to %.4g), want %.4g within %.0f %%", f.Name, f.Value, f.Low, f.High, f.Expected, 100*share)
		}
	}
	if found == 0 {
		t.Errorf("no figure speaks of %q", part)
	}
}

func TestStudyOfSWIMComesNearThePaper(t *testing.T) {
	r := study(t, swimStudy, Setup{Seed: 1, Nodes: []int{8, 32}, Runs: 400})
	near(t, r, "first detection", 0.08)
	near(t, r, "packets that a member", 0.02)
	near(t, r, "until half", 0.4)
	near(t, r, "until all", 0.25)
}

func TestFirstDetectionIsThatOfThePaperForManyMembers(t *testing.T) {
	if got, want := firstDetection(4096, 1), math.E/(math.E-1); math.Abs(got-want) > 0.002 {
		t.Errorf("%v periods, want %v", got, want)
	}
	if got := firstDetection(2, 1); math.Abs(got-1) > 1e-9 {
		t.Errorf("%v periods with one member that probes the other in each, want 1", got)
	}
}

func TestStudyOfSerfComesNearItsModels(t *testing.T) {
	r := study(t, serfStudy, Setup{Seed: 1, Nodes: []int{30}, Runs: 60})
	near(t, r, "member-failed", 0.1)
	near(t, r, "quantile", 0.15)
	if f := r.value("until half"); f <= 0 || f > math.Log(31)/7.5 {
		t.Errorf("half have heard an event after %v s, the model is slower than that", f)
	}
}

func TestStudiesAreTheSameWithAnyNumberOfWorkers(t *testing.T) {
	one := study(t, swimStudy, Setup{Seed: 5, Nodes: []int{8, 16}, Runs: 8, Workers: 1})
	three := study(t, swimStudy, Setup{Seed: 5, Nodes: []int{8, 16}, Runs: 8, Workers: 3})
	if !reflect.DeepEqual(one, three) {
		t.Errorf("one worker: %+v\nthree: %+v", one, three)
	}
	if other := study(t, swimStudy, Setup{Seed: 6, Nodes: []int{8, 16}, Runs: 8}); reflect.DeepEqual(one.Figures, other.Figures) {
		t.Error("another seed gave the same figures")
	}
}

func TestInterruptedStudyKeepsWhatIsDone(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	over := 0
	r, err := swimStudy.Run(ctx, Setup{Seed: 1, Nodes: []int{8}, Runs: 8, Workers: 1, Progress: func(now Progress) {
		over++
		if over == chunks {
			stop()
		}
		if now.Done <= 0 || now.Done > 1 {
			t.Errorf("%v of the work is done", now.Done)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(r.Partial, "after 4 of ") || len(r.Figures) != 1 || r.value("first detection") == 0 {
		t.Errorf("partial %q, figures %+v", r.Partial, r.Figures)
	}
}

func TestFailureOfOneRunEndsTheStudy(t *testing.T) {
	broken := errors.New("broken")
	s := Setup{Workers: 2}
	_, err := s.do(context.Background(), []job{
		{"fine", 1, func(context.Context) error { return nil }},
		{"bad", 1, func(context.Context) error { return broken }},
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "bad") {
		t.Errorf("got %v, want the one of the bad run", err)
	}
}

func TestStormEndsSoonInAgreement(t *testing.T) {
	r := study(t, stormStudy, Setup{Seed: 1, Nodes: []int{200}, Runs: 1})
	if s := r.value("until 200 agree"); s <= 0 || s > 5 {
		t.Errorf("agreement after %v s, want it within 5", s)
	}
	if r.value("called failed") > 0 {
		t.Error("members were called failed")
	}
}

func TestFlipFlopBlamesThoseInTrouble(t *testing.T) {
	r := study(t, flipflopStudy, Setup{Seed: 1, Nodes: []int{60}, Runs: 1})
	if len(r.Figures) != 8 {
		t.Fatalf("%d figures", len(r.Figures))
	}
	if f := r.value("one in trouble failed (60, nothing heard"); f < 0.5 {
		t.Errorf("a deaf member was called failed %v times by each, want it noticed", f)
	}
	if f := r.value("healthy one failed (60, 80 %"); f > 0.5 {
		t.Errorf("each member called a healthy one failed %v times", f)
	}
}
