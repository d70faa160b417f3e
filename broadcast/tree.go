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
// newest first; or, with oldestFirst, fewest transmits first and within that oldest first. It is a treap: a search tree by that order and a heap by priority, which is a hash of the id, so that
// its shape, and with it the time of every operation, is the same in every run.
//
// Invariants, checked by check: an entry is in order between its subtrees; its priority is not below its children's.
type tree struct {
	entries     []entry // 0 is unused
	root        slot
	oldestFirst bool
}

func newTree(oldestFirst bool) tree { return tree{entries: make([]entry, 1), oldestFirst: oldestFirst} }

// passedOverMax is how many messages of one tier are passed over because they do not fit, where length is not part of
// the order.
const passedOverMax = 8

// cursor is how far a search through the order has come: to messages that were transmitted tier times, newer than id.
type cursor struct {
	tier   int
	id     ID // counts with oldestFirst alone
	passed int
}

// passOver moves the cursor and returns true when e is not to be taken: it does not fit, or it begins another tier.
func (c *cursor) passOver(e *entry, room int) bool {
	switch {
	case e.transmits != c.tier: // nothing of this tier fits
		*c = cursor{tier: e.transmits}
	case len(e.message) <= room:
		return false
	case c.passed == passedOverMax:
		*c = cursor{tier: e.transmits + 1}
	default:
		c.id = e.id
		c.passed++
	}
	return true
}

// before reports whether a comes before b.
func (t *tree) before(a, b slot) bool {
	x, y := &t.entries[a], &t.entries[b]
	switch {
	case x.transmits != y.transmits:
		return x.transmits < y.transmits
	case t.oldestFirst:
		return x.id < y.id
	case len(x.message) != len(y.message):
		return len(x.message) > len(y.message)
	}
	return x.id > y.id
}

// seek returns the first entry from c on that is no longer than length if it is of c's tier; with oldestFirst of any
// length.
func (t *tree) seek(c cursor, length int) slot {
	found := slot(0)
	for at := t.root; at != 0; {
		e := &t.entries[at]
		before := len(e.message) > length
		if t.oldestFirst {
			before = e.id <= c.id
		}
		if e.transmits < c.tier || e.transmits == c.tier && before {
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
