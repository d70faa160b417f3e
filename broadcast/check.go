package broadcast

import "fmt"

// check panics when an invariant of q is broken. It does nothing without the build tag invariants.
func (q *Queue) check() {
	if !invariants {
		return
	}
	queued := q.tree.check(q.tree.root, 0, 0)
	switch {
	case queued != q.len:
		panic(fmt.Sprintf("broadcast: tree holds %d messages, len is %d", queued, q.len))
	case q.len > q.cfg.LenMax:
		panic(fmt.Sprintf("broadcast: %d messages above the limit of %d", q.len, q.cfg.LenMax))
	case q.len+len(q.free) != len(q.tree.entries)-1:
		panic(fmt.Sprintf("broadcast: %d queued and %d free of %d slots", q.len, len(q.free), len(q.tree.entries)-1))
	}
	for name, x := range q.names { //order-free: every name is checked, nothing is produced
		if q.tree.entries[x].name != name {
			panic(fmt.Sprintf("broadcast: name %q leads to a message called %q", name, q.tree.entries[x].name))
		}
	}
}

// check verifies the subtree at, whose entries must lie behind low and before high unless these are 0, and returns
// its size.
func (t *tree) check(at, low, high slot) int {
	if at == 0 {
		return 0
	}
	e := &t.entries[at]
	switch {
	case low != 0 && !t.before(low, at), high != 0 && !t.before(at, high):
		panic(fmt.Sprintf("broadcast: message %d is out of order", e.id))
	case t.entries[e.left].priority > e.priority && e.left != 0, t.entries[e.right].priority > e.priority && e.right != 0:
		panic(fmt.Sprintf("broadcast: message %d lies above a higher priority", e.id))
	}
	return t.check(e.left, low, at) + 1 + t.check(e.right, at, high)
}
