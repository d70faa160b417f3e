package journal

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// queueLinesMax is how many lines wait for a sink that is slow; further ones are lost.
const queueLinesMax = 1024

// Sink is one destination of a journal.
type Sink struct {
	journal *Journal
	w       LineWriter
	level   atomic.Uint32

	mu      sync.Mutex
	queue   []Line
	lost    int
	closed  bool
	drained chan struct{} // closed when the goroutine that empties queue ends; nil when there is none
}

func newSink(j *Journal, w LineWriter, level Level) *Sink {
	s := &Sink{journal: j, w: w}
	s.SetLevel(level)
	return s
}

// Level returns the lowest level that the sink takes.
func (s *Sink) Level() Level { return Level(s.level.Load()) }

// SetLevel changes the lowest level that the sink takes.
func (s *Sink) SetLevel(level Level) { s.level.Store(uint32(level)) }

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

// put queues l and sees that somebody writes it.
func (s *Sink) put(l Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if len(s.queue) >= queueLinesMax {
		s.lost++
		if s.journal != nil {
			s.journal.lost.Add(1)
		}
		return
	}
	s.queue = append(s.queue, l)
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
			s.w.WriteLine(l)
		}
		if lost > 0 {
			s.w.WriteLine(lostLine(s.journal.now(), lost, "the reader is too slow"))
		}
	}
}

// lostLine is the line in the place of others.
func lostLine(now time.Time, lost int, why string) Line {
	const component = "agent"
	body := fmt.Sprintf("%d log lines lost: %s", lost, why)
	marked := now.Format("2006/01/02 15:04:05 ") + "[" + Warn.String() + "] "
	l := Line{At: now, Level: Warn, Component: component, Text: marked + component + ": " + body}
	l.message, l.body = len(marked), len(marked)+len(component)+len(": ")
	return l
}

// take takes out what is to be written; nothing means that the caller's time is over.
func (s *Sink) take() (lines []Line, lost int) {
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

// textWriter writes lines as they stand.
type textWriter struct{ w io.Writer }

// WriteLine does one Write. When it fails there is nobody to be told; the line stays in the ring.
func (t textWriter) WriteLine(l Line) { _, _ = io.WriteString(t.w, l.Text+"\n") }
