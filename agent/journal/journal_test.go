package journal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLineHasTimeLevelAndComponent(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 13, 18, 999, time.Local)
	j := New(Options{Now: func() time.Time { return at }})
	j.Printf(Info, "agent", "Serf agent %s", "starting")
	j.Printf(Plain, "", "no marker")
	j.Printf(Err, "", "Error writing payload: %v", errors.New("broken pipe"))
	want := []Line{
		{Level: Info, Component: "agent", Text: "2026/11/23 14:13:18 [INFO] agent: Serf agent starting"},
		{Level: Plain, Text: "2026/11/23 14:13:18 no marker"},
		{Level: Err, Text: "2026/11/23 14:13:18 [ERR] Error writing payload: broken pipe"},
	}
	messages := []string{"agent: Serf agent starting", "no marker", "Error writing payload: broken pipe"}
	for i, got := range j.Tail() {
		if w := want[i]; got.Level != w.Level || got.Component != w.Component || got.Text != w.Text || !got.At.Equal(at) {
			t.Errorf("got %+v, want %+v", got, w)
		}
		if got.Message() != messages[i] || got.Body() != strings.TrimPrefix(messages[i], "agent: ") {
			t.Errorf("got message %q, body %q, want %q", got.Message(), got.Body(), messages[i])
		}
	}
}

func TestSinkTakesLinesAtOrAboveItsLevel(t *testing.T) {
	j, out := fixed(Options{})
	s := j.AddSink(out, Warn)
	everyLevel(j)
	s.SetLevel(Trace)
	everyLevel(j)
	j.SetLevel(Err)
	everyLevel(j)
	j.Flush(time.Minute)
	want := "warn err plain trace debug info warn err plain err plain"
	if got := out.texts(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := len(j.Tail()); got != 18 {
		t.Errorf("tail has %d lines, want all 18", got)
	}
}

func TestTailKeepsTheLastLines(t *testing.T) {
	j, _ := fixed(Options{})
	for i := range TailLinesMax + 10 {
		j.Printf(Debug, "x", "%d", i)
	}
	tail := j.Tail()
	if len(tail) != TailLinesMax {
		t.Fatalf("tail has %d lines, want %d", len(tail), TailLinesMax)
	}
	first, last := tail[0].Text, tail[len(tail)-1].Text
	if !strings.HasSuffix(first, " 10") || !strings.HasSuffix(last, fmt.Sprintf(" %d", TailLinesMax+9)) {
		t.Errorf("tail goes from %q to %q", first, last)
	}
}

func TestHeldLinesComeAtRelease(t *testing.T) {
	j, out := fixed(Options{Held: true})
	j.Printf(Info, "x", "early")
	j.AddSink(out, Info)
	j.Printf(Debug, "x", "too-low")
	j.Printf(Info, "x", "held")
	j.Release()
	j.Release()
	j.Printf(Info, "x", "after")
	j.Flush(time.Minute)
	if got, want := out.texts(), "early held after"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLimitedSaysHowManyWereSuppressed(t *testing.T) {
	now := time.Unix(0, 0)
	j := New(Options{Now: func() time.Time { return now }})
	for range 1000 {
		j.Limited("a", Warn, "x", "flood")
		now = now.Add(9 * time.Millisecond)
	}
	j.Limited("b", Warn, "x", "other")
	now = now.Add(time.Second)
	j.Limited("a", Warn, "x", "flood")
	now = now.Add(limitInterval)
	j.Limited("a", Warn, "x", "flood")
	want := []string{"flood", "other", "flood (999 similar lines suppressed)", "flood"}
	got := texts(j.Tail())
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLimitedToLetsAFewThroughAndOneWhileABurstLasts(t *testing.T) {
	now := time.Unix(0, 0)
	j := New(Options{Now: func() time.Time { return now }})
	for _, lines := range []int{10, 10, 2, 3} {
		for range lines {
			j.LimitedTo(3, "a", Warn, "x", "burst")
		}
		now = now.Add(limitInterval)
	}
	var got []string
	for _, l := range j.Tail() {
		got = append(got, l.Message())
	}
	want := []string{"x: burst", "x: burst", "x: burst", "x: burst (7 similar lines suppressed)", "x: burst (9 similar lines suppressed)",
		"x: burst (1 similar lines suppressed)", "x: burst", "x: burst"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLimitedKeysAreBounded(t *testing.T) {
	j, _ := fixed(Options{})
	for i := range 10 * limitKeysMax {
		j.Limited(fmt.Sprint(i), Warn, "x", "line")
	}
	if got := len(j.limits); got > limitKeysMax+1 {
		t.Errorf("%d keys remembered, want at most %d", got, limitKeysMax+1)
	}
	if got := len(j.Tail()); got != limitKeysMax+1 {
		t.Errorf("%d lines, want %d", got, limitKeysMax+1)
	}
}

func TestSinkThatHangsHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(Options{})
		w := &stuck{release: make(chan struct{})}
		s := j.AddSink(w, Info)
		for range 3 * queueLinesMax {
			j.Printf(Info, "x", "line")
			synctest.Wait()
		}
		j.Flush(time.Second) // gives up
		close(w.release)
		j.Flush(time.Minute)
		if got, want := w.lines, 1+queueLinesMax+1; got != want {
			t.Errorf("%d writes, want the first, a full queue and the complaint: %d", got, want)
		}
		if want := fmt.Sprintf("%d log lines lost", 2*queueLinesMax-1); !strings.Contains(w.last, want) {
			t.Errorf("last line is %q, want %q", w.last, want)
		}
		s.Close()
		j.Printf(Info, "x", "line")
		synctest.Wait()
		if got, want := w.lines, 1+queueLinesMax+1; got != want {
			t.Errorf("%d writes after Close, want %d", got, want)
		}
	})
}

func TestNilJournalDiscards(t *testing.T) {
	var j *Journal
	everyLevel(j)
	j.Limited("k", Err, "x", "line")
	j.AddSink(&buffer{}, Trace).Close()
	j.SetLevel(Err)
	j.Release()
	j.Flush(time.Hour)
	if got := j.Tail(); got != nil {
		t.Errorf("got %v, want nothing", got)
	}
}

func TestParseLevel(t *testing.T) {
	for name, want := range map[string]Level{"trace": Trace, "Debug": Debug, "INFO": Info, "warn": Warn, "err": Err} {
		if got, err := ParseLevel(name); got != want || err != nil {
			t.Errorf("ParseLevel(%q) = %v, %v; want %v", name, got, err, want)
		}
	}
	_, err := ParseLevel("foo")
	if want := "Invalid log level: FOO. Valid log levels are: [TRACE DEBUG INFO WARN ERR]"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	j, out := fixed(Options{Held: true})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				s := j.AddSink(out, Info)
				everyLevel(j)
				j.Limited("k", Warn, "x", "line")
				j.Release()
				j.SetLevel(Debug)
				_ = j.Tail()
				s.Close()
			}
		})
	}
	wg.Wait()
	j.Flush(time.Minute)
}

func BenchmarkPrintf(b *testing.B) {
	j, _ := fixed(Options{})
	b.ReportAllocs()
	for b.Loop() {
		j.Printf(Info, "serf", "EventMemberJoin: %s", "node")
	}
}

// fixed returns a journal whose clock stands still, and something to write to.
func fixed(opts Options) (*Journal, *buffer) {
	opts.Now = func() time.Time { return time.Unix(0, 0) }
	return New(opts), &buffer{}
}

func everyLevel(j *Journal) {
	for l := Trace; l <= Plain; l++ {
		name := "plain"
		if l < Plain {
			name = strings.ToLower(l.String())
		}
		j.Printf(l, "x", "%s", name)
	}
}

// buffer is a writer that several sinks may share.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// texts returns the last word of each line.
func (b *buffer) texts() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var words []string
	for l := range strings.Lines(b.b.String()) {
		f := strings.Fields(l)
		words = append(words, f[len(f)-1])
	}
	return strings.Join(words, " ")
}

func texts(lines []Line) []string {
	var out []string
	for _, l := range lines {
		_, text, _ := strings.Cut(l.Text, "x: ")
		out = append(out, text)
	}
	return out
}

// stuck is a writer that does not return until it is released.
type stuck struct {
	release chan struct{}
	lines   int
	last    string
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.release
	s.lines++
	s.last = string(p)
	return len(p), nil
}
