package sim

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestSampleKnowsItsMeanAndHowSureItIs(t *testing.T) {
	var s sample
	for _, v := range []float64{2, 4, 4, 4, 5, 5, 7, 9} {
		s.add(v)
	}
	f := s.figure("x", "s")
	if f.Value != 5 || math.Abs(f.High-f.Low-2*2.365*2.138/math.Sqrt(8)) > 0.02 {
		t.Errorf("mean %v, %v to %v", f.Value, f.Low, f.High)
	}
	if got := s.quantile(0.5); got != 5 {
		t.Errorf("median %v", got)
	}
}

func TestDistributionOfManyValuesKeepsItsShape(t *testing.T) {
	var s sample
	for i := range 10_000 {
		s.add(float64((i * 7919) % 10_000)) // a permutation of 0 to 9999
	}
	d := s.distribution("x", "s", 12_000)
	if d.Count != 10_000 || d.Of != 12_000 || len(d.Values) != distributionMax {
		t.Fatalf("%d values of %d, %d kept", d.Count, d.Of, len(d.Values))
	}
	if d.Values[0] != 0 || d.Values[distributionMax-1] != 9999 || math.Abs(d.Values[distributionMax/2]-5000) > 20 {
		t.Errorf("from %v over %v to %v", d.Values[0], d.Values[distributionMax/2], d.Values[distributionMax-1])
	}
}

func TestReportShowsIntervalsAndExpectations(t *testing.T) {
	r := Report{Title: "T", Setting: "S", Partial: "half", Figures: []Figure{
		Figure{Name: "long name", Value: 1.23456, Unit: "s", Low: 1, High: 2}.expect(1.5, "book"),
		{Name: "n", Value: 123456},
	}}
	var b strings.Builder
	if err := r.Write(&b, "text"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"long name   1.235 s      95 %: 1 to 2  expected: 1.5 (book)\n", "n          123456\n", "interrupted: half\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing from\n%s", want, b.String())
		}
	}
	if err := r.Write(&b, "xml"); err == nil {
		t.Error("xml is no format, and was written")
	}
}

func TestSwarmTellsHowToReplayAFailure(t *testing.T) {
	trial := DrawTrial(4, 10)
	out, err := trial.Run(alarm{20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	text := out.Explain()
	for _, want := range []string{"seed 4: 10 hosts", "at 20", " alarm: ", "what changed last:", "serfsim swarm -seeds 4..4 -nodes 10"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
}
