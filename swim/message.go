package swim

import "net/netip"

// MessageType is the first byte of every message.
type MessageType uint8

// Message types of the gossip protocol. The wrappers (compound 7, compress 9, encrypt 10, checksum 12, label 244) never
// reach this package.
const (
	TypePing         MessageType = 0
	TypeIndirectPing MessageType = 1
	TypeAck          MessageType = 2
	TypeSuspect      MessageType = 3
	TypeAlive        MessageType = 4
	TypeDead         MessageType = 5
	TypePushPull     MessageType = 6
	TypeUser         MessageType = 8
	TypeNack         MessageType = 11
	TypeError        MessageType = 13
)

// Versions is what a member says it speaks: [protocol min, max, current, delegate min, max, current].
type Versions [6]uint8

// Valid reports whether v names protocol versions at all.
func (v Versions) Valid() bool { return v[0] != 0 && v[1] != 0 && v[0] <= v[1] }

// ProtocolMax is the highest gossip protocol version the member understands. What may be sent to it hangs on this.
func (v Versions) ProtocolMax() uint8 { return v[1] }

// Info is what a member says about itself, apart from its incarnation. It is immutable and shared.
type Info struct {
	// Name identifies the member in the cluster.
	Name string
	// Addr is where the member listens, in the form (4 or 16 bytes) in which its owner announced it: reference peers
	// compare the bytes, so the form must survive being passed on. Compare with SameAddr.
	Addr netip.AddrPort
	// Meta is opaque to this package, at most MetaBytesMax; nil and empty are different on the wire.
	Meta []byte
	// Versions is zero when the member sent none.
	Versions Versions
}

// SameAddr reports whether a and b are the same address and port, whichever form an IPv4 address has.
func SameAddr(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() && a.Addr().Unmap() == b.Addr().Unmap()
}

// Status is a member's state in the failure detector.
type Status uint8

// The numbers are those of the push/pull message.
const (
	Alive   Status = 0
	Suspect Status = 1
	Dead    Status = 2
	Left    Status = 3
)

// String returns "alive", "suspect", "dead" or "left".
func (s Status) String() string {
	switch s {
	case Alive:
		return "alive"
	case Suspect:
		return "suspect"
	case Dead:
		return "dead"
	case Left:
		return "left"
	}
	return "unknown"
}

// MetaBytesMax is the longest metadata a member may announce: reference peers abort above it.
const MetaBytesMax = 512

// MemberState is one line of a push/pull or of a View.
type MemberState struct {
	Info        *Info
	Incarnation uint32
	Status      Status
}

// State is the body of a push/pull in either direction. Once handed over it is immutable.
type State struct {
	// Join is true on both sides when the exchange was started by Join.
	Join bool
	// Members is every member the sender knows, itself included, in any order.
	Members []MemberState
	// User is the part of the layer above; may be empty. On a Dial or Reply effect the layer above fills it in before the
	// effect leaves the machine.
	User []byte
}
