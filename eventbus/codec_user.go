package eventbus

import "serf/swim/msgpack"

var userFields = []string{"LTime", "Name", "Payload", "CC"}

// AppendUser appends m with its type byte:
//
//	03  map of 4  "CC" bool  "LTime" u64  "Name" str  "Payload" bytes
func AppendUser(dst []byte, m *UserMessage) []byte {
	dst = append(dst, byte(TypeUser), 0x84)
	dst = append(dst, "\xa2CC"...)
	dst = msgpack.AppendBool(dst, m.Coalesce)
	dst = append(dst, "\xa5LTime"...)
	dst = msgpack.AppendUint(dst, m.LTime)
	dst = append(dst, "\xa4Name"...)
	dst = msgpack.AppendRawBytes(dst, m.Name)
	dst = append(dst, "\xa7Payload"...)
	return msgpack.AppendBytes(dst, m.Payload)
}

// DecodeUser decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeUser(b []byte) (UserMessage, error) {
	var m UserMessage
	d := open(b, TypeUser, userFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.LTime = d.Uint64()
		case 1:
			m.Name = d.Bytes()
		case 2:
			m.Payload = d.Bytes()
		case 3:
			m.Coalesce = d.Bool()
		}
	}
	return m, d.Err()
}
