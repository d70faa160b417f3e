package membership

import (
	"time"

	"serf/eventbus"
)

// UserEvent sends an event to all members, this one included. With coalesce, receivers may skip it for a later one of its
// name. What is sent faster than it can be gossiped waits, in order.
//
// It fails with ErrStopped, with ErrName or ErrTooLarge of package eventbus, or with its ErrQueueFull when too many wait;
// then nothing has changed.
func (c *Cluster) UserEvent(now time.Time, name string, payload []byte, coalesce bool) error {
	if c.stopped() {
		return ErrStopped
	}
	if err := c.pacer.Check(); err != nil {
		return err
	}
	m, e, err := c.users.Send(name, payload, coalesce)
	if err != nil {
		return err
	}
	if err := c.pacer.Push(m); err != nil {
		panic(err) // it was checked
	}
	c.deliver(now, e)
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

// deliver tells applications of a user event.
func (c *Cluster) deliver(now time.Time, e eventbus.Event) {
	c.tell(now) // what happened before
	c.recordLTime(RecordEventClock, e.LTime, &c.recorded.event)
	c.userCoalescer.Push(now, e)
	c.tellApplications()
}

// queuedPerNew is of how many own events in the queue one counts as under way: the others have been sent to somebody and
// only wait to be sent again, behind whatever is new.
const queuedPerNew = 3

// pace lets own events into the queue, never too many at one time. When nobody is there to hear them they need not wait:
// who joins later learns of them by push/pull.
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
	for m, ok := c.pacer.Next(underWay()); ok; m, ok = c.pacer.Next(underWay()) {
		if alone {
			c.counters.EventUnheard++
			continue
		}
		if _, err := c.push(now, queueEvent, m, true); err != nil {
			panic(err) // its length was checked
		}
		c.underWay++
	}
}
