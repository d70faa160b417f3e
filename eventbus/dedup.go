package eventbus

// PerTimeMax is how many events, or queries, of one Lamport time are taken. Members that send at one time share one now
// and then; only a forger makes more of them.
const PerTimeMax = 64

// history remembers what was seen at each of the latest Lamport times: the filter against repetition. slots[t mod size]
// is the place of t, which may still hold an earlier time.
type history[T any] struct {
	size  uint64
	slots []*moment[T] // nil before the first use
}

// moment is what was seen at one Lamport time.
type moment[T any] struct {
	ltime uint64
	seen  []T // at most PerTimeMax
}

// covers reports whether ltime is recent enough at a clock of now to tell repetition from news.
func (h *history[T]) covers(now, ltime uint64) bool { return now <= h.size || ltime >= now-h.size }

// place returns the moment where ltime belongs, which may be of an earlier time.
func (h *history[T]) place(ltime uint64) *moment[T] {
	if h.slots == nil {
		h.slots = make([]*moment[T], h.size)
	}
	p := &h.slots[ltime%h.size]
	if *p == nil {
		*p = &moment[T]{ltime: ltime}
	}
	return *p
}

// at returns the moment of ltime, nil when nothing is remembered of it.
func (h *history[T]) at(ltime uint64) *moment[T] {
	if h.slots == nil {
		return nil
	}
	if m := h.slots[ltime%h.size]; m != nil && m.ltime == ltime {
		return m
	}
	return nil
}

// reset makes m that of ltime, with nothing seen.
func (m *moment[T]) reset(ltime uint64) {
	clear(m.seen)
	m.ltime, m.seen = ltime, m.seen[:0]
}
