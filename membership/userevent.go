package membership

import (
	"time"

	"serf/eventbus"
)

// UserEvent sends an event to all members, this one included. With coalesce, receivers may skip it for a later one of its
// name. What is sent faster than it can be gossiped waits, in order, and is told here too when its turn comes.
//
// It fails with ErrStopped, with ErrName or ErrTooLarge of package eventbus, or with its ErrQueueFull when too many wait;
// then nothing has changed.
func (c *Cluster) UserEvent(now time.Time, name string, payload []byte, coalesce bool) error {
	if c.stopped() {
		return ErrStopped
	}
	d := eventbus.Draft{Name: name, Payload: payload, Coalesce: coalesce}
	if err := c.users.Check(d); err != nil {
		return err
	}
	if err := c.pacer.Push(d); err != nil {
		c.counters.EventRefused++
		return err
	}
	c.settle(now)
	return nil
}

// onUserMessage takes in a user event that came by gossip.
func (c *Cluster) onUserMessage(now time.Time, b []byte) error {
	e, news, err := c.users.Receive(b)
	if err != nil || !news {
		return err
	}
	c.gossip(now, queueEvent, b)
	c.deliver(now, e)
	return nil
}

// deliver tells applications of a user event, when its turn has come.
func (c *Cluster) deliver(now time.Time, e eventbus.Event) {
	c.order.Push(now, e)
	c.tellOrdered(now)
}

// tellOrdered tells applications of the user events whose turn has come. Only then are they recorded as heard.
func (c *Cluster) tellOrdered(now time.Time) {
	for e, ok := c.order.Next(); ok; e, ok = c.order.Next() {
		c.tell(now) // what happened before
		c.recordLTime(RecordEventClock, e.LTime, &c.recorded.event)
		c.userCoalescer.Push(now, e)
		c.tellApplications()
	}
}

// queuedPerNew is of how many own events in the queue one counts as under way: the others have been sent to somebody and
// only wait to be sent again, behind whatever is new.
const queuedPerNew = 3

// pace sends own events, never too many at one time. When nobody is there to hear them they need not wait: who joins later
// learns of them by push/pull.
func (c *Cluster) pace(now time.Time) {
	if c.pacer.Len() == 0 {
		return
	}
	alone := !c.table.othersAlive(true)
	underWay := func() int {
		if alone {
			return 0
		}
		return c.underWay / queuedPerNew
	}
	for d, ok := c.pacer.Next(underWay()); ok; d, ok = c.pacer.Next(underWay()) {
		c.sendEvent(now, d, alone)
	}
}

// sendEvent gives an own event its time, queues it unless nobody would hear it, and tells the applications here.
func (c *Cluster) sendEvent(now time.Time, d eventbus.Draft, alone bool) {
	m, e, err := c.users.Send(d)
	switch {
	case err != nil: // somebody drove the clock to its end
		c.counters.EventLost++
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
		return
	case alone:
		c.counters.EventUnheard++
	default:
		if _, err := c.push(now, queueEvent, m, true); err != nil {
			panic(err) // its length was checked
		}
		c.underWay++
	}
	c.deliver(now, e)
}
