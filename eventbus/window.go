package eventbus

import "time"

// window is the time over which a coalescer collects: from the first event until period has passed, or until nothing
// came for quiescent, whichever is first.
type window struct {
	period, quiescent time.Duration
	end, quiet        time.Time // zero: no window is open
}

// enabled reports whether events are collected at all.
func (w *window) enabled() bool { return w.period > 0 && w.quiescent > 0 }

// touch opens the window or prolongs its quiet end.
func (w *window) touch(now time.Time) {
	if w.end.IsZero() {
		w.end = now.Add(w.period)
	}
	w.quiet = now.Add(w.quiescent)
}

// deadline returns when the window closes; zero when none is open.
func (w *window) deadline() time.Time {
	if w.quiet.Before(w.end) {
		return w.quiet
	}
	return w.end
}

// due reports whether an open window is over.
func (w *window) due(now time.Time) bool {
	at := w.deadline()
	return !at.IsZero() && !now.Before(at)
}

func (w *window) close() { w.end, w.quiet = time.Time{}, time.Time{} }
