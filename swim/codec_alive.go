package swim

import "serf/swim/msgpack"

var aliveFields = []string{"Incarnation", "Node", "Addr", "Port", "Meta", "Vsn"}

// AppendAlive appends m with its type byte:
//
//	04  map of 6  "Addr" bytes  "Incarnation" u32  "Meta" bytes  "Node" str  "Port" u16  "Vsn" bytes
func AppendAlive(dst []byte, m *AliveMessage) []byte {
	dst = append(dst, byte(TypeAlive), 0x86)
	dst = append(dst, "\xa4Addr"...)
	dst = appendAddr(dst, m.Addr.Addr())
	dst = append(dst, "\xabIncarnation"...)
	dst = msgpack.AppendUint(dst, uint64(m.Incarnation))
	dst = append(dst, "\xa4Meta"...)
	dst = msgpack.AppendBytes(dst, m.Meta)
	dst = append(dst, "\xa4Node"...)
	dst = msgpack.AppendRawBytes(dst, m.Node)
	dst = append(dst, "\xa4Port"...)
	dst = msgpack.AppendUint(dst, uint64(m.Addr.Port()))
	dst = append(dst, "\xa3Vsn"...)
	return msgpack.AppendBytes(dst, m.Versions)
}

// DecodeAlive decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeAlive(b []byte) (AliveMessage, error) {
	var m AliveMessage
	d := open(b, TypeAlive, aliveFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.Incarnation = d.Uint32()
		case 1:
			m.Node = d.Bytes()
		case 2:
			m.Addr = withAddr(m.Addr, d.addr())
		case 3:
			m.Addr = withPort(m.Addr, d.Uint16())
		case 4:
			m.Meta = d.Bytes()
		case 5:
			m.Versions = d.Bytes()
		}
	}
	return m, d.Err()
}
