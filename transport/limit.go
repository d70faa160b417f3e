package transport

import (
	"net/netip"
	"sync"
)

// verdict is what a limiter says about a new stream.
type verdict uint8

const (
	admitted verdict = iota
	tooMany
	tooManyOfSource
)

// limiter counts open streams, in all and by source. Its invariants: total is the sum of bySource; no count in bySource is 0;
// total ≤ max and each count ≤ maxBySource, so its memory is bounded too.
type limiter struct {
	max, maxBySource int

	mu       sync.Mutex
	total    int
	bySource map[netip.Addr]int
}

func newLimiter(max, maxBySource int) limiter {
	return limiter{max: max, maxBySource: maxBySource, bySource: make(map[netip.Addr]int)}
}

// admit counts a stream from source, unless a limit is reached.
func (l *limiter) admit(source netip.Addr) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.bySource[source] >= l.maxBySource:
		return tooManyOfSource
	case l.total >= l.max:
		return tooMany
	}
	l.total++
	l.bySource[source]++
	return admitted
}

// release ends the count of an admitted stream.
func (l *limiter) release(source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.bySource[source]--; l.bySource[source] <= 0 {
		delete(l.bySource, source)
	}
}

func (l *limiter) open() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(l.total)
}
