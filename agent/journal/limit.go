package journal

import (
	"fmt"
	"time"
)

const (
	// limitInterval is the least time between two lines of one key.
	limitInterval = 10 * time.Second
	// limitKeysMax bounds the keys remembered; above it all unknown keys share one.
	limitKeysMax = 256
	// limitKeyRest is that shared key.
	limitKeyRest = "\x00rest"
)

// window is what is known about one key: when the last line that opened it was written and how many were swallowed since.
type window struct {
	last       time.Time
	written    int // lines in a row, none of them limitInterval after the first
	suppressed uint64
	allowed    int // lines until the window ends
}

// Limited adds a line unless one with the same key was added less than 10 seconds ago; then it only counts, and the next
// line of the key says how many were left out. Keys are meant to be constants of the program, not text from a peer.
func (j *Journal) Limited(key string, level Level, component, format string, args ...any) {
	j.LimitedTo(1, key, level, component, format, args...)
}

// LimitedTo is Limited for lines of which n may come in 10 seconds. When more came, one comes in each of the next 10 seconds until
// less than that is said again: a long burst does not fill the log.
func (j *Journal) LimitedTo(n int, key string, level Level, component, format string, args ...any) {
	if j == nil {
		return
	}
	now := j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	w := j.window(key)
	if !w.last.IsZero() && now.Sub(w.last) < limitInterval {
		if w.written >= w.allowed {
			w.suppressed++
			return
		}
		w.written++
		j.add(now, level, component, "", format, args...)
		return
	}
	suffix := ""
	if w.suppressed > 0 {
		suffix = fmt.Sprintf(" (%d similar lines suppressed)", w.suppressed)
	}
	w.allowed = n
	if uint64(w.written)+w.suppressed > uint64(n) && now.Sub(w.last) < 2*limitInterval {
		w.allowed = 1
	}
	w.last, w.written, w.suppressed = now, 1, 0
	j.add(now, level, component, suffix, format, args...)
}

// window returns the entry of key, or of the shared key when there are too many.
func (j *Journal) window(key string) *window {
	w := j.limits[key]
	if w == nil && len(j.limits) >= limitKeysMax {
		key = limitKeyRest
		w = j.limits[key]
	}
	if w == nil {
		w = new(window)
		j.limits[key] = w
	}
	return w
}
