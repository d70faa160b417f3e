package eventbus

import "serf/swim/msgpack"

var responseFields = []string{"LTime", "ID", "From", "Flags", "Payload"}

// AppendResponse appends m with its type byte:
//
//	05  map of 5  "Flags" u32  "From" str  "ID" u32  "LTime" u64  "Payload" bytes
func AppendResponse(dst []byte, m *ResponseMessage) []byte {
	dst = append(dst, byte(TypeResponse), 0x85)
	dst = append(dst, "\xa5Flags"...)
	dst = msgpack.AppendUint(dst, uint64(m.Flags))
	dst = append(dst, "\xa4From"...)
	dst = msgpack.AppendRawBytes(dst, m.From)
	dst = append(dst, "\xa2ID"...)
	dst = msgpack.AppendUint(dst, uint64(m.ID))
	dst = append(dst, "\xa5LTime"...)
	dst = msgpack.AppendUint(dst, m.LTime)
	dst = append(dst, "\xa7Payload"...)
	return msgpack.AppendBytes(dst, m.Payload)
}

// DecodeResponse decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeResponse(b []byte) (ResponseMessage, error) {
	var m ResponseMessage
	d := open(b, TypeResponse, responseFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.LTime = d.Uint64()
		case 1:
			m.ID = d.Uint32()
		case 2:
			m.From = d.Bytes()
		case 3:
			m.Flags = d.Uint32()
		case 4:
			m.Payload = d.Bytes()
		}
	}
	return m, d.Err()
}
