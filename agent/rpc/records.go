package rpc

import (
	"context"
	"sync"
)

const (
	// recordsMax is how many records of a stream or monitor wait to be read in a client.
	recordsMax = 1024
	// answersMax is the same for the answers to a query: two from each member of a large cluster.
	answersMax = 1 << 16
)

// records are the encoded records of one request that the caller of a client has not read yet. They are safe for
// concurrent use by one reader and the goroutine of the connection.
type records struct {
	seq  uint64
	max  int
	last func(body []byte) bool // says whether a record is the last one; nil: there is none

	mu      sync.Mutex
	queue   []record
	lost    uint64 // since the newest in queue
	ended   bool   // the last record has come
	ignored bool   // nobody reads any more
	ready   chan struct{}
}

// record is one that waits, and how many were lost before it.
type record struct {
	body []byte
	lost uint64
}

func newRecords(max int, last func([]byte) bool) *records {
	return &records{max: max, last: last, ready: make(chan struct{}, 1)}
}

// put adds a record and says whether it is the last one. What finds no room is lost and counted; the last one has room.
func (r *records) put(body []byte) (last bool) {
	last = r.last != nil && r.last(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ignored:
	case len(r.queue) >= r.max && !last:
		r.lost++
		return false
	default:
		r.queue = append(r.queue, record{body, r.lost})
		r.lost = 0
	}
	r.ended = r.ended || last
	select {
	case r.ready <- struct{}{}:
	default:
	}
	return last
}

// ignore makes what waits and what is still to come vanish.
func (r *records) ignore() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ignored, r.queue = true, nil
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// next waits for a record until ctx ends, the connection is over, which done says, or the records are ignored.
func (r *records) next(ctx context.Context, done <-chan struct{}) (record, error) {
	for over := false; ; {
		if rec, ok, err := r.take(); ok || err != nil {
			return rec, err
		}
		if over {
			return record{}, ErrClosed
		}
		select {
		case <-r.ready:
		case <-done:
			over = true // what came before is still read
		case <-ctx.Done():
			return record{}, context.Cause(ctx)
		}
	}
}

func (r *records) take() (rec record, ok bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ignored:
		return record{}, false, ErrClosed
	case len(r.queue) == 0:
		return record{}, false, nil
	}
	rec = r.queue[0]
	r.queue[0] = record{}
	r.queue = r.queue[1:]
	return rec, true, nil
}
