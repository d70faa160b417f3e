package eventbus

import (
	"net/netip"
	"strconv"
	"time"
)

// MessageType is the first byte of a Serf message.
type MessageType uint8

// The messages that this package reads and writes. Types 6, 7 and 8 only travel inside the payload of a query or a
// response.
const (
	TypeUser        MessageType = 3
	TypeQuery       MessageType = 4
	TypeResponse    MessageType = 5
	TypeVote        MessageType = 6
	TypeKeyRequest  MessageType = 7
	TypeKeyResponse MessageType = 8
	TypeRelay       MessageType = 9
)

// Package implements msgpack.MessageKind.
func (MessageType) Package() string { return "eventbus" }

// String returns the name of the message, such as "user event".
func (t MessageType) String() string {
	switch t {
	case TypeUser:
		return "user event"
	case TypeQuery:
		return "query"
	case TypeResponse:
		return "query response"
	case TypeVote:
		return "conflict vote"
	case TypeKeyRequest:
		return "key request"
	case TypeKeyResponse:
		return "key response"
	case TypeRelay:
		return "relay"
	}
	return "type " + strconv.Itoa(int(t))
}

// UserMessage is a user event on the wire. Decoded slices are parts of the input.
type UserMessage struct {
	LTime   uint64
	Name    []byte
	Payload []byte // nil and empty differ on the wire, but not as events
	// Coalesce says that receivers may drop it for a newer event of its name. Old peers do not send it.
	Coalesce bool
}

// Flags of queries and responses.
const (
	// FlagAck asks for acks, in a query; it marks an ack, in a response.
	FlagAck uint32 = 1 << 0
	// FlagNoBroadcast asks receivers of a query not to gossip it on.
	FlagNoBroadcast uint32 = 1 << 1
)

// QueryMessage is a query on the wire. Decoded slices are parts of the input.
type QueryMessage struct {
	LTime uint64
	ID    uint32
	// Addr and Port are where answers go: 4 or 16 bytes, but other lengths can be decoded too; see Source.
	Addr []byte
	Port uint16
	// SourceNode is the name of the asking member. Old peers do not send it.
	SourceNode []byte
	// Filters are encoded filters, all of which have to let a member through; nil and empty differ on the wire.
	Filters [][]byte
	Flags   uint32
	// RelayFactor is over how many other members each answer is sent in addition. Old peers do not send it.
	RelayFactor uint8
	// Timeout is how long answers are awaited, from the moment of receipt. Zero or less: not at all.
	Timeout time.Duration
	Name    []byte
	Payload []byte
}

// Source returns where answers go; invalid when Addr is no address.
func (m *QueryMessage) Source() netip.AddrPort { return addrPort(m.Addr, m.Port) }

// ResponseMessage is an answer to a query, or an ack, on the wire. Decoded slices are parts of the input.
type ResponseMessage struct {
	LTime   uint64
	ID      uint32
	From    []byte // name of the answering member
	Flags   uint32
	Payload []byte // nil in an ack
}

// Ack reports whether m is an ack.
func (m *ResponseMessage) Ack() bool { return m.Flags&FlagAck != 0 }

// KeyRequest asks for a change of the keyring; the key is empty when they are to be listed.
type KeyRequest struct {
	Key []byte
}

// KeyResponse answers a KeyRequest.
type KeyResponse struct {
	Result  bool
	Message string
	// Keys are in base64, the primary key first; nil unless they were to be listed.
	Keys       []string
	PrimaryKey string
}

// RelayMessage asks its receiver to pass Inner on. Decoded slices are parts of the input.
type RelayMessage struct {
	IP    []byte
	Port  int64
	Zone  []byte
	Node  []byte // name of the member that is to get it
	Inner []byte // a complete message, type byte first
}

// Dest returns where Inner is to go; invalid when IP and Port are no address.
func (m *RelayMessage) Dest() netip.AddrPort {
	if m.Port < 0 || m.Port > 0xffff {
		return netip.AddrPort{}
	}
	to := addrPort(m.IP, uint16(m.Port))
	if len(m.Zone) > 0 && to.Addr().Is6() {
		to = netip.AddrPortFrom(to.Addr().WithZone(string(m.Zone)), to.Port())
	}
	return to
}

func addrPort(b []byte, port uint16) netip.AddrPort {
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a, port)
}
