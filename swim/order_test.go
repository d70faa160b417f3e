package swim

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestOrderIsPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint32Range(1, 5000).Draw(t, "n")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var o order
		o.begin(n, rng)
		seen := make([]bool, o.len)
		for range o.len {
			i, ok := o.next()
			if !ok || i >= o.len || seen[i] {
				t.Fatalf("got %d, %v after %d numbers below %d", i, ok, o.pos, o.len)
			}
			seen[i] = true
		}
		if _, ok := o.next(); ok || o.len < n || o.len >= 2*n && n > 1 {
			t.Fatalf("pass of %d over %d numbers does not end", o.len, n)
		}
	})
}

// Each number must be first about equally often; the bounds are more than six standard deviations wide.
func TestOrderIsFair(t *testing.T) {
	for _, n := range []uint32{2, 4, 16, 64} {
		rng := rand.New(rand.NewPCG(5, 6))
		const passes = 20000
		count := make([]int, n)
		var o order
		for range passes {
			o.begin(n, rng)
			i, _ := o.next()
			count[i]++
		}
		mean := passes / int(n)
		for i, c := range count {
			if c < mean*2/3 || c > mean*4/3 {
				t.Errorf("%d of %d came first %d times, want about %d", i, n, c, mean)
			}
		}
	}
}

func TestOrdersDiffer(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	seen := map[[4]uint32]bool{}
	for range 100 {
		var o order
		o.begin(1000, rng)
		var first [4]uint32
		for i := range first {
			first[i], _ = o.next()
		}
		seen[first] = true
	}
	if len(seen) < 99 {
		t.Errorf("got %d different beginnings of 100 passes", len(seen))
	}
}
