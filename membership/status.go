package membership

import (
	"time"

	"serf/eventbus"
	"serf/membership/lamport"
	"serf/swim"
)

// The failure detector says who is there, intents say who means to be. What a member's departure is called depends only
// on intents:
//
//	              leave intent          join intent   departs        returns
//	alive      -> leaving               alive         failed         alive
//	leaving    -> leaving               alive         left           alive
//	failed     -> left                  failed        failed         alive
//	left       -> left                  left          left           alive
//
// An intent counts only when its Lamport time is later than that of the last one about the member.

// onJoin takes in that the failure detector found a member alive.
func (t *table) onJoin(now int64, info *swim.Info) error {
	r := t.find(info.Name)
	if r == nil {
		return t.onNewcomer(now, info)
	}
	old := r.member.Status
	if old == eventbus.StatusFailed && now-r.leaveTime < int64(t.cfg.FlapTimeout) {
		t.counters.Flaps++
	}
	t.cancelPrune(r)
	r = t.own(r)
	r.leaveTime, r.left = 0, 0
	t.replace(r, t.member(info, eventbus.StatusAlive))
	t.emit(eventbus.MemberJoin, r.member, false)
	return nil
}

// onNewcomer takes up a member with what was said about it before. In a full table another makes room; when none can,
// it fails with ErrMembersFull.
func (t *table) onNewcomer(now int64, info *swim.Info) error {
	if t.len() >= t.cfg.MembersMax && !t.evict() {
		t.counters.MembersFull++
		return ErrMembersFull
	}
	m := t.member(info, eventbus.StatusAlive)
	i, known := t.intents.take(info.Name)
	if known {
		t.counters.IntentUsed++
		if i.leave {
			m.Status = eventbus.StatusLeaving
		}
	}
	r := t.insert(m)
	t.stamp(r, i.ltime, i.guessed)
	t.emit(eventbus.MemberJoin, r.member, false)
	return nil
}

// onLeave takes in that the failure detector lost a member, or that it said goodbye there.
func (t *table) onLeave(now int64, name string) {
	r := t.find(name)
	if r == nil {
		t.counters.LeaveUnknown++
		return
	}
	switch r = t.own(r); r.member.Status {
	case eventbus.StatusLeaving:
		r.leaveTime = now
		t.setStatus(r, eventbus.StatusLeft)
		t.emit(eventbus.MemberLeave, r.member, false)
		if t.pruneAt[r.id] == deferred {
			t.erase(r, true)
		}
	case eventbus.StatusAlive:
		r.leaveTime = now
		t.setStatus(r, eventbus.StatusFailed)
		t.emit(eventbus.MemberFailed, r.member, false)
	default:
		t.counters.LeaveNotAlive++
	}
}

// onUpdate takes in new tags or a new address. The status stays, whatever it is.
func (t *table) onUpdate(info *swim.Info) {
	r := t.find(info.Name)
	if r == nil {
		t.counters.UpdateUnknown++
		return
	}
	r = t.own(r)
	t.replace(r, t.member(info, r.member.Status))
	t.emit(eventbus.MemberUpdate, r.member, false)
}

// member returns info as a Member.
func (t *table) member(info *swim.Info, s Status) *Member {
	tags, err := t.tags.decode(info.Meta)
	if err != nil {
		t.counters.TagsMalformed++
	}
	return &Member{
		Name:     info.Name,
		Addr:     unmapped(info.Addr),
		Tags:     tags,
		Status:   s,
		Versions: eventbus.Versions(info.Versions),
	}
}

// leaveIntent takes in that name leaves. relay says whether others have to be told. It fails with ErrLTime or
// ErrIntentsFull, and then nothing has changed.
func (t *table) leaveIntent(now int64, ltime uint64, name string, prune bool) (relay bool, err error) {
	return t.leaveAt(now, intent{leave: true, ltime: ltime, at: now}, name, prune)
}

func (t *table) leaveAt(now int64, i intent, name string, prune bool) (relay bool, err error) {
	ltime := i.ltime
	if !t.clock.Witness(ltime) {
		t.counters.LTimeRefused++
		return false, ErrLTime
	}
	r := t.find(name)
	if r == nil {
		return t.remember(name, i)
	}
	if name == t.local && t.life == LifeAlive && ltime >= r.ltime {
		// Of two intents with one time each member keeps the one it heard first: an equal time has to be denied too.
		t.counters.Refutes++
		t.announce(now)
		return false, nil
	}
	if ltime <= r.ltime {
		t.counters.LeaveStale++
		return false, nil
	}
	r = t.own(r)
	t.stamp(r, ltime, i.guessed)
	r.left = 0
	t.depart(now, r, prune)
	return true, nil
}

// depart applies a leave intent that is news to r, which must be t's own.
func (t *table) depart(now int64, r *record, prune bool) {
	switch r.member.Status {
	case eventbus.StatusAlive:
		r.leaveTime = now
		t.setStatus(r, eventbus.StatusLeaving)
	case eventbus.StatusFailed:
		t.setStatus(r, eventbus.StatusLeft)
		t.emit(eventbus.MemberLeave, r.member, true)
	}
	if prune {
		t.prune(now, r)
	}
}

// joinIntent takes in that name means to stay; like leaveIntent. It never brings back a failed or left member: only the
// failure detector does.
func (t *table) joinIntent(now int64, ltime uint64, name string) (relay bool, err error) {
	if !t.clock.Witness(ltime) {
		t.counters.LTimeRefused++
		return false, ErrLTime
	}
	r := t.find(name)
	if r == nil {
		return t.remember(name, intent{ltime: ltime, at: now})
	}
	if !news(ltime, r.ltime, r.guessed) {
		t.counters.JoinStale++
		return false, nil
	}
	r = t.own(r)
	if r.member.Status == eventbus.StatusLeft && r.left == 0 {
		r.left = min(r.ltime, ltime-1)
	}
	t.stamp(r, ltime, false)
	t.cancelPrune(r)
	if r.member.Status == eventbus.StatusLeaving {
		t.setStatus(r, eventbus.StatusAlive)
	}
	return true, nil
}

// remember keeps an intent of a member not yet known.
func (t *table) remember(name string, i intent) (relay bool, err error) {
	stored, err := t.intents.put(name, i)
	switch {
	case err != nil:
		t.counters.IntentFull++
	case stored:
		t.counters.IntentStored++
	default:
		t.counters.IntentStale++
	}
	return stored, err
}

// reassert takes in that a peer knows an intent about the local member that is later than any known here. It may be a
// leave that never got here, and would stand for ever: so it is answered.
func (t *table) reassert(now int64, ltime uint64) error {
	if _, err := t.joinIntent(now, ltime, t.local); err != nil {
		return err
	}
	t.counters.Reasserts++
	t.announce(now)
	return nil
}

// announce says that the local member means to stay, later than everything it has heard.
func (t *table) announce(now int64) {
	ltime := t.clock.Time()
	t.joinIntent(now, ltime, t.local) // cannot fail: the clock believes its own time, and the local member is known
	t.announced = append(t.announced, ltime)
}

// news reports whether an intent of time ltime counts after one of the time last. A join does, too, when both are the same and
// the last one is a leave whose time was guessed: the member's next life may well begin with that time, and its leave really
// was before.
func news(ltime, last uint64, guessed bool) bool { return ltime > last || guessed && ltime == last }

// mergeLeft takes in that a peer counts name among those that left, with the Lamport time it has. A later one is needed
// for the same to happen here, so it is guessed. Where it has happened already, the peer's own time is taken over as it is: counting one
// up on each exchange would let the two drive each other's clocks for as long as they remember the member. It, too, may be that
// of the join with which the member's next life began: to a peer that has heard of the join and not yet of the life, the member
// is still one that left.
func (t *table) mergeLeft(now int64, ltime uint64, name string) error {
	r := t.find(name)
	if r == nil || r.member.Status != eventbus.StatusLeft && r.member.Status != eventbus.StatusLeaving {
		_, err := t.leaveAt(now, intent{leave: true, guessed: true, ltime: later(ltime), at: now}, name, false)
		return err
	}
	if ltime <= r.ltime {
		t.counters.LeftRepeated++
		return nil
	}
	if !t.clock.Witness(ltime) {
		t.counters.LTimeRefused++
		return ErrLTime
	}
	r = t.own(r)
	t.stamp(r, ltime, true)
	r.left = 0
	return nil
}

// later returns the Lamport time after ltime; there is none after the last.
func later(ltime uint64) uint64 {
	clock := lamport.At(ltime)
	return clock.Increment()
}

// evict forgets the member that failed or left first, and says whether there was one.
func (t *table) evict() bool {
	var oldest *record
	for r := range t.each {
		if t.departed(r) && (oldest == nil || r.leaveTime < oldest.leaveTime) {
			oldest = r
		}
	}
	if oldest == nil {
		return false
	}
	t.counters.MembersEvicted++
	t.erase(oldest, false)
	return true
}

// departed reports whether r failed or left and may be forgotten; the local member may not.
func (t *table) departed(r *record) bool {
	s := r.member.Status
	return (s == eventbus.StatusFailed || s == eventbus.StatusLeft) && r.member.Name != t.local
}

// forgettable reports whether reap would ever find something.
func (t *table) forgettable() bool { return t.failed+t.left+len(t.intents.byName) > 0 }

// reap forgets members that failed or left too long ago, and intents of members that never came.
func (t *table) reap(now int64) {
	t.reapStatus(now, eventbus.StatusFailed, t.cfg.ReconnectTimeout)
	t.reapStatus(now, eventbus.StatusLeft, t.cfg.TombstoneTimeout)
	expired := t.intents.expire(now - int64(t.cfg.RecentIntentTimeout))
	t.counters.IntentExpired += uint64(expired)
}

func (t *table) reapStatus(now int64, s Status, timeout time.Duration) {
	for r := range t.each {
		if r.member.Status == s && t.departed(r) && now-r.leaveTime > int64(timeout) {
			t.erase(r, false)
		}
	}
}
