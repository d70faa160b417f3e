package membership

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"serf/membership/lamport"
)

// Limits of what a snapshot remembers.
const (
	// SnapshotBytesMin is below which size a file is not compacted; the reference has the same.
	SnapshotBytesMin = 128 << 10
	// snapshotMembersMax bounds the names remembered from a file; it is how many names a push/pull may hold.
	snapshotMembersMax = 1 << 20
	// snapshotFailedMax bounds the failed members remembered. Beyond it the sixteenth that failed first is forgotten.
	snapshotFailedMax = 16 << 10
	// snapshotNameBytesMax is the longest name recorded; names on the wire are shorter.
	snapshotNameBytesMax = 1024
	// snapshotDeadMin is how many forgotten members are kept before the room they take is reclaimed. A member that comes
	// and goes then costs no allocation.
	snapshotDeadMin = 1024
	// snapshotLineCost is what the reference reckons for each member when it decides on a compaction.
	snapshotLineCost = 2 * 128
)

// RecordKind says what a Record is about.
type RecordKind uint8

const (
	// RecordAlive: the member Name is there, at Addr.
	RecordAlive RecordKind = iota + 1
	// RecordFailed: the member Name failed. It stays a candidate for a rejoin.
	RecordFailed
	// RecordGone: the member Name left, or an operator had it forgotten. A failed member that is merely reaped needs no
	// record: it may come back after any time.
	RecordGone
	// RecordClock, RecordEventClock and RecordQueryClock: LTime is the latest time seen on that clock.
	RecordClock
	RecordEventClock
	RecordQueryClock
	// RecordLeave: the local member leaves. Further records of members are not kept.
	RecordLeave
)

// Record is one fact for the snapshot.
type Record struct {
	Kind  RecordKind
	Name  string
	Addr  netip.AddrPort
	LTime uint64
}

// ClockRecord returns the record of a clock: the time before that of its next message. A clock at 0 yields 0, which no
// snapshot writes, and never wraps.
func ClockRecord(kind RecordKind, c lamport.Clock) Record {
	return Record{Kind: kind, LTime: max(c.Time(), 1) - 1}
}

// Recovered is what a snapshot says about the time before a restart.
type Recovered struct {
	// Alive are the members last seen alive, by name. The local member is among them. A name may be empty: then only the
	// address is known.
	Alive []Target
	// Failed are members that failed and did not come back, the latest first.
	Failed []Target
	// Clock, EventClock and QueryClock are the latest times seen.
	Clock, EventClock, QueryClock uint64
	// Left says that the last thing recorded of the former life was its leave.
	Left bool
}

// Snapshot is the state that a snapshot file describes. The lines that AppendRecord returns, written one after the other,
// replay to the same state. It is not safe for concurrent use.
//
// Invariants: alive, failed and dead count the members in their state; index leads to each member; a name is never longer
// than snapshotNameBytesMax; an address text is valid.
type Snapshot struct {
	rejoin bool
	left   bool // a leave was the last thing recorded
	ended  bool // this life has left

	index               map[string]int32
	hints               *[1 << 16]int32 // where a name may be, by hintOf; nil unless a file is being read
	members             []snapshotMember
	alive, failed, dead int
	failures            uint64 // counted to order failed members
	mark                uint32 // counted by leaves and whole states, to know what was said since
	begun               uint32 // mark of the whole state that is being read; 0: none

	clock, event, query uint64
}

// snapshotMember is a member that is alive, or failed, or both between the two lines that tell of a failure. One that is
// neither is forgotten, and only its room is kept for a while.
type snapshotMember struct {
	name, addr string
	failure    uint64 // order of its failure; 0: did not fail
	mark       uint32 // of Snapshot when it was last said to be there
	alive      bool
}

// NewSnapshot returns the state of an empty file. With rejoin, a leave forgets nothing.
func NewSnapshot(rejoin bool) *Snapshot {
	return &Snapshot{rejoin: rejoin, index: make(map[string]int32), mark: 1}
}

// AppendRecord takes r into the state and appends the lines that say so to dst: none when r says nothing new or cannot be
// recorded. Names that would break a line go into comments, which the reference skips.
func (s *Snapshot) AppendRecord(dst []byte, r Record) []byte {
	switch r.Kind {
	case RecordAlive:
		return s.recordAlive(dst, r)
	case RecordFailed:
		return s.recordFailed(dst, r)
	case RecordGone:
		return s.recordGone(dst, r.Name)
	case RecordClock:
		return s.recordClock(dst, &s.clock, clockPrefix, r.LTime)
	case RecordEventClock:
		return s.recordClock(dst, &s.event, eventClockPrefix, r.LTime)
	case RecordQueryClock:
		return s.recordClock(dst, &s.query, queryClockPrefix, r.LTime)
	case RecordLeave:
		return s.recordLeave(dst)
	}
	return dst
}

// CompactAbove returns the size from which on a file is compacted that must not be compacted below minimum.
func (s *Snapshot) CompactAbove(minimum int64) int64 {
	return max(minimum, snapshotLineCost*int64(s.alive+s.failed))
}

// Len returns how many members are remembered, alive and failed.
func (s *Snapshot) Len() int { return len(s.members) - s.dead }

func (s *Snapshot) recordAlive(dst []byte, r Record) []byte {
	addr, ok := addrText(r.Addr)
	if !ok || s.ended || len(r.Name) > snapshotNameBytesMax {
		return dst
	}
	if m := s.find(r.Name); m != nil && m.alive && m.failure == 0 && m.mark == s.mark && m.addr == addr {
		return dst // said already
	}
	if s.setAlive([]byte(r.Name), []byte(addr)) != "" {
		return dst
	}
	return appendAlive(dst, r.Name, addr)
}

// recordFailed says first who failed and then that it is not alive: whatever a crash leaves, it remains a candidate.
func (s *Snapshot) recordFailed(dst []byte, r Record) []byte {
	m := s.find(r.Name)
	addr, ok := addrText(r.Addr)
	if !ok && m != nil {
		addr, ok = m.addr, true
	}
	if !ok || s.ended || len(r.Name) > snapshotNameBytesMax {
		return dst
	}
	if m != nil && !m.alive && m.addr == addr {
		return dst
	}
	alive := m != nil && m.alive
	if s.setFailed([]byte(r.Name), []byte(addr)) != "" {
		return dst
	}
	dst = appendFailed(dst, r.Name, addr)
	if alive {
		s.setNotAlive([]byte(r.Name))
		dst = appendNotAlive(dst, r.Name)
	}
	return dst
}

// recordGone forgets a member. One that is alive and failed takes two lines.
func (s *Snapshot) recordGone(dst []byte, name string) []byte {
	for !s.ended && s.find(name) != nil {
		s.setNotAlive([]byte(name))
		dst = appendNotAlive(dst, name)
	}
	return dst
}

// recordClock notes a later time. After a leave that forgets, a time must not outlast it.
func (s *Snapshot) recordClock(dst []byte, clock *uint64, prefix string, t uint64) []byte {
	if t <= *clock || s.ended && !s.rejoin {
		return dst
	}
	*clock = t
	return appendClock(dst, prefix, t)
}

func (s *Snapshot) recordLeave(dst []byte) []byte {
	if s.ended {
		return dst
	}
	s.setLeave()
	s.ended = true
	return append(dst, leaveLine+"\n"...)
}

// Recovered returns what the state says to a member that starts again.
func (s *Snapshot) Recovered() Recovered {
	r := Recovered{Clock: s.clock, EventClock: s.event, QueryClock: s.query, Left: s.left}
	var failed []*snapshotMember
	for i := range s.members {
		switch m := &s.members[i]; {
		case m.alive:
			r.Alive = append(r.Alive, m.target())
		case m.failure != 0:
			failed = append(failed, m)
		}
	}
	slices.SortFunc(r.Alive, func(a, b Target) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(failed, func(a, b *snapshotMember) int { return cmp.Compare(b.failure, a.failure) })
	for _, m := range failed {
		r.Failed = append(r.Failed, m.target())
	}
	return r
}

func (m *snapshotMember) target() Target {
	return Target{Name: m.name, Addr: netip.MustParseAddrPort(m.addr)}
}
