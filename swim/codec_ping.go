package swim

import "serf/swim/msgpack"

var pingFields = []string{"SeqNo", "Node", "SourceAddr", "SourcePort", "SourceNode"}

// AppendPing appends m with its type byte:
//
//	00  map  "Node" str  "SeqNo" u32  ["SourceAddr" bytes]  ["SourceNode" str]  ["SourcePort" u16]
//
// Fields in brackets are left out when empty or zero.
func AppendPing(dst []byte, m *Ping) []byte {
	dst = append(dst, byte(TypePing))
	dst = msgpack.AppendMap(dst, 2+sourceFields(m.Source, m.SourceNode))
	dst = append(dst, "\xa4Node"...)
	dst = msgpack.AppendRawBytes(dst, m.Node)
	dst = append(dst, "\xa5SeqNo"...)
	dst = msgpack.AppendUint(dst, uint64(m.Sequence))
	return appendSource(dst, m.Source, m.SourceNode)
}

// DecodePing decodes the message b, type byte first. It fails with a *DecodeError.
func DecodePing(b []byte) (Ping, error) {
	var m Ping
	d := open(b, TypePing, pingFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.Sequence = d.Uint32()
		case 1:
			m.Node = d.Bytes()
		case 2:
			m.Source = withAddr(m.Source, d.addr())
		case 3:
			m.Source = withPort(m.Source, d.Uint16())
		case 4:
			m.SourceNode = d.Bytes()
		}
	}
	return m, d.Err()
}
