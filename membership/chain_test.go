package membership

import (
	"slices"
	"testing"
	"time"
)

// chain lets each host join the one before it, all at one time, and returns how long it takes until all know all.
func chain(t *testing.T, seed uint64, n int) time.Duration {
	w := newWorld(t, seed, n, func(c *Config) {
		lan := DefaultLAN()
		lan.Swim.Name, lan.Swim.Advertise, lan.CoalescePeriod = c.Swim.Name, c.Swim.Advertise, 0
		*c = lan
	})
	for i, h := range w.hosts[1:] {
		h.do(func(c *Cluster, now time.Time) error { return c.Join(now, 1, []Target{{Addr: w.hosts[i].addr}}, false) })
	}
	begin := w.now
	w.whole(2 * time.Minute)
	return w.now.Sub(begin)
}

// Each member gossips about the others while it knows one or two, and has done so often enough before it knows them all.
// Without push/pulls soon after, half of these clusters wait for the next periodic one, up to 25 s.
func TestChainOfJoinsAtOnceIsSoonWhole(t *testing.T) {
	var took []time.Duration
	for seed := range uint64(40) {
		took = append(took, chain(t, seed, 10))
	}
	slices.Sort(took)
	if most := took[len(took)*9/10]; most > 4*time.Second {
		t.Errorf("nine of ten are whole within %v, want 4 s; all: %v", most, took)
	}
	if late := took[len(took)-2]; late > 12*time.Second {
		t.Errorf("all but one are whole within %v, want 12 s", late)
	}
}
