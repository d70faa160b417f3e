package sim

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestVerdictsOnPairs(t *testing.T) {
	for _, test := range []struct {
		name   string
		runs   int
		factor float64 // by which it takes longer when on
		noise  float64 // what either of a pair has of its own
		want   string
	}{
		{"no difference at all", 10, 1, 0, "not slower"},
		{"a tenth slower, and sure", 200, 1.1, 0.01, "SLOWER"},
		{"a tenth faster, and sure", 200, 0.9, 0.01, "faster"},
		{"one in a hundred slower, and sure", 200, 1.01, 0.001, "not slower"},
		{"few pairs that differ much", 10, 1, 0.5, "undecided"},
	} {
		rng := rand.New(rand.NewPCG(1, 1))
		var p pairs
		for range test.runs {
			shared := 5 + rng.Float64()
			p.add(shared*(1+test.noise*rng.Float64()), shared*(1+test.noise*rng.Float64())*test.factor)
		}
		r := p.ratio(median, rng)
		if got := r.verdict(); got != test.want {
			t.Errorf("%s: %v is %q, want %q", test.name, &r, got, test.want)
		}
		if r.low > r.value || r.top < r.value {
			t.Errorf("%s: %v lies outside its own interval", test.name, &r)
		}
	}
}

func TestTimesThatNeverCameLeaveTheVerdictOpen(t *testing.T) {
	p := pairs{off: []float64{1, math.Inf(1), math.Inf(1)}, on: []float64{2, math.Inf(1), math.Inf(1)}}
	r := p.ratio(median, rand.New(rand.NewPCG(1, 1)))
	if got := r.verdict(); got != "undecided" {
		t.Errorf("%v is %q, want undecided", &r, got)
	}
}

func TestMiddleMeanLeavesTheSlowestTenthOut(t *testing.T) {
	if got := middleMean([]float64{1, 1, 1, 1, 1, 2, 2, 2, 2, 100}); got != 13.0/9 {
		t.Errorf("%v, want %v", got, 13.0/9)
	}
	if got := middleMean([]float64{3}); got != 3 {
		t.Errorf("%v of one value, want 3", got)
	}
}
