package eventbus

import (
	"bytes"
	"fmt"
)

// Limits of a Pacer that do not depend on anything.
const (
	// UnderWayMax is how many own events are gossiped at one time before all of them have been told to somebody. Reference
	// peers look back 512 events: were more under way, they would drop those that arrive behind the end of a burst.
	UnderWayMax = 128
	// WaitingMax is how many wait behind them, and WaitingBytesMax how many bytes of names and payloads.
	WaitingMax      = 32768
	WaitingBytesMax = 8 << 20
)

// Draft is an own event that has no Lamport time yet.
type Draft struct {
	Name     string
	Payload  []byte
	Coalesce bool // a receiver may skip it for a later one of the same name
}

// at returns the message that d is at a time.
func (d *Draft) at(ltime uint64) *UserMessage {
	return &UserMessage{LTime: ltime, Name: []byte(d.Name), Payload: d.Payload, Coalesce: d.Coalesce}
}

func (d *Draft) size() int { return len(d.Name) + len(d.Payload) }

// Pacer lets own events go in the order in which they were sent, never too many at one time. They get their Lamport time
// when they go: the clock never runs ahead of what has been gossiped, and a peer that learns it drops nothing as too old.
// The zero Pacer is empty and ready for use. It is not safe for concurrent use.
type Pacer struct {
	waiting fifo[Draft]
	bytes   int // of those that wait
}

// Len returns how many events wait.
func (p *Pacer) Len() int { return p.waiting.len() }

// Push adds a copy of d. It fails with ErrQueueFull when too many wait, and then nothing has changed.
func (p *Pacer) Push(d Draft) error {
	if p.Len() >= WaitingMax || p.bytes+d.size() > WaitingBytesMax {
		return fmt.Errorf("eventbus: %w (%d wait); send them more slowly", ErrQueueFull, p.Len())
	}
	d.Payload = bytes.Clone(d.Payload)
	p.waiting.put(d)
	p.bytes += d.size()
	return nil
}

// Next takes out the next event to be gossiped; false when none waits, or when underWay own ones, being gossiped, are
// enough.
func (p *Pacer) Next(underWay int) (Draft, bool) {
	if underWay >= UnderWayMax {
		return Draft{}, false
	}
	d, ok := p.waiting.next()
	p.bytes -= d.size()
	return d, ok
}
