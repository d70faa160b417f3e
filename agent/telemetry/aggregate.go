package telemetry

import (
	"math"
	"time"
)

// aggregate is what is known of the values of one counter or sample in one interval.
type aggregate struct {
	count      uint64
	sum        float64
	squares    float64
	least      float64
	greatest   float64
	lastUpdate time.Time
}

// add notes n values of v each. n is not 0.
func (a *aggregate) add(now time.Time, v float64, n uint64) {
	if a.count == 0 {
		a.least, a.greatest = v, v
	}
	a.count += n
	a.sum += v * float64(n)
	a.squares += v * v * float64(n)
	a.least, a.greatest = min(a.least, v), max(a.greatest, v)
	a.lastUpdate = now
}

func (a *aggregate) mean() float64 { return a.sum / float64(a.count) }

// deviation is the standard deviation of a sample: of n values it has n-1 degrees of freedom.
func (a *aggregate) deviation() float64 {
	n := float64(a.count)
	if n < 2 {
		return 0
	}
	return math.Sqrt(max(0, (n*a.squares-a.sum*a.sum)/(n*(n-1))))
}
