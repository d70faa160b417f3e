package membership

import (
	"time"

	"serf/eventbus"
	"serf/membership/lamport"
)

// persistInterval is how often the membership clock is recorded while it moves without member events; the reference has
// the same.
const persistInterval = 500 * time.Millisecond

// recorded is what the snapshot knows of the clocks: the latest times seen.
type recorded struct {
	clock, event, query uint64
	at                  int64 // when the membership clock is recorded next
}

// recover takes up the clocks of an earlier life.
func (c *Cluster) recover(r *Recovered) {
	c.recorded.at = never
	if r == nil {
		return
	}
	c.table.clock = lamport.At(max(c.table.clock.Time(), r.Clock))
	c.table.clock.Witness(r.Clock)
	c.users.Restore(r.EventClock)
	c.queries.Restore(r.QueryClock)
	c.recorded.clock, c.recorded.event, c.recorded.query = r.Clock, r.EventClock, r.QueryClock
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
