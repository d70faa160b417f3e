package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// pairs are values measured twice with equal seeds: with something switched off, and on.
type pairs struct{ off, on []float64 }

func (p *pairs) add(off, on float64) { p.off, p.on = append(p.off, off), append(p.on, on) }

// statistic is one number about sorted values.
type statistic func(sorted []float64) float64

// median is the value in the middle.
func median(sorted []float64) float64 { return quantileOf(sorted, 0.5) }

// quantileOf is the value below which the share q of all is.
func quantileOf(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// middleMean is the mean of all but the slowest tenth. Where values come in steps, such as rounds of gossip, it moves less by chance
// than the median, which jumps from one step to the next.
func middleMean(sorted []float64) float64 {
	sum, n := 0.0, max(1, len(sorted)*9/10)
	for _, v := range sorted[:n] {
		sum += v
	}
	return sum / float64(n)
}

// ratio is by which factor a statistic is larger when it is on.
type ratio struct {
	off, on         float64 // the statistic
	value, low, top float64 // low and top bound the value with 95 % confidence
}

// draws is how often pairs are drawn anew to see how far a ratio may be off.
const draws = 1000

// equal says that it made no difference to any pair.
func (p *pairs) equal() bool { return slices.Equal(p.off, p.on) }

// ratio compares a statistic. Its interval is that of a paired bootstrap: pairs are drawn with replacement, so that what both of
// them share does not widen it.
func (p *pairs) ratio(of statistic, rng *rand.Rand) ratio {
	a, b := slices.Sorted(slices.Values(p.off)), slices.Sorted(slices.Values(p.on))
	r := ratio{off: of(a), on: of(b)}
	r.value, r.low, r.top = r.on/r.off, 1, 1
	if p.equal() {
		return r
	}
	drawn := make([]float64, draws)
	for i := range drawn {
		for k := range a {
			one := rng.IntN(len(p.off))
			a[k], b[k] = p.off[one], p.on[one]
		}
		slices.Sort(a)
		slices.Sort(b)
		drawn[i] = of(b) / of(a)
	}
	slices.Sort(drawn)
	r.low, r.top = drawn[draws*25/1000], drawn[draws*975/1000-1]
	return r
}

// slowdownMax is up to which share something that is switched on may slow things down.
const slowdownMax = 0.02

// verdict says whether it does not.
func (r *ratio) verdict() string {
	switch {
	case math.IsNaN(r.value):
		return "undecided"
	case r.top < 1-slowdownMax:
		return "faster"
	case r.top <= 1+slowdownMax:
		return "not slower"
	case r.low > 1+slowdownMax:
		return "SLOWER"
	}
	return "undecided"
}

func (r *ratio) String() string { return fmt.Sprintf("%.3f (%.3f to %.3f)", r.value, r.low, r.top) }
