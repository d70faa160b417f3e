package swim

import (
	"slices"
	"strings"
)

// View is an immutable snapshot of the member table. It may be read by any goroutine.
type View struct {
	// Generation grows with every change of the table.
	Generation uint64
	// Members holds every known member in every state, the local one included, sorted by name.
	Members []MemberState
	// Health is the local awareness score, 0 is healthy.
	Health int
}

// retiredMax bounds the identities that are kept only for the sake of the next View.
const retiredMax = 1024

// View returns the table as it is now. It is made anew only when something has changed since the last one, from that one
// and the difference. Members is the slice that push/pulls are made from, so it must not be changed.
func (n *Node) View() *View {
	v := n.view
	if v != nil && v.Generation == n.generation && v.Health == n.health.score {
		return v
	}
	next := &View{Generation: n.generation, Health: n.health.score}
	switch {
	case v != nil && v.Generation == n.generation:
		next.Members = v.Members
	case v != nil:
		next.Members = n.refresh(v.Members)
	default:
		next.Members = n.refresh(nil)
	}
	n.view = next
	return next
}

// change is a member whose record is not the one of the last view.
type change struct {
	name string
	is   record
}

// refresh returns old, the members of the last view, with what has changed since; it makes the table the last viewed.
func (n *Node) refresh(old []MemberState) []MemberState {
	var changes []change
	n.table.Diff(n.viewed, func(i uint32, _, is record) {
		changes = append(changes, change{name: n.dir.name(i), is: is})
	})
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.name, b.name) })
	merged := n.dir.lists.room(n.table.Len())
	for _, c := range changes {
		for len(old) > 0 && old[0].Info.Name < c.name {
			merged = append(merged, old[0])
			old = old[1:]
		}
		if len(old) > 0 && old[0].Info.Name == c.name {
			old = old[1:]
		}
		if c.is.known() {
			merged = append(merged, n.state(c.is))
		}
	}
	merged = append(merged, old...)
	n.viewed = n.table.Snapshot()
	for _, info := range n.retired {
		n.dir.release(info)
	}
	n.retired = n.retired[:0]
	return n.dir.lists.share(merged)
}

// retire releases an identity that left the table: at once when no view was made, otherwise with the next one, since the
// difference to the last view is told by member index and needs its name.
func (n *Node) retire(info uint32) {
	if n.view == nil {
		n.dir.release(info)
		return
	}
	n.retired = append(n.retired, info)
}
