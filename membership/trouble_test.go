package membership

import (
	"maps"
	"math"
	"testing"
	"time"
)

// trouble returns the counters that are not zero.
func (h *host) trouble() map[string]uint64 {
	found := make(map[string]uint64)
	s := h.Stats()
	s.Trouble(func(name string, n uint64) {
		if _, twice := found[name]; twice {
			h.w.t.Errorf("%s is told twice", name)
		}
		if n > 0 {
			found[name] = n
		}
	})
	return found
}

func TestTroubleNamesWhatWasDroppedAndWhy(t *testing.T) {
	w := newWorld(t, 95, 3, func(c *Config) { c.MaxQueueDepth = 4 })
	w.together()
	h := w.hosts[0]
	h.event("fine", "1")
	w.run(5 * time.Second)
	for _, h := range w.hosts {
		if got := h.trouble(); len(got) != 0 {
			t.Errorf("%s has trouble in a healthy cluster: %v", h.name, got)
		}
	}
	for i := range uint64(10) { // more than its queue has room for
		h.receive(w.hosts[1], gossiped(100+i, "many"))
	}
	h.receive(w.hosts[1], gossiped(math.MaxUint64, "far"))
	h.receive(w.hosts[1], gossiped(5000, "jump"))
	h.receive(w.hosts[1], gossiped(7, "old"))
	h.receive(w.hosts[1], []byte{8, 255})
	want := map[string]uint64{"event_queue_dropped": 7, "lamport_times_refused": 1, "events_too_old": 1, "messages_unknown": 1}
	if got := h.trouble(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
