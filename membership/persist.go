package membership

import (
	"fmt"
	"time"

	"serf/eventbus"
)

// persistInterval is how often the membership clock is recorded while it moves without member events; the reference has
// the same.
const persistInterval = 500 * time.Millisecond

// recorded is what the snapshot knows of the clocks: the latest times seen.
type recorded struct {
	clock, event, query uint64
	at                  int64 // when the membership clock is recorded next
}

// recover takes up the clocks of an earlier life. One that no clock reaches is told and left alone: others would refuse
// whatever this member says at such a time.
func (c *Cluster) recover(r *Recovered) {
	c.recorded.at = never
	if r == nil {
		return
	}
	for _, clock := range []struct {
		name     string
		restore  func(uint64) bool
		ltime    uint64
		recorded *uint64
	}{
		{"clock", c.table.clock.Restore, r.Clock, &c.recorded.clock},
		{"event clock", c.users.Restore, r.EventClock, &c.recorded.event},
		{"query clock", c.queries.Restore, r.QueryClock, &c.recorded.query},
	} {
		if clock.restore(clock.ltime) {
			*clock.recorded = clock.ltime
			continue
		}
		c.counters.LTimeRefused++
		c.notice(c.epoch, Notice{Kind: NoticeDropped, Err: fmt.Errorf("membership: snapshot: %s: %w (%d)", clock.name, ErrLTime, clock.ltime)})
	}
}

// recording reports whether there is a snapshot that still takes records: none follow the local member's leave.
func (c *Cluster) recording() bool { return c.cfg.SnapshotEnabled && c.table.life == LifeAlive }

// record writes r to the snapshot.
func (c *Cluster) record(r Record) {
	if c.recording() {
		c.effects = append(c.effects, Effect{Kind: EffectPersist, Record: r})
	}
}

// recordMember writes what a member event says about who is there.
func (c *Cluster) recordMember(change changed) {
	m := change.member
	switch change.typ {
	case eventbus.MemberJoin:
		c.record(Record{Kind: RecordAlive, Name: m.Name, Addr: m.Addr})
	case eventbus.MemberUpdate:
		if m.Status == eventbus.StatusAlive || m.Status == eventbus.StatusLeaving {
			c.record(Record{Kind: RecordAlive, Name: m.Name, Addr: m.Addr})
		}
	case eventbus.MemberFailed:
		c.record(Record{Kind: RecordFailed, Name: m.Name, Addr: m.Addr})
	case eventbus.MemberLeave:
		c.record(Record{Kind: RecordGone, Name: m.Name})
	case eventbus.MemberReap:
		if change.forced {
			c.record(Record{Kind: RecordGone, Name: m.Name})
		}
	}
	c.recordClock()
}

// recordClock writes the membership clock if it has moved.
func (c *Cluster) recordClock() {
	if r := ClockRecord(RecordClock, c.table.clock); c.recording() && r.LTime > c.recorded.clock {
		c.recorded.clock = r.LTime
		c.record(r)
	}
}

// recordLTime writes the time of a user event or query if it is later than last, before applications hear of it: after a
// restart they do not hear of it again.
func (c *Cluster) recordLTime(kind RecordKind, ltime uint64, last *uint64) {
	if ltime > *last && c.recording() {
		*last = ltime
		c.record(Record{Kind: kind, LTime: ltime})
	}
}

// armRecord has the clock recorded soon if it has moved.
func (c *Cluster) armRecord(at int64) {
	switch {
	case !c.recording() || max(c.table.clock.Time(), 1)-1 <= c.recorded.clock:
		c.recorded.at = never
	case c.recorded.at == never:
		c.recorded.at = at + int64(persistInterval)
	}
}
