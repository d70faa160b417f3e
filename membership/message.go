package membership

import (
	"math"

	"serf/swim/msgpack"
)

// messageType is the first byte of every Serf message.
type messageType uint8

const (
	typeLeave         messageType = 0
	typeJoin          messageType = 1
	typePushPull      messageType = 2
	typeUserEvent     messageType = 3
	typeQuery         messageType = 4
	typeQueryResponse messageType = 5
	typeRelay         messageType = 9
)

// leaveIntent says that Node leaves, or is thought to have left: by itself, or by an operator's force-leave.
type leaveIntent struct {
	LTime uint64
	Node  string
	Prune bool // forget the member at once
}

// joinIntent says that Node is there to stay.
type joinIntent struct {
	LTime uint64
	Node  string
}

// appendLeave appends
//
//	[0] {LTime uint, Node string, Prune bool}
func appendLeave(dst []byte, m leaveIntent) []byte {
	dst = msgpack.AppendMap(append(dst, byte(typeLeave)), 3)
	dst = msgpack.AppendUint(msgpack.AppendString(dst, "LTime"), m.LTime)
	dst = msgpack.AppendString(msgpack.AppendString(dst, "Node"), m.Node)
	return msgpack.AppendBool(msgpack.AppendString(dst, "Prune"), m.Prune)
}

// appendJoin appends
//
//	[1] {LTime uint, Node string}
func appendJoin(dst []byte, m joinIntent) []byte {
	dst = msgpack.AppendMap(append(dst, byte(typeJoin)), 2)
	dst = msgpack.AppendUint(msgpack.AppendString(dst, "LTime"), m.LTime)
	return msgpack.AppendString(msgpack.AppendString(dst, "Node"), m.Node)
}

// decodeLeave reads a leave intent, type byte included. Old peers send no Prune.
func decodeLeave(b []byte) (m leaveIntent, err error) {
	d, err := newDecoder("leave", typeLeave, b)
	if err != nil {
		return m, err
	}
	err = d.fields([]string{"LTime", "Node", "Prune"}, func(field int) (err error) {
		switch field {
		case 0:
			m.LTime, err = d.r.Uint(math.MaxUint64)
		case 1:
			m.Node, err = d.text()
		case 2:
			m.Prune, err = d.r.Bool()
		}
		return err
	})
	return m, err
}

// decodeJoin reads a join intent, type byte included.
func decodeJoin(b []byte) (m joinIntent, err error) {
	d, err := newDecoder("join", typeJoin, b)
	if err != nil {
		return m, err
	}
	err = d.fields([]string{"LTime", "Node"}, func(field int) (err error) {
		switch field {
		case 0:
			m.LTime, err = d.r.Uint(math.MaxUint64)
		case 1:
			m.Node, err = d.text()
		}
		return err
	})
	return m, err
}
