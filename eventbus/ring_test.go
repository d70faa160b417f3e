package eventbus

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFullRingDropsByPolicy(t *testing.T) {
	for _, test := range []struct {
		policy Policy
		want   []string
	}{
		{DropOldest, []string{"3", "4", "5"}},
		{DropNewest, []string{"1", "2", "3"}},
	} {
		r := NewRing(Filter{}, 3, test.policy)
		for i := range 5 {
			r.Push(Event{Type: User, Name: fmt.Sprint(i + 1)})
		}
		if got := names(r); !slices.Equal(got, test.want) {
			t.Errorf("%v: kept %v, want %v", test.policy, got, test.want)
		}
		if got := r.Dropped(); got != 2 {
			t.Errorf("%v: dropped %d, want 2", test.policy, got)
		}
	}
}

func TestFilteredEventsDoNotCount(t *testing.T) {
	r := NewRing(Only(MemberJoin), 1, DropNewest)
	r.Push(Event{Type: User})
	r.Push(Event{Type: MemberJoin})
	r.Push(Event{Type: MemberLeave})
	if r.Len() != 1 || r.Dropped() != 0 {
		t.Errorf("len %d, dropped %d, want 1 and 0", r.Len(), r.Dropped())
	}
}

func TestRingHoldsAtLeastOne(t *testing.T) {
	r := NewRing(Filter{}, 0, DropOldest)
	r.Push(Event{})
	if got := r.Len(); got != 1 {
		t.Errorf("len %d, want 1", got)
	}
}

// TestRingIsASlice compares a ring with the obvious model.
func TestRingIsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 40).Draw(t, "capacity")
		policy := rapid.SampledFrom([]Policy{DropOldest, DropNewest}).Draw(t, "policy")
		r := NewRing(Filter{}, capacity, policy)
		var model []string
		dropped := uint64(0)
		for i := range rapid.IntRange(0, 200).Draw(t, "steps") {
			if rapid.IntRange(0, 2).Draw(t, "op") == 0 {
				e, ok := r.Next()
				if ok != (len(model) > 0) || ok && e.Name != model[0] {
					t.Fatalf("Next() = %q, %v, want the first of %v", e.Name, ok, model)
				}
				if ok {
					model = model[1:]
				}
				continue
			}
			name := fmt.Sprint(i)
			r.Push(Event{Type: User, Name: name})
			model = append(model, name)
			if len(model) > capacity {
				dropped++
				if policy == DropOldest {
					model = model[1:]
				} else {
					model = model[:capacity]
				}
			}
			if r.Len() != len(model) || r.Dropped() != dropped {
				t.Fatalf("len %d, dropped %d, want %d and %d", r.Len(), r.Dropped(), len(model), dropped)
			}
		}
		if got := names(r); !slices.Equal(got, model) {
			t.Fatalf("left %v, want %v", got, model)
		}
	})
}

func names(r *Ring) (names []string) {
	for _, e := range drain(r) {
		names = append(names, e.Name)
	}
	return names
}
