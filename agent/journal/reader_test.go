package journal

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
)

// next returns the text of the next line behind its stamp, and how many were lost before it.
func next(t *testing.T, r *Reader) (string, uint64) {
	t.Helper()
	l, lost, err := r.Next(t.Context())
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return l.Text[len("2006/01/02 15:04:05 "):], lost
}

func TestReaderGetsTheTailAndThenNewLines(t *testing.T) {
	j := New(Options{Held: true})
	j.Printf(Debug, "a", "too low")
	j.Printf(Info, "a", "one")
	r := j.Subscribe(Info, 4)
	defer r.Close()
	j.Printf(Warn, "a", "two")
	j.Printf(Trace, "a", "too low as well")
	j.Printf(Plain, "", "three")
	for _, want := range []string{"[INFO] a: one", "[WARN] a: two", "three"} {
		if got, lost := next(t, r); got != want || lost != 0 {
			t.Errorf("got %q after %d lost, want %q", got, lost, want)
		}
	}
}

func TestReaderGetsAWholeTailWhateverItsCapacity(t *testing.T) {
	j := New(Options{})
	for i := range TailLinesMax + 3 {
		j.Printf(Info, "a", "%d", i)
	}
	r := j.Subscribe(Trace, 1)
	defer r.Close()
	for i := range TailLinesMax {
		if got, lost := next(t, r); got != fmt.Sprintf("[INFO] a: %d", i+3) || lost != 0 {
			t.Fatalf("line %d: %q after %d lost", i, got, lost)
		}
	}
}

func TestStalledReaderLosesLinesAndIsToldHowMany(t *testing.T) {
	j := New(Options{})
	r := j.Subscribe(Info, 2)
	defer r.Close()
	for i := range 1000 {
		j.Printf(Info, "a", "%d", i)
	}
	if got := len(j.Tail()); got != TailLinesMax {
		t.Errorf("the tail holds %d lines, want %d: a reader that stands still adds none", got, TailLinesMax)
	}
	next(t, r)
	j.Printf(Info, "a", "again")
	if got, lost := next(t, r); got != "[INFO] a: 1" || lost != 0 {
		t.Errorf("got %q after %d lost", got, lost)
	}
	if got, lost := next(t, r); got != "[INFO] a: again" || lost != 998 {
		t.Errorf("got %q after %d lost, want the last line after 998", got, lost)
	}
}

func TestReaderWaitsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(Options{})
		r := j.Subscribe(Info, 2)
		got := make(chan string, 1)
		go func() {
			l, _, _ := r.Next(t.Context())
			got <- l.Text
		}()
		synctest.Wait()
		j.Printf(Info, "a", "late")
		if l := <-got; l[len("2006/01/02 15:04:05 "):] != "[INFO] a: late" {
			t.Errorf("got %q", l)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, _, err := r.Next(ctx)
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Next of an ended context: %v", err)
		}
		go func() {
			_, _, err := r.Next(t.Context())
			ended <- err
		}()
		synctest.Wait()
		r.Close()
		r.Close()
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Errorf("Next of a closed reader: %v", err)
		}
		j.Printf(Info, "a", "nobody reads")
		if len(j.readers) != 0 {
			t.Errorf("%d readers left", len(j.readers))
		}
	})
}

func TestReaderOfNoJournalOnlyWaits(t *testing.T) {
	var j *Journal
	r := j.Subscribe(Info, 2)
	r.Close()
	if _, _, err := r.Next(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Next: %v", err)
	}
}
