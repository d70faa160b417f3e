package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"serf/sim"
)

// progressInterval is how often a line of progress is written at most.
const progressInterval = 200 * time.Millisecond

// barWidth is how many characters the bar has.
const barWidth = 24

// progress is a line on a terminal that says how far a run is, and how long it still takes. On anything else it is nothing.
type progress struct {
	w        io.Writer
	terminal bool
	began    time.Time // when the run was first heard of
	shown    time.Time // when the line was last written
	dirty    bool      // the line is there
}

func newProgress(w io.Writer) *progress { return &progress{w: w, terminal: isTerminal(w)} }

// show writes the line, if it is time.
func (p *progress) show(now sim.Progress) {
	if !p.terminal {
		return
	}
	t := time.Now()
	if p.began.IsZero() {
		p.began = t
	}
	if t.Sub(p.shown) < progressInterval {
		return
	}
	p.shown, p.dirty = t, true
	fmt.Fprintf(p.w, "\r\x1b[K%s", progressLine(now, t.Sub(p.began)))
}

// clear takes the line away.
func (p *progress) clear() {
	if p.dirty {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.dirty = false
	}
}

// progressLine is the line for a run that has taken some time so far.
func progressLine(now sim.Progress, took time.Duration) string {
	if now.Done <= 0 {
		return now.What
	}
	filled := int(now.Done * barWidth)
	line := fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), 100*now.Done)
	if took >= time.Second {
		left := time.Duration(float64(took) * (1 - now.Done) / now.Done)
		line += fmt.Sprintf(", about %v left", left.Round(time.Second))
	}
	return line + "  " + now.What
}

// isTerminal reports whether w is a terminal that understands escapes.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
