package handler

// tail is a writer that keeps the last bytes of what it is given. It takes memory as it is needed.
//
// Invariants: len(kept) ≤ max; once len(kept) is max, the oldest byte is kept[start].
type tail struct {
	max   int
	kept  []byte
	start int
	total int64 // bytes written
}

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	n := len(b)
	t.total += int64(n)
	if len(b) > t.max {
		b = b[len(b)-t.max:]
	}
	if room := min(t.max-len(t.kept), len(b)); room > 0 {
		t.kept = append(t.kept, b[:room]...)
		b = b[room:]
	}
	for len(b) > 0 { // full: over the oldest
		written := copy(t.kept[t.start:], b)
		t.start = (t.start + written) % t.max
		b = b[written:]
	}
	return n, nil
}

// bytes returns a copy of what is kept, oldest first.
func (t *tail) bytes() []byte {
	return append(append(make([]byte, 0, len(t.kept)), t.kept[t.start:]...), t.kept[:t.start]...)
}
