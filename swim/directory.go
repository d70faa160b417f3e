package swim

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
)

// Directory interns member names and identities, so that a member record is 8 bytes and what many nodes of a simulation
// know exists once. Each name has an index, dense and stable as long as any identity of that name is in use; each
// identity (an *Info) has one too. Both are counted by use and given to others afterwards.
//
// Invariants, checked by check: a name is in names exactly if its chain is not empty; all identities of a chain have that
// name, differ from each other and have users; index 0 of identities is nobody's.
//
// A Directory is not safe for concurrent use.
type Directory struct {
	names       map[string]uint32
	chains      []uint32   // by member index: the first identity of the name; 0: the index is free
	identities  []identity // by identity index
	freeMembers []uint32
	freeInfos   []uint32
	lists       listings
	effects     []Effect // memory for the node that needs it next
}

// identity is one Info and its place in the chain of its name.
type identity struct {
	info   *Info
	next   uint32 // identity index, 0: last of the chain
	member uint32
	users  uint32 // records that hold it
}

// NewDirectory returns an empty directory for several nodes.
func NewDirectory() *Directory {
	d := newDirectory()
	d.lists.shared = true
	return d
}

// newDirectory returns an empty directory for one node.
func newDirectory() *Directory {
	return &Directory{names: make(map[string]uint32), identities: make([]identity, 1)}
}

// Len returns how many names are in use.
func (d *Directory) Len() int { return len(d.names) }

// find returns the member index of name.
func (d *Directory) find(name string) (member uint32, ok bool) {
	member, ok = d.names[name]
	return member, ok
}

// findBytes is find for a name that lies in a packet; it does not allocate.
func (d *Directory) findBytes(name []byte) (member uint32, ok bool) {
	member, ok = d.names[string(name)]
	return member, ok
}

// info returns the identity with the given index.
func (d *Directory) info(index uint32) *Info { return d.identities[index].info }

// name returns the name with the given member index, which must be in use.
func (d *Directory) name(member uint32) string { return d.identities[d.chains[member]].info.Name }

// intern returns the indices of the identity with these values and counts one more user of it. What is new is copied, so
// that no received buffer is kept.
func (d *Directory) intern(name string, addr netip.AddrPort, meta []byte, versions Versions) (member, index uint32) {
	member, known := d.names[name]
	if known {
		for x := d.chains[member]; x != 0; x = d.identities[x].next {
			if i := d.identities[x].info; i.Addr == addr && i.Versions == versions && sameBytes(i.Meta, meta) {
				d.identities[x].users++
				return member, x
			}
		}
		name = d.name(member)
	} else {
		name = strings.Clone(name)
		member = d.newMember(name)
	}
	index = d.newIdentity()
	i := &Info{Name: name, Addr: addr, Meta: slices.Clip(bytes.Clone(meta)), Versions: versions}
	d.identities[index] = identity{info: i, next: d.chains[member], member: member, users: 1}
	d.chains[member] = index
	return member, index
}

// sameBytes is equality on the wire, where nil and empty differ.
func sameBytes(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

func (d *Directory) newMember(name string) uint32 {
	var member uint32
	if n := len(d.freeMembers); n > 0 {
		member = d.freeMembers[n-1]
		d.freeMembers = d.freeMembers[:n-1]
	} else {
		member = uint32(len(d.chains))
		d.chains = append(d.chains, 0)
	}
	d.names[name] = member
	return member
}

func (d *Directory) newIdentity() uint32 {
	if n := len(d.freeInfos); n > 0 {
		index := d.freeInfos[n-1]
		d.freeInfos = d.freeInfos[:n-1]
		return index
	}
	d.identities = append(d.identities, identity{})
	return uint32(len(d.identities) - 1)
}

// release takes back one use of the identity with the given index and forgets it, and its name, after the last.
func (d *Directory) release(index uint32) {
	e := &d.identities[index]
	if e.users--; e.users > 0 {
		return
	}
	member, name := e.member, e.info.Name
	link := &d.chains[member]
	for *link != index {
		link = &d.identities[*link].next
	}
	*link = e.next
	*e = identity{}
	d.freeInfos = append(d.freeInfos, index)
	if d.chains[member] == 0 {
		delete(d.names, name)
		d.freeMembers = append(d.freeMembers, member)
	}
}
