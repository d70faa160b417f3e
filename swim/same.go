package swim

import (
	"cmp"
	"slices"
)

// mergeSame merges a state that is the very list of members which this node has got, as nearly always among nodes that share a
// directory: of those that are alive nothing is news. It returns false, and nothing has changed, when s is another one.
func (n *Node) mergeSame(s *State) bool {
	if n.view == nil || n.view.Generation != n.generation || !sameList(s.Members, n.view.Members) {
		return false
	}
	same := n.dir.lists.find(s.Members)
	if same == nil || !same.alike || n.leaving {
		return false
	}
	self := n.place(s.Members)
	if first := s.Members[self]; first.Status != Alive || !n.speaks(&first) {
		return false
	}
	n.stats.AliveOldIncarnation += uint64(len(s.Members) - len(same.odd) - 1)
	merged := false
	for _, i := range same.odd {
		if i > self && !merged {
			n.mergeMember(&s.Members[self], false)
			merged = true
		}
		n.mergeMember(&s.Members[i], false)
	}
	if !merged {
		n.mergeMember(&s.Members[self], false)
	}
	return true
}

// place returns where the local member is in a list of all members.
func (n *Node) place(members []MemberState) int {
	at, _ := slices.BinarySearchFunc(members, n.cfg.Name, func(m MemberState, name string) int { return cmp.Compare(m.Info.Name, name) })
	return at
}

// walk goes through the list of members that a node has got, beside that of another one, to find what both have without
// looking it up.
type walk struct {
	node       *Node
	rest       []MemberState
	generation uint64
}

// walk returns a walk from the start; an empty one where no other node has the same identities in memory, or without a list.
func (n *Node) walk() walk {
	if !n.dir.lists.shared || n.view == nil || n.view.Generation != n.generation {
		return walk{}
	}
	return walk{n, n.view.Members, n.generation}
}

// has reports whether m, the next one in order of name, is another member that is alive, and just what the node knows. It may
// miss one when something has changed since the walk began.
func (w *walk) has(m *MemberState) bool {
	if len(w.rest) == 0 || w.generation != w.node.generation {
		return false
	}
	for len(w.rest) > 0 && w.rest[0].Info != m.Info && w.rest[0].Info.Name < m.Info.Name {
		w.rest = w.rest[1:]
	}
	return len(w.rest) > 0 && w.rest[0] == *m && m.Status == Alive && m.Info.Name != w.node.cfg.Name
}
