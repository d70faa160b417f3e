package eventbus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// toldTimes takes out the times of all events that o tells.
func toldTimes(o *Order) (times []uint64) {
	for e, ok := o.Next(); ok; e, ok = o.Next() {
		times = append(times, e.LTime)
	}
	return times
}

func TestEventWaitsForItsForerunnersButNotForLong(t *testing.T) {
	o := NewOrder(time.Second)
	o.Advance(1)
	push := func(at time.Duration, ltime uint64, want ...uint64) {
		t.Helper()
		o.Push(start.Add(at), Event{LTime: ltime})
		if got := toldTimes(o); !slices.Equal(got, want) {
			t.Fatalf("after %d: got %v, want %v", ltime, got, want)
		}
	}
	push(0, 1, 1)
	push(0, 3)
	push(500*time.Millisecond, 4)
	push(500*time.Millisecond, 2, 2, 3, 4)
	push(500*time.Millisecond, 6)
	push(900*time.Millisecond, 8)
	if at := o.NextDeadline(); !at.Equal(start.Add(1500 * time.Millisecond)) {
		t.Errorf("deadline after %v, want 1.5s", at.Sub(start))
	}
	o.HandleDeadline(start.Add(1500 * time.Millisecond))
	if got := toldTimes(o); !slices.Equal(got, []uint64{6}) {
		t.Errorf("when the wait of 6 ends: got %v", got)
	}
	push(1600*time.Millisecond, 5, 5) // late
	push(1600*time.Millisecond, 7, 7, 8)
	push(1600*time.Millisecond, 9+orderGapMax+1, 9+orderGapMax+1)
}

func TestOrderOfAPushPullNeedsNoWait(t *testing.T) {
	o := NewOrder(time.Second)
	o.Push(start, Event{LTime: 5})
	o.Push(start, Event{LTime: 9})
	o.Advance(6)
	if got := toldTimes(o); !slices.Equal(got, []uint64{5}) || o.Len() != 1 {
		t.Errorf("got %v and %d waiting, want 5 and one", got, o.Len())
	}
}

func TestOrderTellsEachEventOnceAndHoldsFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := NewOrder(time.Second)
		o.Advance(1)
		seed := rapid.Uint64().Draw(t, "seed")
		rng := rand.New(rand.NewPCG(seed, 1))
		near := rapid.IntRange(1, 600).Draw(t, "near")
		now, sent, got := start, map[string]bool{}, map[string]bool{}
		last, sorted := uint64(0), true
		take := func() {
			for e, ok := o.Next(); ok; e, ok = o.Next() {
				if got[e.Name] || !sent[e.Name] {
					t.Fatalf("told %s, which was told before or never came", e.Name)
				}
				got[e.Name] = true
				sorted = sorted && e.LTime >= last
				last = e.LTime
			}
		}
		for base := 1; base < 4000; base += near { // a block at a time, shuffled
			for _, i := range rng.Perm(near) {
				e := Event{LTime: uint64(base + i), Name: fmt.Sprint(base + i)}
				sent[e.Name] = true
				o.Push(now, e)
				take()
				if o.Len() > OrderHeldMax {
					t.Fatalf("%d wait", o.Len())
				}
			}
			now = now.Add(time.Millisecond)
		}
		o.HandleDeadline(now.Add(time.Second))
		take()
		if len(got) != len(sent) {
			t.Fatalf("%d of %d were told", len(got), len(sent))
		}
		if near <= orderGapMax && !sorted {
			t.Fatal("out of order although no wait had ended")
		}
	})
}
