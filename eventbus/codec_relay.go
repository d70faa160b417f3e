package eventbus

import (
	"net/netip"

	"serf/swim/msgpack"
)

var (
	relayFields = []string{"DestAddr", "DestName"}
	destFields  = []string{"IP", "Port", "Zone"}
)

// AppendRelay appends m with its type byte; Inner follows the map without length or separator:
//
//	09  map of 2  "DestAddr" map of 3 ("IP" bytes  "Port" i64  "Zone" str)  "DestName" str
//	inner message
//
// The port is written in the signed forms, unlike that of a query.
func AppendRelay(dst []byte, m *RelayMessage) []byte {
	dst = append(dst, byte(TypeRelay), 0x82)
	dst = append(dst, "\xa8DestAddr\x83\xa2IP"...)
	dst = msgpack.AppendBytes(dst, m.IP)
	dst = append(dst, "\xa4Port"...)
	dst = msgpack.AppendInt(dst, m.Port)
	dst = append(dst, "\xa4Zone"...)
	dst = msgpack.AppendRawBytes(dst, m.Zone)
	dst = append(dst, "\xa8DestName"...)
	dst = msgpack.AppendRawBytes(dst, m.Node)
	return append(dst, m.Inner...)
}

// AppendRelayTo appends what asks a member to pass inner on to the one called node at to.
func AppendRelayTo(dst []byte, to netip.AddrPort, node string, inner []byte) []byte {
	m := RelayMessage{IP: to.Addr().AsSlice(), Port: int64(to.Port()), Node: []byte(node), Inner: inner}
	return AppendRelay(dst, &m)
}

// DecodeRelay decodes the message b, type byte first. It fails with a *DecodeError. What is inside is not looked at.
func DecodeRelay(b []byte) (RelayMessage, error) {
	var m RelayMessage
	d := open(b, TypeRelay, relayFields)
	for d.More() {
		switch d.Field {
		case 0:
			d.Inner(destFields, func(field int) {
				switch field {
				case 0:
					m.IP = d.Bytes()
				case 1:
					m.Port = d.Int()
				case 2:
					m.Zone = d.Bytes()
				}
			})
		case 1:
			m.Node = d.Bytes()
		}
	}
	if err := d.Err(); err != nil {
		return m, err
	}
	m.Inner = d.R.Rest()
	return m, nil
}
