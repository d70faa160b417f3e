package membership

import (
	"errors"
	"time"

	"serf/broadcast"
)

// leaveStep is how far our own leave is.
type leaveStep uint8

const (
	leaveNot          leaveStep = iota
	leaveIntentQueued           // until the intent was gossiped
	leaveGossiping              // until the failure detector has told that we are gone
	leavePropagating            // a while longer, so that others can pass it on
)

// leaving is our own leave.
type leaving struct {
	step  leaveStep
	token Token
	id    broadcast.ID
	at    int64 // when the step ends, at the latest
	err   error // what became of the intent
	until int64 // own user events may be sent, at the latest
}

// drainCheck is how often a leaving member looks whether its user events are all on their way.
const drainCheck = 100 * time.Millisecond

// Errors in a NoticeLeaveTimeout.
var (
	errIntentTimeout = errors.New("leave intent not gossiped in time")
	errLeaveTimeout  = errors.New("departure not gossiped in time")
)

// Leave tells the others that this member leaves, so that they do not take it for failed. Done comes when that was
// gossiped, or when it took too long; the member stays reachable until the driver stops it. User events that wait for their
// turn are sent before, as many as the broadcast timeout allows. After the member has left it is done at once.
//
// It fails with ErrLeaving while a Leave is under way and with ErrShutdown; nothing has changed then.
func (c *Cluster) Leave(now time.Time, token Token) error {
	switch c.table.life {
	case LifeLeaving:
		return ErrLeaving
	case LifeShutdown:
		return ErrShutdown
	case LifeLeft:
		c.done(Done{Token: token})
		return nil
	}
	c.record(Record{Kind: RecordLeave})
	c.setLife(LifeLeaving)
	m := leaveIntent{LTime: c.table.clock.Time(), Node: c.table.local}
	c.table.clock.Increment()
	c.table.leaveIntent(c.at(now), m.LTime, m.Node, false) // cannot fail: the clock believes its own time
	c.leave = leaving{step: leaveIntentQueued, token: token, at: c.at(now), until: c.at(now) + int64(c.cfg.BroadcastTimeout)}
	if c.table.othersAlive(false) {
		id, err := c.push(now, queueIntent, appendLeave(nil, m), true)
		c.leave.id, c.leave.err = id, err
		if err == nil {
			c.leave.at += int64(c.cfg.BroadcastTimeout)
			c.leave.err = errIntentTimeout
		}
	}
	c.settle(now)
	return nil
}

// fireLeave ends the current step of our leave and begins the next.
func (c *Cluster) fireLeave(now time.Time) {
	at := c.at(now)
	switch c.leave.step {
	case leaveIntentQueued:
		if c.pacer.Len() > 0 && at < c.leave.until {
			c.leave.at = min(c.leave.until, at+int64(drainCheck))
			return
		}
		if c.leave.err != nil {
			c.notice(now, Notice{Kind: NoticeLeaveTimeout, Err: c.leave.err})
		}
		c.leave.step, c.leave.at = leaveGossiping, at+int64(c.cfg.BroadcastTimeout)
		if err := c.node.Leave(now); err != nil {
			c.notice(now, Notice{Kind: NoticeLeaveTimeout, Err: err})
			c.leave.at = at
		}
		c.drain(now)
	case leaveGossiping:
		c.notice(now, Notice{Kind: NoticeLeaveTimeout, Err: errLeaveTimeout})
		c.propagate(now)
	case leavePropagating:
		c.leave.step, c.leave.at = leaveNot, never
		c.setLife(LifeLeft)
		c.done(Done{Token: c.leave.token})
	}
}

// onLeft hears that the failure detector's part of our leave is done.
func (c *Cluster) onLeft(now time.Time) {
	if c.leave.step == leaveGossiping {
		c.propagate(now)
	}
}

func (c *Cluster) propagate(now time.Time) {
	c.leave.step, c.leave.at = leavePropagating, c.at(now)+int64(c.cfg.LeavePropagateDelay)
}
