package eventbus

import (
	"time"

	"serf/swim/msgpack"
)

var queryFields = []string{
	"LTime", "ID", "Addr", "Port", "SourceNode", "Filters", "Flags", "RelayFactor", "Timeout", "Name", "Payload",
}

// AppendQuery appends m with its type byte:
//
//	04  map of 11  "Addr" bytes  "Filters" list of bytes  "Flags" u32  "ID" u32  "LTime" u64  "Name" str
//	"Payload" bytes  "Port" u16  "RelayFactor" u8  "SourceNode" str  "Timeout" i64 nanoseconds
func AppendQuery(dst []byte, m *QueryMessage) []byte {
	dst = append(dst, byte(TypeQuery), 0x8b)
	dst = append(dst, "\xa4Addr"...)
	dst = msgpack.AppendBytes(dst, m.Addr)
	dst = append(dst, "\xa7Filters"...)
	if m.Filters == nil {
		dst = append(dst, 0xc0)
	} else {
		dst = msgpack.AppendArray(dst, len(m.Filters))
		for _, f := range m.Filters {
			dst = msgpack.AppendBytes(dst, f)
		}
	}
	dst = append(dst, "\xa5Flags"...)
	dst = msgpack.AppendUint(dst, uint64(m.Flags))
	dst = append(dst, "\xa2ID"...)
	dst = msgpack.AppendUint(dst, uint64(m.ID))
	dst = append(dst, "\xa5LTime"...)
	dst = msgpack.AppendUint(dst, m.LTime)
	dst = append(dst, "\xa4Name"...)
	dst = msgpack.AppendRawBytes(dst, m.Name)
	dst = append(dst, "\xa7Payload"...)
	dst = msgpack.AppendBytes(dst, m.Payload)
	dst = append(dst, "\xa4Port"...)
	dst = msgpack.AppendUint(dst, uint64(m.Port))
	dst = append(dst, "\xabRelayFactor"...)
	dst = msgpack.AppendUint(dst, uint64(m.RelayFactor))
	dst = append(dst, "\xaaSourceNode"...)
	dst = msgpack.AppendRawBytes(dst, m.SourceNode)
	dst = append(dst, "\xa7Timeout"...)
	return msgpack.AppendInt(dst, int64(m.Timeout))
}

// DecodeQuery decodes the message b, type byte first. It fails with a *DecodeError. The length of the address is not
// checked, since reference peers gossip such a query on.
func DecodeQuery(b []byte) (QueryMessage, error) {
	var m QueryMessage
	d := open(b, TypeQuery, queryFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.LTime = d.Uint64()
		case 1:
			m.ID = d.Uint32()
		case 2:
			m.Addr = d.Bytes()
		case 3:
			m.Port = d.Uint16()
		case 4:
			m.SourceNode = d.Bytes()
		case 5:
			m.Filters = d.byteStrings()
		case 6:
			m.Flags = d.Uint32()
		case 7:
			m.RelayFactor = d.Uint8()
		case 8:
			m.Timeout = time.Duration(d.Int())
		case 9:
			m.Name = d.Bytes()
		case 10:
			m.Payload = d.Bytes()
		}
	}
	return m, d.Err()
}
