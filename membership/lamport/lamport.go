// Package lamport is the logical clock by which members order what they say.
//
// Start with Clock: Time is the time that the next message carries, Witness takes in the time of a received one.
//
// # Model
//
// A clock only moves forward. After witnessing a time it is later than that time.
//
// # Limits
//
// A time more than JumpMax ahead is not believed: one forged message would otherwise move the clocks of the whole
// cluster for good. Even a clock that had been carried to the end of its range would stay there and never wrap.
//
// # Deviations
//
// The reference believes every time and wraps to zero after 2^64-1.
package lamport

import "math"

// JumpMax is how far ahead a witnessed time may be. A million intents per second would take an hour to get there, while
// a forger needs 2^32 messages to carry a clock to its end.
const JumpMax = 1 << 32

// RestoreMax is the latest time that is taken from a snapshot: no clock gets there by itself, but reference peers have
// written 2^64-1 for one that had not started.
const RestoreMax = 1 << 62

// Clock is a Lamport clock. The zero Clock stands at 0. It is not safe for concurrent use.
type Clock struct {
	now uint64
}

// At returns a clock that stands at t.
func At(t uint64) Clock { return Clock{t} }

// Time returns the time that the next message carries.
func (c *Clock) Time() uint64 { return c.now }

// Restore makes the clock later than t, the time of an earlier life. It returns false, and nothing has changed, when t is
// later than RestoreMax.
func (c *Clock) Restore(t uint64) bool {
	if t > RestoreMax {
		return false
	}
	c.now = max(c.now, t+1)
	return true
}

// Increment moves the clock one on and returns the new time. At the end of its range it stays.
func (c *Clock) Increment() uint64 {
	if c.now < math.MaxUint64 {
		c.now++
	}
	return c.now
}

// Believes reports whether Witness would take t.
func (c *Clock) Believes(t uint64) bool { return t < c.now || t-c.now <= JumpMax }

// Witness makes the clock later than t. It returns false, and nothing has changed, when t is more than JumpMax ahead.
func (c *Clock) Witness(t uint64) bool {
	if !c.Believes(t) {
		return false
	}
	if t >= c.now {
		c.now = t
		c.Increment()
	}
	return true
}
