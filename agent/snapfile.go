package agent

import (
	"context"
	"sync"
	"time"

	"serf/agent/journal"
	"serf/membership"
)

const (
	// snapshotFlushInterval is the longest time that a record waits before it is written.
	snapshotFlushInterval = 500 * time.Millisecond
	// snapshotPendingMax bounds the lines that wait for the disk. Beyond it they are dropped, and the whole state is
	// written when the disk is back.
	snapshotPendingMax = 256 << 10
	// snapshotFlushBytes is how much text makes the writer not wait for the interval.
	snapshotFlushBytes = 64 << 10
	// snapshotRetryMax bounds the time between attempts to write to a disk that fails.
	snapshotRetryMax = 5 * time.Second
	// snapshotRepairInterval is the time between attempts to replace a file that cannot be written or compacted, and
	// between two log lines about it.
	snapshotRepairInterval = 30 * time.Second
)

// snapshot is an open snapshot file and the goroutine that writes it. Its state is always that of the last append; the
// file follows within snapshotFlushInterval, or when the disk lets it. No caller but flush and close ever waits for the
// disk.
//
// While lost is false, the file's state with the lines of unwritten and pending taken in is state.
type snapshot struct {
	path     string
	disk     disk
	log      *journal.Journal
	bytesMin int64 // the file is not compacted below

	mu      sync.Mutex
	state   *membership.Snapshot
	pending []byte // lines that the writer has not taken
	lost    bool   // pending was dropped
	urgent  bool   // a leave waits to be on the disk
	closed  bool

	wake     chan struct{}   // holds one token when the writer has to look
	requests chan chan error // of flush
	closing  chan struct{}
	once     sync.Once
	done     chan struct{}
	err      error // of the last write, once done is closed

	snapshotWriter
}

// append takes records into the snapshot. It never waits for the disk.
func (s *snapshot) append(records ...membership.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	before := len(s.pending)
	for _, r := range records {
		s.pending = s.state.AppendRecord(s.pending, r)
		s.urgent = s.urgent || r.Kind == membership.RecordLeave
	}
	after := len(s.pending)
	if after > snapshotPendingMax {
		s.pending, s.lost = s.pending[:0], true
	}
	if s.urgent || before == 0 && after > 0 || before < snapshotFlushBytes && after >= snapshotFlushBytes {
		s.rouse()
	}
}

// flush returns when what was appended before is in the file, or with the error of the attempt. It survives a kill of this
// process then, though not a power cut.
func (s *snapshot) flush(ctx context.Context) error {
	reply := make(chan error, 1)
	select {
	case s.requests <- reply:
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close writes what waits, makes it durable and ends the goroutine. When ctx ends first that goes on without the caller.
// Records appended later are ignored.
func (s *snapshot) close(ctx context.Context) error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		close(s.closing)
	})
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *snapshot) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run writes whenever it is time, and sleeps without a timer while there is nothing to write.
func (s *snapshot) run() {
	defer close(s.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	timer.Stop()
	for {
		select {
		case <-s.wake:
		case <-timer.C:
		case reply := <-s.requests:
			reply <- s.write(time.Now())
		case <-s.closing:
			s.err = s.finish()
			return
		}
		at, work := s.due()
		if now := time.Now(); work && !at.After(now) {
			_ = s.write(now) // it has complained, and due says when to try again
			at, work = s.due()
		}
		timer.Stop()
		if work {
			timer.Reset(time.Until(at))
		}
	}
}

// due returns when to write, and whether there is anything to write.
func (s *snapshot) due() (at time.Time, work bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	work = len(s.pending) > 0 || s.lost || s.urgent || len(s.unwritten) > 0 || s.whole
	switch {
	case s.backoff > 0:
		return s.tried.Add(s.backoff), work
	case s.urgent || len(s.pending) >= snapshotFlushBytes:
		return s.tried, work
	}
	return s.tried.Add(snapshotFlushInterval), work
}
