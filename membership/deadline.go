package membership

import "time"

// HandleDeadline does what is due at now. It may be called at any time; what is not due stays armed.
//
// Own timers come first: they may be inputs to the failure detector, and each of those invalidates the bytes of what it
// said before. For the same reason news in the queue wait for a call of their own: every other input may have left
// packets that the driver has not taken yet.
func (c *Cluster) HandleDeadline(now time.Time) {
	if c.stopped() {
		return
	}
	at := c.at(now)
	if c.due <= at {
		c.stirred = true
		c.fireOwn(now, at)
	}
	if due, _ := c.node.NextDeadline(); c.wakeAt <= at || !due.IsZero() && !due.After(now) {
		c.wakeAt = never
		c.flushSends(now)
		c.node.HandleDeadline(now) // which also looks for news in the queue
		c.drain(now)
	}
	c.rest(now)
}

// fireOwn does what is due of the timers that are not the failure detector's.
func (c *Cluster) fireOwn(now time.Time, at int64) {
	c.coalescer.HandleDeadline(now)
	c.userCoalescer.HandleDeadline(now)
	c.queries.HandleDeadline(now)
	if c.reapAt <= at {
		c.reapAt = never
		c.table.reap(at)
	}
	if c.table.nextPrune() <= at {
		c.table.firePrunes(at, c.present)
	}
	if c.nextRelease() <= at {
		c.release(now)
	}
	c.order.HandleDeadline(now)
	c.tellOrdered(now)
	if c.nextWait() <= at {
		c.fireWaits(at)
	}
	if c.joinAt <= at {
		c.fireJoin(now)
	}
	if c.recorded.at <= at {
		c.recordClock()
	}
	if c.heal.at <= at {
		c.fireRejoin(now)
	}
	if c.reconnectAt <= at {
		c.fireReconnect(now)
	}
	if c.leave.at <= at {
		c.fireLeave(now)
	}
}

// NextDeadline returns when HandleDeadline is wanted and why; the zero time when nothing is armed.
func (c *Cluster) NextDeadline() (at time.Time, why Timer) {
	if c.stopped() {
		return time.Time{}, TimerNone
	}
	least := int64(never)
	if due, _ := c.node.NextDeadline(); !due.IsZero() {
		least, why = c.at(due), TimerSwim
	}
	if c.wakeAt < least {
		least, why = c.wakeAt, TimerSwim
	}
	if c.due < least {
		least, why = c.due, c.dueWhy
	}
	if why == TimerNone {
		return time.Time{}, TimerNone
	}
	return c.epoch.Add(time.Duration(least)), why
}

// nextOwn returns the earliest deadline that is not the failure detector's. Each input that may move one ends with settle.
func (c *Cluster) nextOwn() (least int64, why Timer) {
	least = never
	consider := func(t int64, timer Timer) {
		if t < least {
			least, why = t, timer
		}
	}
	if due := c.coalescer.NextDeadline(); !due.IsZero() {
		consider(c.at(due), TimerCoalesce)
	}
	if due := c.userCoalescer.NextDeadline(); !due.IsZero() {
		consider(c.at(due), TimerCoalesce)
	}
	if due := c.queries.NextDeadline(); !due.IsZero() {
		consider(c.at(due), TimerQuery)
	}
	consider(c.reapAt, TimerReap)
	consider(c.reconnectAt, TimerReconnect)
	consider(c.table.nextPrune(), TimerPrune)
	consider(c.recorded.at, TimerRecord)
	consider(c.nextRelease(), TimerHold)
	if due := c.order.NextDeadline(); !due.IsZero() {
		consider(c.at(due), TimerOrder)
	}
	consider(c.heal.at, TimerRejoin)
	consider(c.nextWait(), TimerCommand)
	consider(c.joinAt, TimerJoin)
	consider(c.leave.at, TimerLeave)
	return least, why
}

// arm starts the periodic timers that have something to do and stops those that have not.
func (c *Cluster) arm(now time.Time) {
	at := c.at(now)
	switch {
	case !c.table.forgettable():
		c.reapAt = never
	case c.reapAt == never:
		c.reapAt = at + int64(c.cfg.ReapInterval)
	}
	switch {
	case c.table.failed+len(c.heal.lost)+len(c.heal.seeds) == 0 || c.cfg.ReconnectInterval == 0 || c.table.life != LifeAlive:
		c.reconnectAt = never
	case c.reconnectAt == never:
		c.reconnectAt = at + int64(c.cfg.ReconnectInterval)
	}
	c.armRecord(at)
	c.armRejoin(at)
}
