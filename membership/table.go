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
// Invariants, checked by check in tests: byName, order and added hold the same records apart from those that are gone;
// failed, left and present count them by status; no Lamport time in a record is later than clock; the local member is
// never gone.
type table struct {
	cfg     *Config
	local   string
	life    LifeState
	clock   lamport.Clock
	intents intents
	tags    tagCache

	byName map[string]*record
	order  []*record // sorted by name, but for gone and added ones
	added  []*record // not yet in order
	gone   int       // records in order that were erased
	failed int
	left   int

	pruning []pruning         // first to be looked at first
	pruneAt map[*record]int64 // of those with a pending prune; deferred: when it has left
	shown   []*Member         // the last list, shared with views
	dirty   []*record         // changed since then

	generation uint64
	changes    []changed // for the layer above to take
	announced  []uint64  // Lamport times of own join intents, likewise
	counters   *Counters
}

// record is what the table keeps of one member.
type record struct {
	member    *Member
	ltime     uint64 // of the last intent
	left      uint64 // of the leave, when a join intent came since and the member itself has not; else 0
	guessed   bool   // ltime is that of a leave, as a push/pull tells it: perhaps not the leave's own
	leaveTime int64  // when it failed or left, or began to leave
	pos       int32  // in order; posAdded, posGone
	dirty     bool
}

const (
	posAdded = -1
	posGone  = -2
)

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
		byName:   make(map[string]*record),
		pruneAt:  make(map[*record]int64),
		intents:  intents{byName: make(map[string]intent), max: cfg.IntentsMax},
		counters: counters,
	}
	t.clock.Increment()
	return t
}

// emit notes a member event.
func (t *table) emit(typ eventbus.EventType, r *record, forced bool) {
	t.changes = append(t.changes, changed{typ, r.member, forced})
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
	r := &record{member: m, pos: posAdded}
	t.byName[m.Name] = r
	t.added = append(t.added, r)
	t.count(m.Status, 1)
	t.generation++
	return r
}

// replace puts m, the same member, in the place of what r held.
func (t *table) replace(r *record, m *Member) {
	t.count(r.member.Status, -1)
	t.count(m.Status, 1)
	r.member = m
	t.generation++
	if !r.dirty && r.pos >= 0 {
		r.dirty = true
		t.dirty = append(t.dirty, r)
	}
}

// setStatus replaces the member of r by one with status s.
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
	}
}

// erase forgets a member and tells so.
func (t *table) erase(r *record, forced bool) {
	delete(t.byName, r.member.Name)
	t.count(r.member.Status, -1)
	delete(t.pruneAt, r)
	r.pos = posGone
	t.gone++
	t.generation++
	t.emit(eventbus.MemberReap, r, forced)
}

// settle brings order up to date and returns it: all records, sorted by name.
func (t *table) settle() []*record {
	if len(t.added) == 0 && t.gone == 0 {
		return t.order
	}
	t.order = append(t.order, t.added...)
	isGone := func(r *record) bool { return r.pos == posGone }
	t.order = slices.DeleteFunc(t.order, isGone)
	if len(t.added) > 0 {
		slices.SortFunc(t.order, func(a, b *record) int { return cmp.Compare(a.member.Name, b.member.Name) })
	}
	for i, r := range t.order {
		r.pos, r.dirty = int32(i), false
	}
	clear(t.added)
	clear(t.dirty)
	t.added, t.dirty, t.gone, t.shown = t.added[:0], t.dirty[:0], 0, nil
	return t.order
}

// list returns all members sorted by name, as a slice that never changes.
func (t *table) list() []*Member {
	order := t.settle()
	switch {
	case t.shown == nil:
		t.shown = make([]*Member, len(order))
		for i, r := range order {
			t.shown[i] = r.member
		}
	case len(t.dirty) > 0:
		t.shown = slices.Clone(t.shown)
		for _, r := range t.dirty {
			t.shown[r.pos] = r.member
		}
	}
	for _, r := range t.dirty {
		r.dirty = false
	}
	clear(t.dirty)
	t.dirty = t.dirty[:0]
	return t.shown
}

// len returns the number of members in all statuses.
func (t *table) len() int { return len(t.byName) }

// othersAlive reports whether a member other than the local one is alive or, if leaving is set, at least not gone yet.
func (t *table) othersAlive(leaving bool) bool {
	for _, r := range t.settle() {
		s := r.member.Status
		if r.member.Name != t.local && (s == eventbus.StatusAlive || leaving && s == eventbus.StatusLeaving) {
			return true
		}
	}
	return false
}
