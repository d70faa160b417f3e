package eventbus

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"serf/membership/lamport"
	"serf/swim/msgpack"
)

// Limits of user events.
const (
	// UserBytesMax is the largest UserConfig.BytesMax; reference peers send no larger user events.
	UserBytesMax = 9216
	// ReplaySlots is how many Lamport times of user events a push/pull carries; reference peers send exactly as many.
	ReplaySlots = 512
	// eventBytes is what remembering an event costs beside its name and payload.
	eventBytes = 64
)

// UserConfig is how a UserEvents behaves. It is copied.
type UserConfig struct {
	// BytesMax is how long an own event may be when encoded; 512, at most UserBytesMax.
	BytesMax int
	// GossipBytesMax is the longest message, type byte included, that fits into a gossip packet. Nothing longer is sent,
	// since it would never leave.
	GossipBytesMax int
	// Window is over how many Lamport times events are remembered; older ones are dropped unheard. 2048, four times that
	// of the reference, so that a burst is not lost when its end arrives first.
	Window int
	// RememberedBytesMax bounds the bytes of remembered events; beyond it the window is shortened. 4 MiB.
	RememberedBytesMax int
}

// DefaultUser returns the values named above, with gossip of packets on a LAN.
func DefaultUser() UserConfig {
	return UserConfig{BytesMax: 512, GossipBytesMax: 1395, Window: 2048, RememberedBytesMax: 4 << 20}
}

// Validate reports everything that is wrong with c, joined into one error, or nil.
func (c *UserConfig) Validate() error {
	var problems []error
	if c.BytesMax > UserBytesMax {
		problems = append(problems, fmt.Errorf("user event size limit exceeds limit of %d bytes", UserBytesMax))
	}
	if c.BytesMax < 0 {
		problems = append(problems, fmt.Errorf("eventbus: user event size limit %d is negative", c.BytesMax))
	}
	if c.GossipBytesMax < 1 {
		problems = append(problems, fmt.Errorf("eventbus: gossip size limit %d is not positive", c.GossipBytesMax))
	}
	if c.Window < 1 {
		problems = append(problems, fmt.Errorf("eventbus: event window %d is not positive", c.Window))
	}
	if c.RememberedBytesMax < 1 {
		problems = append(problems, fmt.Errorf("eventbus: event memory %d is not positive", c.RememberedBytesMax))
	}
	return errors.Join(problems...)
}

// UserStats counts what became of user events.
type UserStats struct {
	Sent         uint64
	Received     uint64 // that were news, by gossip or push/pull
	Duplicate    uint64
	BelowMin     uint64 // from before this member's time
	Old          uint64 // older than the window
	LTimeRefused uint64 // of times too far ahead to be true
	MomentFull   uint64 // one too many of its time
	TooLarge     uint64 // received, but longer than any that is sent
	Malformed    uint64
	Evicted      uint64 // forgotten early for want of memory
}

// userEvent is a remembered event. Its identity is its Lamport time, name and payload.
type userEvent struct {
	name     string
	payload  []byte
	coalesce bool
}

// UserEvents is the clock and the memory of user events: it makes own ones and tells which received ones are news. It is
// a machine without goroutines and not safe for concurrent use.
//
// Invariants: the times of remembered events are before the clock, and not before low; bytes is the sum of their sizes,
// at most RememberedBytesMax, save for what the latest time alone holds.
type UserEvents struct {
	cfg     UserConfig
	clock   lamport.Clock
	min     uint64 // events before it are none of our business
	low     uint64 // events before it are forgotten
	history history[userEvent]
	bytes   int
	counts  NameCounts
	stats   UserStats
	scratch []byte
}

// NewUserEvents returns the state at the start of a member, with the clock at 1. It fails when cfg.Validate does.
func NewUserEvents(cfg UserConfig) (*UserEvents, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	u := &UserEvents{cfg: cfg, clock: lamport.At(1), history: history[userEvent]{size: uint64(cfg.Window)}}
	return u, nil
}

// Time returns the clock: the time that the next own event will carry.
func (u *UserEvents) Time() uint64 { return u.clock.Time() }

// MinTime returns the time before which events are none of this member's business.
func (u *UserEvents) MinTime() uint64 { return u.min }

// Stats returns the counters.
func (u *UserEvents) Stats() UserStats { return u.stats }

// Counts returns how often each name was heard. It is valid until the next change of u.
func (u *UserEvents) Counts() *NameCounts { return &u.counts }

// Restore takes in the clock of an earlier life of this member: events up to that time are not told again. It returns
// false, and nothing has changed, for a time that no clock reaches.
func (u *UserEvents) Restore(ltime uint64) bool {
	if !u.clock.Restore(ltime) {
		return false
	}
	u.IgnoreBefore(u.clock.Time())
	return true
}

// WitnessPeer takes in the clock of a peer, as a push/pull carries it. It returns false, and nothing has changed, when
// that is too far ahead to be true.
func (u *UserEvents) WitnessPeer(clock uint64) bool { return clock == 0 || u.clock.Witness(clock-1) }

// IgnoreBefore makes all events from before ltime none of this member's business, for good; for a join that does not want
// to hear of the past. Times too far ahead to be true change nothing.
func (u *UserEvents) IgnoreBefore(ltime uint64) {
	if u.clock.Believes(ltime) {
		u.min = max(u.min, ltime)
	}
}

// Check reports why d cannot be sent: with ErrName, or with ErrTooLarge when it exceeds BytesMax or no gossip packet could
// carry it at whatever Lamport time. It changes nothing.
func (u *UserEvents) Check(d Draft) error {
	if err := CheckName(d.Name); err != nil {
		return err
	}
	if n := len(d.Name) + len(d.Payload); n > u.cfg.BytesMax {
		return tooLarge(n, u.cfg.BytesMax, "user event exceeds configured limit of %d bytes before encoding", u.cfg.BytesMax)
	}
	u.scratch = AppendUser(u.scratch[:0], d.at(u.clock.Time()))
	if n := len(u.scratch); n > u.cfg.BytesMax {
		return tooLarge(n, u.cfg.BytesMax, "encoded user event exceeds configured limit of %d bytes after encoding", u.cfg.BytesMax)
	}
	u.scratch = AppendUser(u.scratch[:0], d.at(math.MaxUint64))
	return checkGossip(TypeUser, len(u.scratch), u.cfg.GossipBytesMax)
}

// Send makes an own event of a draft that Check let pass, then or earlier. Each one has a Lamport time of its own. It
// returns the message to be gossiped, valid until the next call of u, and the event for the local applications. It fails
// with ErrMomentFull when the clock stands at its end; then nothing has changed.
func (u *UserEvents) Send(d Draft) (message []byte, e Event, err error) {
	m := d.at(u.clock.Time())
	u.scratch = AppendUser(u.scratch[:0], m)
	e, news, err := u.take(m)
	if err != nil {
		return nil, Event{}, err
	}
	if !news {
		return nil, Event{}, fmt.Errorf("eventbus: %w", ErrMomentFull)
	}
	u.stats.Received--
	u.stats.Sent++
	return u.scratch, e, nil
}

// Receive takes a user event message, type byte first. For news it returns the event, and the message is to be gossiped
// on as it came. Otherwise nothing was learned but perhaps a later clock; Stats says why. It fails with a *DecodeError,
// ErrTooLarge, ErrLTime or ErrMomentFull; of these only the last may have moved the clock.
func (u *UserEvents) Receive(message []byte) (e Event, news bool, err error) {
	if n := len(message); n > UserBytesMax {
		u.stats.TooLarge++
		return Event{}, false, tooLarge(n, UserBytesMax, "eventbus: received user event too large (%d > %d bytes)", n, UserBytesMax)
	}
	m, err := DecodeUser(message)
	if err != nil {
		u.stats.Malformed++
		return Event{}, false, err
	}
	return u.take(&m)
}

// Merge takes an event that a peer remembers, from a push/pull; like Receive, but it is not to be gossiped on.
func (u *UserEvents) Merge(ltime uint64, name string, payload []byte, coalesce bool) (e Event, news bool, err error) {
	if n := len(name) + len(payload); n > UserBytesMax {
		u.stats.TooLarge++
		return Event{}, false, tooLarge(n, UserBytesMax, "eventbus: received user event too large (%d > %d bytes)", n, UserBytesMax)
	}
	return u.take(&UserMessage{LTime: ltime, Name: []byte(name), Payload: payload, Coalesce: coalesce})
}

// take decides whether m is news and remembers it.
func (u *UserEvents) take(m *UserMessage) (Event, bool, error) {
	if !u.clock.Witness(m.LTime) {
		u.stats.LTimeRefused++
		return Event{}, false, fmt.Errorf("eventbus: user event %q: %w: %d at %d", m.Name, ErrLTime, m.LTime, u.clock.Time())
	}
	switch {
	case m.LTime < u.min:
		u.stats.BelowMin++
		return Event{}, false, nil
	case m.LTime < u.low || !u.history.covers(u.clock.Time(), m.LTime):
		u.stats.Old++
		return Event{}, false, nil
	}
	now := u.history.place(m.LTime)
	if now.ltime != m.LTime {
		u.release(now)
		now.reset(m.LTime)
	}
	for i := range now.seen {
		if known := &now.seen[i]; known.name == string(m.Name) && bytes.Equal(known.payload, m.Payload) {
			u.stats.Duplicate++
			return Event{}, false, nil
		}
	}
	if len(now.seen) >= PerTimeMax {
		u.stats.MomentFull++
		return Event{}, false, fmt.Errorf("eventbus: user event %q: %w", m.Name, ErrMomentFull)
	}
	u.stats.Received++
	known := userEvent{u.counts.add(m.Name), bytes.Clone(m.Payload), m.Coalesce}
	now.seen = append(now.seen, known)
	u.bytes += known.size()
	u.shrink()
	return Event{Type: User, Name: known.name, LTime: m.LTime, Payload: known.payload, Coalesce: known.coalesce}, true, nil
}

func (e *userEvent) size() int { return eventBytes + len(e.name) + len(e.payload) }

// release takes what m remembers off the books.
func (u *UserEvents) release(m *moment[userEvent]) {
	for i := range m.seen {
		u.bytes -= m.seen[i].size()
	}
}

// shrink forgets the oldest times while too much is remembered. Nothing older than them is taken any more, so that what
// is forgotten cannot come again.
func (u *UserEvents) shrink() {
	if u.bytes <= u.cfg.RememberedBytesMax {
		return
	}
	if now := u.clock.Time(); now > u.history.size {
		u.low = max(u.low, now-u.history.size)
	}
	for ; u.bytes > u.cfg.RememberedBytesMax && u.low+1 < u.clock.Time(); u.low++ {
		if m := u.history.at(u.low); m != nil {
			u.release(m)
			u.stats.Evicted += uint64(len(m.seen))
			m.seen = nil
		}
	}
}

// AppendReplay appends what a push/pull carries of the latest ReplaySlots Lamport times: its field Events. A slot without
// events is nil, and the order is that of time modulo ReplaySlots.
//
//	list of ReplaySlots × (nil | map of 2  "Events" list of map  "LTime" u64)
//	map of 2 or 3  ["CC" true]  "Name" str  "Payload" bytes
//
// CC, which reference peers skip, is only there when set.
func (u *UserEvents) AppendReplay(dst []byte) []byte {
	slots := min(ReplaySlots, u.history.size)
	dst = msgpack.AppendArray(dst, int(slots))
	last := u.clock.Time() - 1
	for i := range slots {
		back := (last%slots + slots - i) % slots
		if back > last {
			dst = append(dst, 0xc0)
			continue
		}
		dst = appendMoment(dst, u.history.at(last-back))
	}
	return dst
}

func appendMoment(dst []byte, m *moment[userEvent]) []byte {
	if m == nil || len(m.seen) == 0 {
		return append(dst, 0xc0)
	}
	dst = append(dst, "\x82\xa6Events"...)
	dst = msgpack.AppendArray(dst, len(m.seen))
	for i := range m.seen {
		e := &m.seen[i]
		if e.coalesce {
			dst = append(dst, "\x83\xa2CC\xc3"...)
		} else {
			dst = append(dst, 0x82)
		}
		dst = append(dst, "\xa4Name"...)
		dst = msgpack.AppendString(dst, e.name)
		dst = append(dst, "\xa7Payload"...)
		dst = msgpack.AppendBytes(dst, e.payload)
	}
	dst = append(dst, "\xa5LTime"...)
	return msgpack.AppendUint(dst, m.ltime)
}
