package swim

import "serf/swim/msgpack"

var indirectPingFields = []string{"SeqNo", "Target", "Port", "Node", "Nack", "SourceAddr", "SourcePort", "SourceNode"}

// AppendIndirectPing appends m with its type byte:
//
//	01  map  "Nack" bool  "Node" str  "Port" u16  "SeqNo" u32
//	    ["SourceAddr" bytes]  ["SourceNode" str]  ["SourcePort" u16]  "Target" bytes
func AppendIndirectPing(dst []byte, m *IndirectPing) []byte {
	dst = append(dst, byte(TypeIndirectPing))
	dst = msgpack.AppendMap(dst, 5+sourceFields(m.Source, m.SourceNode))
	dst = append(dst, "\xa4Nack"...)
	dst = msgpack.AppendBool(dst, m.WantNack)
	dst = append(dst, "\xa4Node"...)
	dst = msgpack.AppendRawBytes(dst, m.Node)
	dst = append(dst, "\xa4Port"...)
	dst = msgpack.AppendUint(dst, uint64(m.Target.Port()))
	dst = append(dst, "\xa5SeqNo"...)
	dst = msgpack.AppendUint(dst, uint64(m.Sequence))
	dst = appendSource(dst, m.Source, m.SourceNode)
	dst = append(dst, "\xa6Target"...)
	return appendAddr(dst, m.Target.Addr())
}

// DecodeIndirectPing decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeIndirectPing(b []byte) (IndirectPing, error) {
	var m IndirectPing
	d := open(b, TypeIndirectPing, indirectPingFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.Sequence = d.Uint32()
		case 1:
			m.Target = withAddr(m.Target, d.addr())
		case 2:
			m.Target = withPort(m.Target, d.Uint16())
		case 3:
			m.Node = d.Bytes()
		case 4:
			m.WantNack = d.Bool()
		case 5:
			m.Source = withAddr(m.Source, d.addr())
		case 6:
			m.Source = withPort(m.Source, d.Uint16())
		case 7:
			m.SourceNode = d.Bytes()
		}
	}
	return m, d.Err()
}
