package transport

import "time"

// After a failed accept or read the next attempt waits 5 ms, twice as long after each further failure, and at most 1 s: long
// enough to leave the processor alone, short enough to be there when the fault is over.
const (
	pauseMin = 5 * time.Millisecond
	pauseMax = time.Second
)

// backoff is the pause after consecutive failures; its zero value is ready.
type backoff struct{ last time.Duration }

// next returns the pause to make now.
func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, pauseMin), pauseMax)
	return b.last
}

// wait makes the pause, or returns earlier when done is closed.
func (b *backoff) wait(done <-chan struct{}) {
	timer := time.NewTimer(b.next())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-done:
	}
}
