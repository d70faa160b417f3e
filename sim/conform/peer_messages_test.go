//go:build conform

package conform

import (
	"fmt"

	"github.com/ugorji/go/codec"
)

// Message types of the gossip layer, by first byte.
const (
	typePing = iota
	typeIndirectPing
	typeAck
	typeSuspect
	typeAlive
	typeDead
	typePushPull
	typeCompound
	typeUser
	typeCompress
	typeEncrypt
	typeNack
	typeCRC
	typeErr
	typeLabel = 244
)

// Member states in a push/pull.
const (
	stateAlive = iota
	stateSuspect
	stateDead
	stateLeft
)

// The bodies, written from the tables of the specification. Their fields are in declaration order; the codec sorts
// the keys. They are independent of the codec of the agent on purpose.
type (
	ping struct {
		SeqNo      uint32
		Node       string
		SourceAddr []byte `codec:",omitempty"`
		SourcePort uint16 `codec:",omitempty"`
		SourceNode string `codec:",omitempty"`
	}
	indirectPing struct {
		SeqNo      uint32
		Target     []byte
		Port       uint16
		Node       string
		Nack       bool
		SourceAddr []byte `codec:",omitempty"`
		SourcePort uint16 `codec:",omitempty"`
		SourceNode string `codec:",omitempty"`
	}
	ack struct {
		SeqNo   uint32
		Payload []byte
	}
	nack       struct{ SeqNo uint32 }
	accusation struct { // suspect and dead
		Incarnation uint32
		Node, From  string
	}
	alive struct {
		Incarnation uint32
		Node        string
		Addr        []byte
		Port        uint16
		Meta, Vsn   []byte
	}
	pushPullHeader struct {
		Nodes, UserStateLen int
		Join                bool
	}
	nodeState struct {
		Name        string
		Addr        []byte
		Port        uint16
		Meta        []byte
		Incarnation uint32
		State       int
		Vsn         []byte
	}
	userHeader struct{ UserMsgLen int }
	errorReply struct{ Error string }
	compressed struct {
		Algo uint8
		Buf  []byte
	}
)

// versions is what a Serf node with default settings announces.
var versions = []byte{1, 5, 2, 2, 5, 5}

// wire is MessagePack in the old profile: raw strings, no binary or extension types, keys sorted.
var wire = func() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{}
	h.Canonical = true
	h.RawToString = true
	return h
}()

// body encodes a value.
func body(v any) []byte {
	var b []byte
	if err := codec.NewEncoderBytes(&b, wire).Encode(v); err != nil {
		panic(fmt.Sprintf("%T does not encode: %v", v, err))
	}
	return b
}

// message is the type byte followed by the encoded value.
func message(kind byte, v any) []byte { return append([]byte{kind}, body(v)...) }

// decode decodes the value at the start of b and returns how long it is.
func decode(b []byte, v any) (int, error) {
	d := codec.NewDecoderBytes(b, wire)
	err := d.Decode(v)
	return d.NumBytesRead(), err
}

// decodeAs decodes b as a T; the zero value stands for what does not decode.
func decodeAs[T any](b []byte) T {
	var v T
	if _, err := decode(b, &v); err != nil {
		return *new(T)
	}
	return v
}
