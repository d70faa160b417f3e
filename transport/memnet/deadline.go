package memnet

import (
	"sync"
	"time"
)

// deadline is a moment that can be moved while somebody waits for it.
type deadline struct {
	mu    sync.Mutex
	at    time.Time     // zero: none
	moved chan struct{} // closed when at changes
}

func newDeadline() *deadline { return &deadline{moved: make(chan struct{})} }

// set moves the deadline to t; the zero time removes it.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = t
	close(d.moved)
	d.moved = make(chan struct{})
}

// left returns the time until the deadline, 0 when it has passed and a negative time when there is none, and a channel that is
// closed when it is moved.
func (d *deadline) left() (time.Duration, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at.IsZero() {
		return -1, d.moved
	}
	return max(time.Until(d.at), 0), d.moved
}

// sooner returns the shorter of two waits, of which negative ones never end.
func sooner(a, b time.Duration) time.Duration {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}
