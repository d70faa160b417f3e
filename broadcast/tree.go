package broadcast

// slot is an index into tree.entries; 0 is no entry.
type slot int32

// entry is one queued message and its node in the tree.
type entry struct {
	message     []byte
	name        string
	id          ID
	transmits   int
	notify      bool
	left, right slot
	priority    uint32
}

// tree keeps entries in the order of their worth: fewest transmits first, within that longest message first, within that
// newest first. It is a treap: a search tree by that order and a heap by priority, which is a hash of the id, so that
// its shape, and with it the time of every operation, is the same in every run.
//
// Invariants, checked by check: an entry is in order between its subtrees; its priority is not below its children's.
type tree struct {
	entries []entry // 0 is unused
	root    slot
}

// before reports whether a comes before b.
func (t *tree) before(a, b slot) bool {
	x, y := &t.entries[a], &t.entries[b]
	switch {
	case x.transmits != y.transmits:
		return x.transmits < y.transmits
	case len(x.message) != len(y.message):
		return len(x.message) > len(y.message)
	}
	return x.id > y.id
}

// seek returns the first entry that was transmitted tier times and is no longer than length, or, when there is none, the
// first entry that was transmitted more often.
func (t *tree) seek(tier, length int) slot {
	found := slot(0)
	for at := t.root; at != 0; {
		e := &t.entries[at]
		if e.transmits < tier || e.transmits == tier && len(e.message) > length {
			at = e.right
		} else {
			found, at = at, e.left
		}
	}
	return found
}

// last returns the entry at the end of the order.
func (t *tree) last() slot {
	at := t.root
	for at != 0 && t.entries[at].right != 0 {
		at = t.entries[at].right
	}
	return at
}

// insert adds the entry x, whose links may hold anything.
func (t *tree) insert(x slot) {
	e := &t.entries[x]
	e.left, e.right = 0, 0
	e.priority = scatter(uint64(e.id))
	link := &t.root
	for *link != 0 && t.entries[*link].priority >= e.priority {
		link = t.child(*link, t.before(x, *link))
	}
	// x takes the place of the subtree below, which is split around it.
	below, low, high := *link, &e.left, &e.right
	*link = x
	for below != 0 {
		if t.before(below, x) {
			*low, low = below, &t.entries[below].right
			below = *low
		} else {
			*high, high = below, &t.entries[below].left
			below = *high
		}
	}
	*low, *high = 0, 0
}

// remove takes out the entry x, which must be in the tree; its fields other than the links are left alone.
func (t *tree) remove(x slot) {
	link := &t.root
	for *link != x {
		link = t.child(*link, t.before(x, *link))
	}
	low, high := t.entries[x].left, t.entries[x].right
	for low != 0 && high != 0 {
		if t.entries[low].priority >= t.entries[high].priority {
			*link, link = low, &t.entries[low].right
			low = *link
		} else {
			*link, link = high, &t.entries[high].left
			high = *link
		}
	}
	*link = low | high
}

func (t *tree) child(at slot, left bool) *slot {
	if left {
		return &t.entries[at].left
	}
	return &t.entries[at].right
}

// scatter makes a priority of an id: the finalizer of SplitMix64.
func scatter(x uint64) uint32 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return uint32(x >> 32)
}
