package swim

import "serf/swim/msgpack"

var suspectFields = []string{"Incarnation", "Node", "From"}

// AppendSuspect appends m with its type byte:
//
//	03  map of 3  "From" str  "Incarnation" u32  "Node" str
func AppendSuspect(dst []byte, m *SuspectMessage) []byte {
	return appendAccusation(dst, TypeSuspect, m)
}

// AppendDead appends m with its type byte, 05; the body is that of SuspectMessage.
func AppendDead(dst []byte, m *DeadMessage) []byte {
	return appendAccusation(dst, TypeDead, (*SuspectMessage)(m))
}

// DecodeSuspect decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeSuspect(b []byte) (SuspectMessage, error) { return decodeAccusation(b, TypeSuspect) }

// DecodeDead decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeDead(b []byte) (DeadMessage, error) {
	m, err := decodeAccusation(b, TypeDead)
	return DeadMessage(m), err
}

func appendAccusation(dst []byte, kind MessageType, m *SuspectMessage) []byte {
	dst = append(dst, byte(kind), 0x83)
	dst = append(dst, "\xa4From"...)
	dst = msgpack.AppendRawBytes(dst, m.From)
	dst = append(dst, "\xabIncarnation"...)
	dst = msgpack.AppendUint(dst, uint64(m.Incarnation))
	dst = append(dst, "\xa4Node"...)
	return msgpack.AppendRawBytes(dst, m.Node)
}

func decodeAccusation(b []byte, kind MessageType) (SuspectMessage, error) {
	var m SuspectMessage
	d := open(b, kind, suspectFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.Incarnation = d.Uint32()
		case 1:
			m.Node = d.Bytes()
		case 2:
			m.From = d.Bytes()
		}
	}
	return m, d.Err()
}
