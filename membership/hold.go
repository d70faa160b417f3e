package membership

import (
	"bytes"
	"fmt"
	"time"
)

const (
	// heldMax and heldBytesMax bound what is held. More than that is not gossiped in the short time; what is lost of user
	// events comes by push/pull.
	heldMax      = 512
	heldBytesMax = 1 << 20
)

// holding keeps user events and queries of others back after the start, until the first push/pull has told the clocks of
// the cluster. A member that was restarted gets gossip at once, as its earlier life: without the clocks it could not tell
// news from what it was told then, or from recorded packets that somebody sends again.
//
// Invariants: len(messages) ≤ heldMax; bytes is the sum of their lengths, at most heldBytesMax; nothing is held once over.
type holding struct {
	over     bool
	until    int64
	messages []held
	bytes    int
}

type held struct {
	at      time.Time // when it came
	message []byte
}

// startHolding begins the time for a member that starts; one that is taken to have been there for long knows the clocks.
func (c *Cluster) startHolding() {
	c.hold.until = int64(c.cfg.EventHold)
	c.hold.over = c.cfg.EventHold == 0 || c.cfg.Populated
}

// holdBack keeps a copy of message and returns true while messages are held back.
func (c *Cluster) holdBack(now time.Time, message []byte) bool {
	h := &c.hold
	if h.over {
		return false
	}
	if c.at(now) >= h.until {
		c.release(now)
		return false
	}
	if len(h.messages) >= heldMax || h.bytes+len(message) > heldBytesMax {
		c.counters.HeldDropped++
		c.notice(now, Notice{Kind: NoticeDropped, Err: fmt.Errorf("membership: %w (%d messages)", ErrHeldFull, len(h.messages))})
		return true
	}
	c.counters.Held++
	h.messages = append(h.messages, held{now, bytes.Clone(message)})
	h.bytes += len(message)
	return true
}

// release ends the holding back and takes in what was held, as if it had come when it did.
func (c *Cluster) release(now time.Time) {
	waiting := c.hold.messages
	c.hold = holding{over: true}
	for _, m := range waiting {
		c.onApplicationMessage(now, m.at, m.message)
	}
}

// nextRelease returns when what is held is released at the latest.
func (c *Cluster) nextRelease() int64 {
	if len(c.hold.messages) == 0 {
		return never
	}
	return c.hold.until
}
