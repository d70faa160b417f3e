package swim

import (
	"cmp"
	"slices"
)

// Population is members that nodes begin to know. Nodes of one Directory that begin with the same one keep it once, until
// something changes. It is immutable.
type Population struct {
	table   table
	members []MemberState // sorted by name
}

// Populate returns a population of the given members, all of them alive with incarnation 1.
func (d *Directory) Populate(members []Info) *Population {
	p := &Population{}
	for i := range members {
		m := &members[i]
		member, info := d.intern(m.Name, m.Addr, m.Meta, m.Versions)
		p.table.Set(member, newRecord(info, 1, Alive))
		p.members = append(p.members, MemberState{Info: d.info(info), Incarnation: 1, Status: Alive})
	}
	slices.SortFunc(p.members, func(a, b MemberState) int { return cmp.Compare(a.Info.Name, b.Info.Name) })
	p.members = d.lists.share(p.members)
	return p
}

// populate makes the node know the population, in which everybody has answered it before. What it knows of itself stays.
func (n *Node) populate(p *Population) {
	self := n.table.Get(n.self)
	n.table = p.table.share()
	n.count = [4]int{Alive: n.table.Len()}
	for member := range n.table.Cap() {
		if r := n.table.Get(member); r.known() {
			n.dir.identities[r.info()].users++
			if member != n.self {
				n.acquainted.add(member)
				n.acquainted.live++
			}
		}
	}
	n.generation++
	n.view = &View{Generation: n.generation, Members: p.members, Health: n.health.score}
	n.viewed = snapshot{p.table.pages}
	if n.table.Get(n.self) == self {
		n.dir.release(self.info())
	} else {
		n.set(n.self, self)
	}
}

// listsMax is how many lists of members a Directory keeps for other nodes that come to have the same: while some news spreads
// there are those who know it and those who do not.
const listsMax = 8

// listing is a list of members that nodes share.
type listing struct {
	members []MemberState
	alike   bool  // all have the same versions
	odd     []int // which are not alive
}

// listings are the lists of members that were made last, so that nodes which know the same have one list of it. The zero value
// keeps none: where there is one node nobody would share them.
type listings struct {
	shared bool
	list   [listsMax]listing
	turn   int
	spare  []MemberState
}

// room returns a slice for n members, to be given to share.
func (l *listings) room(n int) []MemberState {
	if !l.shared {
		return make([]MemberState, 0, n)
	}
	l.spare = slices.Grow(l.spare[:0], n)
	return l.spare
}

// share returns the list that is kept of what is in members, which may change from then on.
func (l *listings) share(members []MemberState) []MemberState {
	if !l.shared {
		return members
	}
	l.spare = members[:0]
	for i := range l.list {
		if slices.Equal(l.list[i].members, members) {
			return l.list[i].members
		}
	}
	kept := listing{members: slices.Clone(members), alike: true}
	for i := range members {
		kept.alike = kept.alike && members[i].Info.Versions == members[0].Info.Versions
		if members[i].Status != Alive {
			kept.odd = append(kept.odd, i)
		}
	}
	l.list[l.turn] = kept
	l.turn = (l.turn + 1) % listsMax
	return kept.members
}

// find returns what is known of a list that is kept, nil if it is not.
func (l *listings) find(members []MemberState) *listing {
	for i := range l.list {
		if sameList(l.list[i].members, members) {
			return &l.list[i]
		}
	}
	return nil
}

// sameList reports whether a and b are one list in memory.
func sameList(a, b []MemberState) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }
