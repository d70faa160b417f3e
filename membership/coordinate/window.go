package coordinate

import "time"

// adjustment is the window of the last mispredictions, in seconds. Slots not used yet count as 0.
type adjustment struct {
	samples [AdjustmentWindowMax]float64
	size    int
	next    int
}

// add replaces the oldest misprediction and returns half the mean: each of the two nodes adds its half to an estimate.
func (a *adjustment) add(sample float64) float64 {
	a.samples[a.next] = sample
	a.next = (a.next + 1) % a.size
	sum := 0.0
	for _, s := range a.samples[:a.size] {
		sum += s
	}
	return sum / float64(2*a.size)
}

// latency is the last round trips of one peer, oldest first.
type latency struct {
	samples [3]time.Duration
	len     int
}

// add appends rtt and returns the median, of two the larger.
func (l *latency) add(rtt time.Duration) time.Duration {
	if l.len == len(l.samples) {
		copy(l.samples[:], l.samples[1:])
		l.len--
	}
	l.samples[l.len] = rtt
	l.len++
	a, b, c := l.samples[0], l.samples[1], l.samples[2]
	switch l.len {
	case 1:
		return a
	case 2:
		return max(a, b)
	}
	return max(min(a, b), min(max(a, b), c))
}
