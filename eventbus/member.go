package eventbus

import "net/netip"

// Status is a member's state as operators see it.
type Status uint8

// The numbers are those of the conflict vote message.
const (
	StatusNone    Status = 0
	StatusAlive   Status = 1
	StatusLeaving Status = 2
	StatusLeft    Status = 3
	StatusFailed  Status = 4
)

// String returns "none", "alive", "leaving", "left" or "failed", as RPC clients expect.
func (s Status) String() string {
	switch s {
	case StatusNone:
		return "none"
	case StatusAlive:
		return "alive"
	case StatusLeaving:
		return "leaving"
	case StatusLeft:
		return "left"
	case StatusFailed:
		return "failed"
	}
	return "unknown"
}

// Versions is what a member speaks: [gossip min, max, current, Serf min, max, current].
type Versions [6]uint8

// Member is one member of the cluster at one moment. It is immutable: a change makes a new Member.
type Member struct {
	Name string
	// Addr is where the member listens for gossip; IPv4 addresses are in 4-byte form.
	Addr     netip.AddrPort
	Tags     map[string]string // never modified; nil when there are none
	Status   Status
	Versions Versions
}
