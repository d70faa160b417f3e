package journal

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrClosed says that a Reader was closed.
var ErrClosed = errors.New("journal: closed")

// Reader hands lines to one reader: first those of the tail, then new ones. It does not matter to anybody else how slow it
// is: lines that find no room are left out and counted, without a line about it.
type Reader struct {
	journal *Journal
	level   Level

	mu     sync.Mutex
	ring   []entry // of which len entries from head on wait
	head   int
	len    int
	lost   uint64 // since the newest entry
	closed bool
	ready  chan struct{} // holds one token when the reader may find something new
	over   chan struct{} // closed by Close
}

// entry is a line that waits, and how many were lost before it.
type entry struct {
	line Line
	lost uint64
}

// Subscribe returns the lines at or above level: those of the tail and from now on all new ones, whether or not the journal
// is held. Up to capacity new lines, at least one, wait for the reader; newer ones are then lost. Close it when it is no
// longer read.
func (j *Journal) Subscribe(level Level, capacity int) *Reader {
	r := &Reader{
		journal: j, level: level,
		ready: make(chan struct{}, 1), over: make(chan struct{}),
	}
	if j == nil {
		return r
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	tail := j.tailInOrder()
	r.ring = make([]entry, len(tail)+max(1, capacity))
	for _, l := range tail {
		r.put(l)
	}
	j.readers = append(j.readers, r)
	return r
}

// Next waits for a line. lost is how many were left out just before it. It returns ErrClosed after Close, and the error of
// ctx when that ends first. One goroutine may call it at a time.
func (r *Reader) Next(ctx context.Context) (l Line, lost uint64, err error) {
	for {
		if l, lost, ok := r.take(); ok {
			return l, lost, nil
		}
		select {
		case <-r.ready:
		case <-r.over:
			return Line{}, 0, ErrClosed
		case <-ctx.Done():
			return Line{}, 0, ctx.Err()
		}
	}
}

// put offers l. It never waits for the reader.
func (r *Reader) put(l Line) {
	if l.Level < r.level {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.len == len(r.ring) {
		r.lost++
		return
	}
	r.ring[(r.head+r.len)%len(r.ring)] = entry{line: l, lost: r.lost}
	r.len++
	r.lost = 0
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// take takes the oldest line out; false when none waits or the reader is closed.
func (r *Reader) take() (l Line, lost uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.len == 0 || r.closed {
		return Line{}, 0, false
	}
	e := r.ring[r.head]
	r.ring[r.head] = entry{}
	r.head = (r.head + 1) % len(r.ring)
	r.len--
	return e.line, e.lost, true
}

// Lost returns how many lines were left out behind the newest one that waits: what a reader that gives up never hears of.
func (r *Reader) Lost() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Close ends the subscription. A waiting Next returns. A second Close does nothing.
func (r *Reader) Close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.over)
	}
	r.mu.Unlock()
	j := r.journal
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.readers = slices.DeleteFunc(j.readers, func(other *Reader) bool { return other == r })
}
