package swim

import "serf/swim/msgpack"

var (
	ackFields  = []string{"SeqNo", "Payload"}
	nackFields = []string{"SeqNo"}
)

// AppendAck appends m with its type byte:
//
//	02  map of 2  "Payload" bytes  "SeqNo" u32
func AppendAck(dst []byte, m *Ack) []byte {
	dst = append(dst, byte(TypeAck), 0x82)
	dst = append(dst, "\xa7Payload"...)
	dst = msgpack.AppendBytes(dst, m.Payload)
	dst = append(dst, "\xa5SeqNo"...)
	return msgpack.AppendUint(dst, uint64(m.Sequence))
}

// DecodeAck decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeAck(b []byte) (Ack, error) {
	var m Ack
	d := open(b, TypeAck, ackFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.Sequence = d.Uint32()
		case 1:
			m.Payload = d.Bytes()
		}
	}
	return m, d.Err()
}

// AppendNack appends m with its type byte:
//
//	0b  map of 1  "SeqNo" u32
func AppendNack(dst []byte, m *Nack) []byte {
	dst = append(dst, byte(TypeNack), 0x81)
	dst = append(dst, "\xa5SeqNo"...)
	return msgpack.AppendUint(dst, uint64(m.Sequence))
}

// DecodeNack decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeNack(b []byte) (Nack, error) {
	var m Nack
	d := open(b, TypeNack, nackFields)
	for d.More() {
		m.Sequence = d.Uint32()
	}
	return m, d.Err()
}
