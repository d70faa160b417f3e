package eventbus

import (
	"bytes"
	"fmt"
)

// Limits of a Pacer that do not depend on anything.
const (
	// UnderWayMax is how many own events are gossiped at one time. Gossip takes the newest first; if all of a burst were
	// let go at once, its end would reach reference peers before its beginning, which they then drop as too old: they
	// look back 512 events. A full packet holds about 40, so nothing gets slower.
	UnderWayMax = 128
	// WaitingMax is how many wait behind them.
	WaitingMax = 4096
)

// Pacer lets own events go in the order in which they were sent, never too many at one time. The zero Pacer is empty and
// ready for use. It is not safe for concurrent use.
type Pacer struct {
	waiting fifo[[]byte]
}

// Len returns how many messages wait.
func (p *Pacer) Len() int { return p.waiting.len() }

// Check fails with ErrQueueFull when Push would. It is to be asked before UserEvents.Send.
func (p *Pacer) Check() error {
	if p.Len() >= WaitingMax {
		return fmt.Errorf("eventbus: %w (%d wait)", ErrQueueFull, p.Len())
	}
	return nil
}

// Push adds a copy of message. It fails when Check does, and then nothing has changed.
func (p *Pacer) Push(message []byte) error {
	if err := p.Check(); err != nil {
		return err
	}
	p.waiting.put(bytes.Clone(message))
	return nil
}

// Next takes out the next message to be gossiped; false when none waits, or when underWay own ones, being gossiped, are
// enough.
func (p *Pacer) Next(underWay int) ([]byte, bool) {
	if underWay >= UnderWayMax {
		return nil, false
	}
	return p.waiting.next()
}
