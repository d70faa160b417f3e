package membership

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"serf/broadcast"
	"serf/swim"
)

// withUserPart returns a copy of s with Serf's part of a push/pull in it; nil stays nil.
func (c *Cluster) withUserPart(now time.Time, s *swim.State) *swim.State {
	if s == nil {
		return nil
	}
	with := *s
	if c.userPart == nil {
		c.userPart = c.appendUserPart(now, nil)
	}
	with.User = c.userPart
	return &with
}

// appendUserPart appends Serf's part of a push/pull as things stand.
func (c *Cluster) appendUserPart(now time.Time, dst []byte) []byte {
	fresh := c.at(now) - 2*int64(c.cfg.BroadcastTimeout+c.cfg.LeavePropagateDelay)
	said := c.table.say(fresh)
	s := pushPull{
		LTime:       c.table.clock.Time(),
		Said:        said.encoded,
		LeftMembers: said.left,
		EventLTime:  c.users.Time(),
		Replay:      c.users.AppendReplay(c.replay[:0]),
		QueryLTime:  c.queries.Time(),
	}
	c.replay = s.Replay
	if dst == nil {
		size := 128 + len(s.Replay) + len(said.encoded)
		for _, name := range said.left {
			size += len(name) + 3
		}
		dst = make([]byte, 0, size)
	}
	return appendPushPull(dst, &s)
}

// told returns the Lamport time that a push/pull tells of r. Of a member that left it is that of the leave, even when a join
// has come since: with the join's time, others would take the leave for the later of the two.
func (r *record) told() uint64 {
	if r.left > 0 {
		return r.left
	}
	return r.ltime
}

// merge takes in Serf's part of a push/pull. What cannot be read is told and ignored. Nothing learned here is gossiped
// on, save our denial of having left.
func (c *Cluster) merge(now time.Time, b []byte, ignoreOld bool) {
	if len(b) == 0 {
		c.counters.StateEmpty++
		return
	}
	s, err := decodePushPull(b, c.table.saidOf())
	if err != nil {
		c.counters.StateMalformed++
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
		return
	}
	if err := c.mergeClocks(s); err != nil {
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
	}
	if err := c.table.merge(c.at(now), s); err != nil {
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
	}
	if len(c.heal.lost) > 0 {
		for _, name := range s.LeftMembers {
			c.find(name)
		}
	}
	c.tell(now)
	c.mergeEvents(now, s, ignoreOld)
	c.release(now)
}

// mergeClocks takes in the sender's clocks. One too far ahead is left alone, with ErrLTime.
func (c *Cluster) mergeClocks(s *pushPull) error {
	believed := true
	if s.LTime > 0 {
		believed = c.table.clock.Witness(s.LTime-1) && believed
	}
	believed = c.users.WitnessPeer(s.EventLTime) && believed
	believed = c.queries.WitnessPeer(s.QueryLTime) && believed
	if !believed {
		c.counters.LTimeRefused++
		return fmt.Errorf("membership: push/pull: %w", ErrLTime)
	}
	return nil
}

// merge takes in what a peer knows of the members: first those that left, then all others as join intents. It returns
// the last reason why a member was not taken in.
func (t *table) merge(now int64, s *pushPull) (last error) {
	if s.Same && slices.Equal(s.LeftMembers, t.said.left) {
		t.counters.LeftRepeated += uint64(len(t.said.left))
		t.counters.JoinStale += uint64(t.said.len - len(t.said.left))
		return nil
	}
	if s.Same {
		s.StatusLTimes = t.statusLTimes()
	}
	left := make(map[string]uint64, len(s.LeftMembers))
	for _, name := range s.LeftMembers {
		left[name] = 0
	}
	for _, m := range s.StatusLTimes {
		if _, is := left[m.Name]; is {
			left[m.Name] = m.LTime
		}
	}
	for _, name := range s.LeftMembers {
		if err := t.mergeLeft(now, left[name], name); err != nil {
			last = fmt.Errorf("membership: push/pull: %w", err)
		}
	}
	for _, m := range s.StatusLTimes {
		if _, is := left[m.Name]; is {
			continue
		}
		var err error
		if m.Name == t.local && t.life == LifeAlive && m.LTime > t.find(t.local).ltime {
			err = t.reassert(now, m.LTime)
		} else {
			_, err = t.joinIntent(now, m.LTime, m.Name)
		}
		if err != nil {
			last = fmt.Errorf("membership: push/pull: %w", err)
		}
	}
	return last
}

// mergeEvents takes in the sender's user events, the oldest first.
func (c *Cluster) mergeEvents(now time.Time, s *pushPull, ignoreOld bool) {
	if ignoreOld {
		c.users.IgnoreBefore(s.EventLTime)
	}
	slots := slices.DeleteFunc(s.Events, func(slot *eventSlot) bool { return slot == nil })
	slices.SortStableFunc(slots, func(a, b *eventSlot) int { return cmp.Compare(a.LTime, b.LTime) })
	told := s.EventLTime // all before it has come now
	for _, slot := range slots {
		told = max(told, slot.LTime)
		for i := range slot.Events {
			c.mergeEvent(now, slot.LTime, &slot.Events[i])
		}
	}
	c.order.Advance(min(told, c.users.Time()))
	c.tellOrdered(now)
}

func (c *Cluster) mergeEvent(now time.Time, ltime uint64, m *slotEvent) {
	e, news, err := c.users.Merge(ltime, m.Name, m.Payload, m.Coalesce)
	switch {
	case err != nil:
		c.counters.StateEventFailed++
	case news:
		c.counters.StateEventNews++
		c.deliver(now, e)
	}
}

// checkLength fails when the Serf message m cannot be gossiped.
func (c *Cluster) checkLength(m []byte) error {
	if n := 1 + len(m); n > c.messageMax {
		return fmt.Errorf("membership: %w (%d > %d bytes)", broadcast.ErrTooLarge, n, c.messageMax)
	}
	return nil
}
