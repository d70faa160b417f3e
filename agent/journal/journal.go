package journal

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// TailLinesMax is how many lines a journal remembers: reference agents send a monitor as many.
const TailLinesMax = 512

// Options configures New. The zero value is ready for use.
type Options struct {
	// Held keeps lines from the sinks until Release.
	Held bool
	// Now is the clock of the lines; nil means time.Now.
	Now func() time.Time
}

// Line is one entry. It is immutable.
type Line struct {
	At        time.Time
	Level     Level
	Component string
	// Text is the whole line without a final newline. It may hold newlines.
	Text string

	message int // where in Text what follows time and level begins
	body    int // where what follows the component begins
}

// Message returns the line without time and level: "component: text".
func (l Line) Message() string { return l.Text[l.message:] }

// Body returns the line without time, level and component.
func (l Line) Body() string { return l.Text[l.body:] }

// LineWriter takes lines one by one.
type LineWriter interface {
	WriteLine(l Line)
}

// Journal is a log. The zero Journal is not usable; a nil one discards everything.
type Journal struct {
	now func() time.Time

	mu      sync.Mutex
	held    bool
	tail    []Line // ring once it has TailLinesMax entries
	oldest  int
	sinks   []*Sink
	readers []*Reader
	limits  map[string]*window
	scratch []byte
	lost    atomic.Uint64
}

// New returns a journal without sinks.
func New(opts Options) *Journal {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Journal{now: opts.Now, held: opts.Held, limits: make(map[string]*window)}
}

// Printf adds a line. The format must not end in a newline unless an empty line is wanted.
func (j *Journal) Printf(level Level, component, format string, args ...any) {
	if j == nil {
		return
	}
	now := j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.add(now, level, component, "", format, args...)
}

// AddSink makes every further line at or above level go to w, one Write each, with a final newline. Lines that a held
// journal has gathered go there at Release.
func (j *Journal) AddSink(w io.Writer, level Level) *Sink { return j.AddLines(textWriter{w}, level) }

// AddLines is AddSink for a writer that wants more of a line than its text.
func (j *Journal) AddLines(w LineWriter, level Level) *Sink {
	s := newSink(j, w, level)
	if j == nil {
		return s
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sinks = append(j.sinks, s)
	return s
}

// SetLevel changes the level of all sinks that are there now.
func (j *Journal) SetLevel(level Level) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.sinks {
		s.SetLevel(level)
	}
}

// Lost returns how many lines did not reach a sink since it is too slow.
func (j *Journal) Lost() uint64 {
	if j == nil {
		return 0
	}
	return j.lost.Load()
}

// Tail returns the last lines of every level, oldest first.
func (j *Journal) Tail() []Line {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.tailInOrder()
}

// Release hands the lines held so far to the sinks and lets further ones through. Without Options.Held, and when called
// again, it does nothing.
func (j *Journal) Release() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.held {
		return
	}
	j.held = false
	for _, l := range j.tailInOrder() {
		j.pass(l)
	}
}

// Flush waits until all sinks have written what they were given, but not longer than timeout.
func (j *Journal) Flush(timeout time.Duration) {
	if j == nil {
		return
	}
	j.mu.Lock()
	sinks := append([]*Sink(nil), j.sinks...)
	j.mu.Unlock()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for _, s := range sinks {
		select {
		case <-s.idle():
		case <-timer.C:
			return
		}
	}
}

// add formats one line, remembers it and hands it on. suffix goes behind the text.
func (j *Journal) add(now time.Time, level Level, component, suffix, format string, args ...any) {
	l := Line{At: now, Level: level, Component: component}
	b := now.AppendFormat(j.scratch[:0], "2006/01/02 15:04:05 ")
	if name := level.String(); name != "" {
		b = append(b, '[')
		b = append(b, name...)
		b = append(b, "] "...)
	}
	l.message = len(b)
	if component != "" {
		b = append(b, component...)
		b = append(b, ": "...)
	}
	l.body = len(b)
	b = fmt.Appendf(b, format, args...)
	b = append(b, suffix...)
	j.scratch = b
	l.Text = string(b)
	j.remember(l)
	for _, r := range j.readers {
		r.put(l)
	}
	if !j.held {
		j.pass(l)
	}
}

func (j *Journal) remember(l Line) {
	if len(j.tail) < TailLinesMax {
		j.tail = append(j.tail, l)
		return
	}
	j.tail[j.oldest] = l
	j.oldest = (j.oldest + 1) % TailLinesMax
}

func (j *Journal) tailInOrder() []Line {
	lines := make([]Line, 0, len(j.tail))
	lines = append(lines, j.tail[j.oldest:]...)
	return append(lines, j.tail[:j.oldest]...)
}

func (j *Journal) pass(l Line) {
	for _, s := range j.sinks {
		if l.Level >= s.Level() {
			s.put(l)
		}
	}
}
