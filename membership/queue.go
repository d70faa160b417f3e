package membership

import (
	"fmt"
	"time"

	"serf/broadcast"
	"serf/swim"
)

// queue gossips a copy of the Serf message m. One too long for any packet is counted and dropped.
func (c *Cluster) queue(now time.Time, m []byte) {
	if _, err := c.push(now, m, false); err != nil {
		c.counters.IntentTooLarge++
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
	}
}

// push queues a copy of m as a user message of the gossip protocol. It fails when m is too long for any packet, and then
// nothing has changed but a counter.
func (c *Cluster) push(now time.Time, m []byte, notify bool) (broadcast.ID, error) {
	c.framed = append(append(c.framed[:0], byte(swim.TypeUser)), m...)
	id, err := c.intents.Push("", c.framed, notify)
	if err != nil {
		return 0, fmt.Errorf("membership: %w", err)
	}
	c.wakeAt = min(c.wakeAt, c.at(now))
	c.watchDepth(now)
	return id, nil
}

// watchDepth keeps the queue within a limit that moves with the cluster and tells when it gets long.
func (c *Cluster) watchDepth(now time.Time) {
	depth := c.intents.Len()
	if c.cfg.MinQueueDepth > 0 {
		limit := max(c.cfg.MinQueueDepth, 2*c.table.len())
		if depth > limit {
			c.counters.QueuePruned += uint64(depth - limit)
			c.intents.Prune(limit)
		}
	}
	at := c.at(now)
	if c.cfg.QueueDepthWarning == 0 || depth < c.cfg.QueueDepthWarning || at-int64(c.cfg.QueueCheckInterval) < c.warnedAt {
		return
	}
	c.warnedAt = at
	c.counters.QueueWarnings++
	c.notice(now, Notice{Kind: NoticeQueueDeep, Depth: depth, Err: fmt.Errorf("membership: %w: %d", ErrQueueDeep, depth)})
}

// onSent hears which broadcasts with somebody waiting for them have left the queue.
func (c *Cluster) onSent(now time.Time) {
	for {
		f, ok := c.intents.NextFinished()
		if !ok {
			return
		}
		var err error
		if f.Why == broadcast.Dropped {
			err = ErrDropped
		}
		if c.leave.step == leaveIntentQueued && c.leave.id == f.ID {
			c.leave.err = err
			c.leave.at = c.at(now)
			continue
		}
		c.finishWait(f.ID, err)
	}
}
