package membership

import (
	"fmt"
	"time"

	"serf/broadcast"
	"serf/swim"
)

// queueKind tells the broadcast queues apart. Packets are filled from them in this order, except that the failure
// detector turns the order round now and then, so that none of them starves.
type queueKind uint8

const (
	queueIntent queueKind = iota
	queueQuery
	queueEvent

	queueKinds
)

// queueNames are what operators know the queues by.
var queueNames = [queueKinds]string{queueIntent: "Intent", queueQuery: "Query", queueEvent: "Event"}

// transmitMin is how often a message of each queue is sent at least. 12 copies from each of the members leave one of
// 160,000 without the message; nothing repairs the loss of a query, and push/pulls that of the latest user events only.
var transmitMin = [queueKinds]int{queueQuery: 12, queueEvent: 12}

// gossip queues a copy of the Serf message m. One too long for any packet is counted and dropped.
func (c *Cluster) gossip(now time.Time, kind queueKind, m []byte) {
	if _, err := c.push(now, kind, m, false); err != nil {
		c.counters.MessageTooLarge++
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
	}
}

// push queues a copy of m as a user message of the gossip protocol. It fails when m is too long for any packet, and then
// nothing has changed but a counter.
func (c *Cluster) push(now time.Time, kind queueKind, m []byte, notify bool) (broadcast.ID, error) {
	c.framed = append(append(c.framed[:0], byte(swim.TypeUser)), m...)
	id, err := c.queues[kind].Push("", c.framed, notify)
	if err != nil {
		return 0, fmt.Errorf("membership: %w", err)
	}
	c.wakeAt = min(c.wakeAt, c.at(now))
	c.watchDepth(now, kind)
	return id, nil
}

// watchDepth keeps a queue within a limit that moves with the cluster and tells when it gets long.
func (c *Cluster) watchDepth(now time.Time, kind queueKind) {
	q := c.queues[kind]
	depth := q.Len()
	if c.cfg.MinQueueDepth > 0 {
		limit := max(c.cfg.MinQueueDepth, 2*c.table.len())
		if depth > limit {
			c.counters.QueuePruned += uint64(depth - limit)
			q.Prune(limit)
		}
	}
	at := c.at(now)
	if c.cfg.QueueDepthWarning == 0 || depth < c.cfg.QueueDepthWarning || at-int64(c.cfg.QueueCheckInterval) < c.warnedAt[kind] {
		return
	}
	c.warnedAt[kind] = at
	c.counters.QueueWarnings++
	c.notice(now, Notice{Kind: NoticeQueueDeep, Queue: queueNames[kind], Depth: depth,
		Err: fmt.Errorf("membership: %w: %s holds %d", ErrQueueDeep, queueNames[kind], depth)})
}

// onSent hears which broadcasts with somebody waiting for them have left their queues.
func (c *Cluster) onSent(now time.Time) {
	for f, ok := c.queues[queueIntent].NextFinished(); ok; f, ok = c.queues[queueIntent].NextFinished() {
		c.onIntentSent(now, f)
	}
	for _, ok := c.queues[queueEvent].NextFinished(); ok; _, ok = c.queues[queueEvent].NextFinished() {
		c.underWay--
	}
}

func (c *Cluster) onIntentSent(now time.Time, f broadcast.Finished) {
	var err error
	if f.Why == broadcast.Dropped {
		err = ErrDropped
	}
	if c.leave.step == leaveIntentQueued && c.leave.id == f.ID {
		c.leave.err = err
		c.leave.at = c.at(now)
		return
	}
	c.finishWait(f.ID, err)
}
