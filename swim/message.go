package swim

import (
	"net/netip"
	"strconv"
)

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

// Package implements msgpack.MessageKind.
func (MessageType) Package() string { return "swim" }

// String returns the name of the message in this package, such as "indirect ping".
func (t MessageType) String() string {
	switch t {
	case TypePing:
		return "ping"
	case TypeIndirectPing:
		return "indirect ping"
	case TypeAck:
		return "ack"
	case TypeSuspect:
		return "suspect"
	case TypeAlive:
		return "alive"
	case TypeDead:
		return "dead"
	case TypePushPull:
		return "push/pull"
	case TypeUser:
		return "user"
	case TypeNack:
		return "nack"
	case TypeError:
		return "error"
	}
	return "type " + strconv.Itoa(int(t))
}

// Versions is what a member says it speaks: [protocol min, max, current, delegate min, max, current].
type Versions [6]uint8

// Valid reports whether v names protocol versions at all.
func (v Versions) Valid() bool { return v[0] != 0 && v[1] != 0 && v[0] <= v[1] }

// ProtocolMax is the highest gossip protocol version the member understands. What may be sent to it hangs on this.
func (v Versions) ProtocolMax() uint8 { return v[1] }

// ParseVersions returns the versions in b as they travel: six bytes, more are ignored. Fewer, or none, give the zero
// Versions, "unknown", as the reference has it.
func ParseVersions(b []byte) Versions {
	if len(b) < len(Versions{}) {
		return Versions{}
	}
	return Versions(b[:len(Versions{})])
}

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

// The messages of packets; the longer names keep three of them apart from the Status. In a decoded message every byte
// slice is a part of the input and valid as long as that. Names are bytes so that looking one up, m[string(b)], and
// encoding one, []byte(name), allocate nothing.
//
// Addresses keep the form, 4 or 16 bytes, in which they travelled; the invalid netip.Addr stands for "none".

// Ping asks Node for an Ack.
type Ping struct {
	Sequence uint32
	// Node is whom the sender means to reach; anybody else drops the ping. Empty: whoever gets it.
	Node []byte
	// Source is where the ack shall go when it has both address and port; otherwise to the packet's source.
	Source     netip.AddrPort
	SourceNode []byte
}

// IndirectPing asks its receiver to ping Node at Target and to pass the ack on.
type IndirectPing struct {
	Sequence   uint32
	Target     netip.AddrPort // port 0: the receiver's own
	Node       []byte
	WantNack   bool
	Source     netip.AddrPort // as in Ping
	SourceNode []byte
}

// Ack answers the ping with the same Sequence.
type Ack struct {
	Sequence uint32
	// Payload comes from the layer above; nil and empty are different on the wire.
	Payload []byte
}

// Nack says that an indirect ping was tried and not answered in time.
type Nack struct {
	Sequence uint32
}

// SuspectMessage says that From suspects Node of being dead.
type SuspectMessage struct {
	Incarnation uint32
	Node        []byte
	From        []byte
}

// DeadMessage says that From declares Node dead; From equal to Node is a leave.
type DeadMessage struct {
	Incarnation uint32
	Node        []byte
	From        []byte
}

// AliveMessage says that Node lives at Addr with Meta.
type AliveMessage struct {
	Incarnation uint32
	Node        []byte
	Addr        netip.AddrPort // port 0: the receiver's own
	// Meta may be longer than MetaBytesMax in a hostile message; nil and empty are different on the wire.
	Meta []byte
	// Versions is raw, of any length, nil for none; see ParseVersions.
	Versions []byte
}
