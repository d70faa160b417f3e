//go:build conform

package conform

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"serf/sim/process"
)

const (
	// within is how long an answer may take that comes at once on an idle machine.
	within    = 15 * time.Second
	pollEvery = 50 * time.Millisecond
)

// trial is one check being performed. All methods are for the goroutine of the check alone.
type trial struct {
	name    string
	dir     string // a directory of its own
	failure string // what was expected and seen; empty while all is well
	undo    []func()
	sources []source
}

// source is something whose output explains a failure.
type source struct {
	name string
	text func() string
}

func newTrial(name, dir string) *trial { return &trial{name: name, dir: dir} }

// attempt runs the check on a goroutine of its own, so that it can end anywhere.
func (t *trial) attempt(run func(*trial)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				t.failure = fmt.Sprintf("the check panicked: %v\n%s", r, debug.Stack())
			}
		}()
		run(t)
	}()
	<-done
}

// finish undoes what the check set up, last things first.
func (t *trial) finish() {
	for _, f := range slices.Backward(t.undo) {
		f()
	}
}

func (t *trial) cleanup(f func()) { t.undo = append(t.undo, f) }

// explain adds output that is shown when the check fails.
func (t *trial) explain(name string, text func() string) {
	t.sources = append(t.sources, source{name, text})
}

// evidence is the output of everything that took part.
func (t *trial) evidence() string {
	const linesMax = 40
	var b strings.Builder
	for _, s := range t.sources {
		lines := strings.Split(strings.TrimRight(s.text(), "\n"), "\n")
		fmt.Fprintf(&b, "\n-- %s:\n%s", s.name, strings.Join(lines[max(0, len(lines)-linesMax):], "\n"))
	}
	return b.String()
}

// failf ends the check.
func (t *trial) failf(format string, args ...any) {
	t.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// must ends the check when something that is no part of the experiment fails.
func (t *trial) must(err error, doing string) {
	if err != nil {
		t.failf("%s: %v", doing, err)
	}
}

// expect ends the check unless it holds, saying what was expected and what was seen instead.
func (t *trial) expect(holds bool, expected string, seen any) {
	if !holds {
		t.failf("expected: %s\nseen:     %s", expected, show(seen))
	}
}

// equal compares values of one type.
func (t *trial) equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		t.failf("expected: %s: %s\nseen:     %s", what, show(want), show(got))
	}
}

func (t *trial) contains(what, text, part string) {
	t.expect(strings.Contains(text, part), fmt.Sprintf("%s contains %q", what, part), text)
}

func (t *trial) lacks(what, text, part string) {
	t.expect(!strings.Contains(text, part), fmt.Sprintf("%s does not contain %q", what, part), text)
}

// matches compares the whole text with an expression.
func (t *trial) matches(what, text, expr string) {
	t.expect(regexp.MustCompile(`^(?s:`+expr+`)$`).MatchString(text), fmt.Sprintf("%s matches %s", what, expr), text)
}

// eventually waits until f says yes; f returns what it saw, for the message.
func (t *trial) eventually(expected string, f func() (seen any, ok bool)) {
	t.eventuallyIn(within, expected, f)
}

// eventuallyIn is eventually for what takes its time.
func (t *trial) eventuallyIn(limit time.Duration, expected string, f func() (seen any, ok bool)) {
	var seen any
	yes := process.Poll(limit, pollEvery, func() (ok bool) {
		seen, ok = f()
		return ok
	})
	if !yes {
		t.failf("expected: %s within %s\nseen:     %s", expected, limit, show(seen))
	}
}

func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case []byte:
		return fmt.Sprintf("%x", v)
	case string:
		if strings.Contains(v, "\n") {
			return "\n" + string(bytes.TrimRight([]byte(v), "\n"))
		}
		return fmt.Sprintf("%q", v)
	default:
		return fmt.Sprintf("%+v", v)
	}
}

// timeout is the deadline for something that comes at once on an idle machine.
func timeout() time.Time { return time.Now().Add(within) }
