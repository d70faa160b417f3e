package sim

import "serf/swim"

// digestsMax is how many lists of members are remembered: as many as a swim.Directory keeps, and some that it has just dropped.
const digestsMax = 16

// digest is what a list of members comes to on the wire.
type digest struct {
	members []swim.MemberState
	sum     mixer
	bytes   int
}

// digests remember what lists of members come to, so that those which many hosts have in common are gone through once.
type digests struct {
	list    [digestsMax]digest
	turn    int
	scratch []byte
}

// of returns what a list comes to. It hangs on nothing but the members in it.
func (d *digests) of(members []swim.MemberState) *digest {
	for i := range d.list {
		if known := &d.list[i]; sameMembers(known.members, members) {
			return known
		}
	}
	d.scratch = swim.AppendStateMembers(d.scratch[:0], members)
	made := &d.list[d.turn]
	d.turn = (d.turn + 1) % digestsMax
	*made = digest{members: members, bytes: len(d.scratch)}
	made.sum.write(d.scratch)
	return made
}

// sameMembers reports whether a and b are one list in memory, which never changes.
func sameMembers(a, b []swim.MemberState) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}
