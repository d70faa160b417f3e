package membership

// record is what the table keeps of one member.
type record struct {
	member    *Member // nil: nobody
	ltime     uint64  // of the last intent
	left      uint64  // of the leave, when a join intent came since and the member itself has not; else 0
	leaveTime int64   // when it failed or left, or began to leave
	id        uint32  // in the roster
	guessed   bool    // ltime is that of a leave, as a push/pull tells it: perhaps not the leave's own
	dirty     bool    // changed since it was shown
	fresh     bool    // not yet in order
}

// pageLen is how many records are copied when the first of them changes that were shared: 1.25 KiB.
const pageLen = 32

type page [pageLen]record

// pages holds records by number. Tables that begin with the same members share the pages until they change them.
//
// Invariant: a page may be written only if its bit in own is set.
type pages struct {
	list   []*page
	own    []uint64
	shared bool // list itself belongs to others, too
}

// at returns the record with the given number, nil when there is none. It is to be read only.
func (p *pages) at(id uint32) *record {
	at := id / pageLen
	if int(at) >= len(p.list) || p.list[at] == nil {
		return nil
	}
	r := &p.list[at][id%pageLen]
	if r.member == nil {
		return nil
	}
	return r
}

// edit returns the place of the record with the given number, to be written. It is good until share.
func (p *pages) edit(id uint32) *record {
	at := id / pageLen
	p.grow(int(at) + 1)
	if bit := uint64(1) << (at % 64); p.own[at/64]&bit == 0 {
		p.own[at/64] |= bit
		mine := new(page)
		if old := p.list[at]; old != nil {
			*mine = *old
		}
		p.list[at] = mine
	}
	return &p.list[at][id%pageLen]
}

// grow makes room for n pages in a list and bits of its own.
func (p *pages) grow(n int) {
	if p.shared {
		p.list, p.shared = append(make([]*page, 0, max(n, len(p.list))), p.list...), false
	}
	for len(p.list) < n {
		p.list = append(p.list, nil)
	}
	for len(p.own) < (len(p.list)+63)/64 {
		p.own = append(p.own, 0)
	}
}

// share returns the pages for others to begin with. Whoever changes one from now on makes a copy.
func (p *pages) share() pages {
	p.own, p.shared = nil, true
	return pages{list: p.list, shared: true}
}
