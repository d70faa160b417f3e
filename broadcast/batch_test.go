package broadcast

import (
	"errors"
	"slices"
	"testing"
)

func TestBatchKeepsMessagesApart(t *testing.T) {
	var b Batch
	for _, m := range []string{"one", "", "three"} {
		if err := b.Append([]byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := labels(&b), []string{"one", "", "three"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b.Reset()
	if got, want := b.Len(), 0; got != want {
		t.Errorf("got %d messages after Reset, want %d", got, want)
	}
}

func TestBatchStopsWhenAskedTo(t *testing.T) {
	var b Batch
	for range 3 {
		if err := b.Append([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	for range b.All {
		seen++
		if seen == 2 {
			break
		}
	}
	if got, want := seen, 2; got != want {
		t.Errorf("got %d messages, want %d", got, want)
	}
}

func TestBatchRefusesWhatAPacketCannotHold(t *testing.T) {
	var b Batch
	if err := b.Append(make([]byte, 65536)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v for 65536 bytes, want %v", err, ErrTooLarge)
	}
	for range BatchLenMax {
		if err := b.Append(nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Append(nil); !errors.Is(err, ErrFull) {
		t.Errorf("got %v for message 256, want %v", err, ErrFull)
	}
	if got, want := b.Len(), BatchLenMax; got != want {
		t.Errorf("got %d messages, want %d", got, want)
	}
}
