package membership

import (
	"cmp"
	"slices"

	"serf/eventbus"
	"serf/membership/lamport"
)

// table is the members and what was said about them: the rules by which statuses change, without any wire. All times are
// nanoseconds of the cluster's epoch.
//
// Invariants, checked by check in tests: known is the number of records; order and added hold them all apart from those that
// are gone; failed, left and leaving count them by status; no Lamport time in a record is later than clock; the local member
// is never gone.
type table struct {
	life    LifeState
	known   int
	roster  *roster
	pages   pages
	cfg     *Config
	local   string
	clock   lamport.Clock
	intents intents
	tags    tagCache

	shared  *Shared  // nil: nothing is shared with other tables
	order   []uint32 // numbers sorted by name, but for fresh ones, and those that are gone
	common  bool     // order belongs to other tables, too
	added   []uint32 // fresh ones, and those that are gone
	gone    []string // names erased and not yet released
	failed  int
	left    int
	leaving int

	pruning []pruning        // first to be looked at first
	pruneAt map[uint32]int64 // of those with a pending prune; deferred: when it has left
	shown   []*Member        // the last list, shared with views
	dirty   []uint32         // changed since then
	said    *statuses        // what push/pulls say of the members; nil: something has changed since

	generation uint64
	changes    []changed // for the layer above to take
	announced  []uint64  // Lamport times of own join intents, likewise
	counters   *Counters
}

// changed is one member event; the member is as it was right after.
type changed struct {
	typ    eventbus.EventType
	member *Member
	forced bool
}

func newTable(cfg *Config, counters *Counters) *table {
	t := &table{
		cfg:      cfg,
		local:    cfg.Swim.Name,
		shared:   cfg.Shared,
		pruneAt:  make(map[uint32]int64),
		intents:  intents{byName: make(map[string]intent), max: cfg.IntentsMax},
		counters: counters,
	}
	if t.roster = newRoster(); t.shared != nil {
		t.roster = t.shared.roster
	}
	t.clock.Increment()
	return t
}

// find returns the record of the named member, nil when it is unknown. It is to be read only.
func (t *table) find(name string) *record {
	id, known := t.roster.ids[name]
	if !known {
		return nil
	}
	return t.pages.at(id)
}

// own returns the record r to be written. It is good as long as the member is known.
func (t *table) own(r *record) *record { return t.pages.edit(r.id) }

// stamp sets the time of the last intent about r, which must be t's own.
func (t *table) stamp(r *record, ltime uint64, guessed bool) {
	r.ltime, r.guessed = ltime, guessed
	t.said = nil
}

// emit notes a member event.
func (t *table) emit(typ eventbus.EventType, m *Member, forced bool) {
	t.changes = append(t.changes, changed{typ, m, forced})
	switch typ {
	case eventbus.MemberJoin:
		t.counters.Joins++
	case eventbus.MemberLeave:
		if forced {
			t.counters.Forced++
		} else {
			t.counters.Leaves++
		}
	case eventbus.MemberFailed:
		t.counters.Failures++
	case eventbus.MemberUpdate:
		t.counters.Updates++
	case eventbus.MemberReap:
		t.counters.Reaps++
	}
}

// insert takes up a member.
func (t *table) insert(m *Member) *record {
	id := t.roster.intern(m.Name)
	r := t.pages.edit(id)
	*r = record{member: m, id: id, fresh: true}
	t.known++
	t.added = append(t.added, id)
	t.count(m.Status, 1)
	t.said = nil
	t.generation++
	return r
}

// replace puts m, the same member, in the place of what r held, which must be t's own.
func (t *table) replace(r *record, m *Member) {
	t.count(r.member.Status, -1)
	t.count(m.Status, 1)
	if r.member.Status != m.Status {
		t.said = nil
	}
	r.member = m
	t.generation++
	if !r.dirty {
		r.dirty = true
		t.dirty = append(t.dirty, r.id)
	}
}

// setStatus replaces the member of r, which must be t's own, by one with status s.
func (t *table) setStatus(r *record, s Status) {
	m := *r.member
	m.Status = s
	t.replace(r, &m)
}

func (t *table) count(s Status, d int) {
	switch s {
	case eventbus.StatusFailed:
		t.failed += d
	case eventbus.StatusLeft:
		t.left += d
	case eventbus.StatusLeaving:
		t.leaving += d
	}
}

// erase forgets a member and tells so.
func (t *table) erase(r *record, forced bool) {
	r = t.own(r)
	m, id := r.member, r.id
	*r = record{}
	t.known--
	t.count(m.Status, -1)
	delete(t.pruneAt, id)
	t.gone = append(t.gone, m.Name)
	t.said = nil
	t.generation++
	t.emit(eventbus.MemberReap, m, forced)
}

// settle brings order up to date and returns it: the numbers of all records, sorted by name.
func (t *table) settle() []uint32 {
	if len(t.added) == 0 && len(t.gone) == 0 {
		return t.order
	}
	if t.common {
		t.order, t.common = slices.Clone(t.order), false
	}
	t.order = slices.DeleteFunc(t.order, func(id uint32) bool {
		r := t.pages.at(id)
		return r == nil || r.fresh // what was erased and came back is among those added
	})
	for _, id := range t.added {
		if r := t.pages.at(id); r != nil && r.fresh {
			t.pages.edit(id).fresh = false
			t.order = append(t.order, id)
		}
	}
	if len(t.added) > 0 {
		name := func(id uint32) string { return t.pages.at(id).member.Name }
		slices.SortFunc(t.order, func(a, b uint32) int { return cmp.Compare(name(a), name(b)) })
	}
	for _, name := range t.gone {
		t.roster.release(name)
	}
	t.clean()
	clear(t.gone)
	t.added, t.gone, t.shown = t.added[:0], t.gone[:0], nil
	return t.order
}

// clean notes that nothing has changed since the last list.
func (t *table) clean() {
	for _, id := range t.dirty {
		if t.pages.at(id) != nil {
			t.pages.edit(id).dirty = false
		}
	}
	t.dirty = t.dirty[:0]
}

// each calls yield with all records, sorted by name, to be read only.
func (t *table) each(yield func(*record) bool) {
	for _, id := range t.settle() {
		if r := t.pages.at(id); r != nil && !yield(r) { // nil: erased meanwhile
			return
		}
	}
}

// list returns all members sorted by name, as a slice that never changes.
func (t *table) list() []*Member {
	order := t.settle()
	switch {
	case t.shown == nil:
		t.shown = make([]*Member, len(order))
		for i, id := range order {
			t.shown[i] = t.pages.at(id).member
		}
	case len(t.dirty) > 0:
		t.shown = slices.Clone(t.shown)
		for _, id := range t.dirty {
			m := t.pages.at(id).member
			at, _ := slices.BinarySearchFunc(t.shown, m.Name, func(m *Member, name string) int { return cmp.Compare(m.Name, name) })
			t.shown[at] = m
		}
	}
	t.clean()
	return t.shown
}

// len returns the number of members in all statuses.
func (t *table) len() int { return t.known }

// othersAlive reports whether a member other than the local one is alive or, if leaving is set, at least not gone yet.
func (t *table) othersAlive(leaving bool) bool {
	for r := range t.each {
		s := r.member.Status
		if r.member.Name != t.local && (s == eventbus.StatusAlive || leaving && s == eventbus.StatusLeaving) {
			return true
		}
	}
	return false
}
