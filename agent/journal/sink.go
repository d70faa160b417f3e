package journal

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// queueLinesMax is how many lines wait for a sink that is slow; further ones are lost.
const queueLinesMax = 1024

// Sink is one destination of a journal. It is also an io.Writer: what is written to it goes out in order with the lines,
// as it is.
type Sink struct {
	journal *Journal
	w       io.Writer
	level   atomic.Uint32

	mu      sync.Mutex
	queue   []string
	lost    int
	closed  bool
	drained chan struct{} // closed when the goroutine that empties queue ends; nil when there is none
}

var _ io.Writer = (*Sink)(nil)

func newSink(j *Journal, w io.Writer, level Level) *Sink {
	s := &Sink{journal: j, w: w}
	s.SetLevel(level)
	return s
}

// Level returns the lowest level that the sink takes.
func (s *Sink) Level() Level { return Level(s.level.Load()) }

// SetLevel changes the lowest level that the sink takes.
func (s *Sink) SetLevel(level Level) { s.level.Store(uint32(level)) }

// Write queues p, whatever its level and whether or not the journal is held. It never fails and never waits.
func (s *Sink) Write(p []byte) (int, error) {
	s.put(string(p))
	return len(p), nil
}

// Close takes the sink from its journal. What is queued is still written.
func (s *Sink) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	j := s.journal
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sinks = slices.DeleteFunc(j.sinks, func(other *Sink) bool { return other == s })
}

// put queues text and sees that somebody writes it.
func (s *Sink) put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if len(s.queue) >= queueLinesMax {
		s.lost++
		return
	}
	s.queue = append(s.queue, text)
	if s.drained == nil {
		s.drained = make(chan struct{})
		go s.drain(s.drained)
	}
}

// drain writes until the queue is empty.
func (s *Sink) drain(done chan struct{}) {
	defer close(done)
	for {
		lines, lost := s.take()
		if len(lines) == 0 && lost == 0 {
			return
		}
		for _, l := range lines {
			// A failing sink has nobody to be told about; the line stays in the ring.
			_, _ = io.WriteString(s.w, l)
		}
		if lost > 0 {
			_, _ = fmt.Fprintf(s.w, "[WARN] agent: %d log lines lost: the reader is too slow\n", lost)
		}
	}
}

// take returns what is to be written; nothing means that the caller's time is over.
func (s *Sink) take() (lines []string, lost int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, lost = s.queue, s.lost
	s.queue, s.lost = nil, 0
	if len(lines) == 0 && lost == 0 {
		s.drained = nil
	}
	return lines, lost
}

// idle returns a channel that is closed when nothing waits any more.
func (s *Sink) idle() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drained != nil {
		return s.drained
	}
	c := make(chan struct{})
	close(c)
	return c
}
