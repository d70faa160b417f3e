package membership

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"serf/broadcast"
)

// wait is a command that ends when its broadcast has left a queue, or at the deadline.
type wait struct {
	token   Token
	id      broadcast.ID // in the intent queue; 0: the metadata of the failure detector
	at      int64
	timeout error // what Done says at the deadline
}

// ForceLeave makes a member that failed count as having left, here and everywhere. A member that is alive denies it.
// With prune it is also forgotten. Done comes when that was gossiped; its Err is ErrForceLeaveTimeout when that took too
// long. The member need not be known here.
//
// It fails with ErrStopped, ErrBusy, or when node is too long a name to be gossiped; nothing has changed then.
func (c *Cluster) ForceLeave(now time.Time, token Token, node string, prune bool) error {
	if c.stopped() {
		return ErrStopped
	}
	if c.busy() {
		return ErrBusy
	}
	// A newcomer takes our clock's time for its join intent. One more, lest that join, not heard of yet, ties with the
	// leave.
	m := leaveIntent{LTime: later(c.table.clock.Time()), Node: node, Prune: prune}
	if err := c.checkLength(appendLeave(nil, m)); err != nil {
		return err
	}
	// Who is there counts before the intent is applied: in a cluster of two the other one has to hear it to deny it.
	others := c.table.othersAlive(true)
	c.find(node)
	c.table.leaveIntent(c.at(now), m.LTime, m.Node, m.Prune) // cannot fail but for want of room for an unknown name
	c.tell(now)
	if !others {
		c.done(Done{Token: token})
		c.settle(now)
		return nil
	}
	id, err := c.push(now, queueIntent, appendLeave(nil, m), true)
	if err != nil {
		panic(err) // its length was checked
	}
	c.waits = append(c.waits, wait{token, id, c.at(now) + int64(c.cfg.BroadcastTimeout), ErrForceLeaveTimeout})
	c.settle(now)
	return nil
}

// SetTags replaces the local member's tags, here and everywhere. Done comes when that was gossiped; its Err is
// ErrUpdateTimeout when that took too long. Equal tags are done at once and tell nobody anything.
//
// It fails with ErrStopped, ErrBusy, ErrTagsTooLong, or when the member has left; nothing has changed then.
func (c *Cluster) SetTags(now time.Time, token Token, tags map[string]string) error {
	if c.stopped() {
		return ErrStopped
	}
	if c.busy() {
		return ErrBusy
	}
	meta := AppendTags(nil, c.cfg.ProtocolVersion, tags)
	if len(meta) > TagsBytesMax {
		return ErrTagsTooLong
	}
	if len(tags) == 0 && len(c.tags) == 0 || bytes.Equal(meta, c.meta) {
		c.tags = copyTags(tags)
		c.done(Done{Token: token})
		return nil
	}
	if err := c.node.SetMeta(now, meta); err != nil {
		return err
	}
	c.tags, c.meta = copyTags(tags), meta
	c.waits = append(c.waits, wait{token, 0, c.at(now) + int64(c.cfg.BroadcastTimeout), ErrUpdateTimeout})
	c.drain(now)
	c.settle(now)
	return nil
}

// Shutdown ends the machine: pending commands end with ErrStopped, held back events are told, and later inputs do
// nothing. Others will take the member for failed unless it has left. A second call does nothing.
func (c *Cluster) Shutdown(now time.Time) {
	if c.stopped() {
		return
	}
	for _, j := range c.joins {
		c.done(Done{Token: j.token, Joined: j.joined, Err: ErrStopped})
	}
	for _, w := range c.waits {
		c.done(Done{Token: w.token, Err: ErrStopped})
	}
	if c.leave.step != leaveNot {
		c.done(Done{Token: c.leave.token, Err: ErrStopped})
	}
	c.joins, c.dials, c.waits, c.leave = nil, nil, nil, leaving{at: never}
	c.endQueries(now)
	c.order.Advance(c.users.Time())
	c.tellOrdered(now)
	c.coalescer.Flush()
	c.userCoalescer.Flush()
	c.tellApplications()
	c.recordClock() // what has moved it since the last tick
	c.setLife(LifeShutdown)
}

// onMetaSent ends the commands that wait for the metadata; the last ones include the earlier.
func (c *Cluster) onMetaSent() { c.finishWait(0, nil) }

// finishWait ends the commands that wait for id.
func (c *Cluster) finishWait(id broadcast.ID, err error) {
	c.waits = slices.DeleteFunc(c.waits, func(w wait) bool {
		if w.id == id {
			c.done(Done{Token: w.token, Err: err})
		}
		return w.id == id
	})
}

// nextWait returns the first deadline of a waiting command.
func (c *Cluster) nextWait() int64 {
	if len(c.waits) == 0 {
		return never
	}
	return c.waits[0].at // all wait equally long
}

// fireWaits ends the commands that waited too long.
func (c *Cluster) fireWaits(at int64) {
	for len(c.waits) > 0 && c.waits[0].at <= at {
		c.done(Done{Token: c.waits[0].token, Err: c.waits[0].timeout})
		c.waits = slices.Delete(c.waits, 0, 1)
	}
}

func (c *Cluster) busy() bool { return len(c.waits)+len(c.joins)+len(c.asked) >= c.cfg.CommandsMax }

// copyTags returns a copy of tags; nil stays nil, for it is written differently.
func copyTags(tags map[string]string) map[string]string { return maps.Clone(tags) }
