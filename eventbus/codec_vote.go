package eventbus

import (
	"maps"
	"net/netip"
	"slices"

	"serf/swim/msgpack"
)

var voteFields = []string{
	"Name", "Addr", "Port", "Tags", "Status",
	"ProtocolMin", "ProtocolMax", "ProtocolCur", "DelegateMin", "DelegateMax", "DelegateCur",
}

// versionsField is the index in voteFields of the first of Versions.
const versionsField = 5

// AppendVote appends with its type byte what a member knows of a disputed name; m is nil when it knows nobody so called:
//
//	06  nil
//	06  map of 11  "Addr" bytes  "DelegateCur" u8  "DelegateMax" u8  "DelegateMin" u8  "Name" str  "Port" u16
//	"ProtocolCur" u8  "ProtocolMax" u8  "ProtocolMin" u8  "Status" i64  "Tags" map of str to str
func AppendVote(dst []byte, m *Member) []byte {
	dst = append(dst, byte(TypeVote))
	if m == nil {
		return append(dst, 0xc0)
	}
	dst = append(dst, "\x8b\xa4Addr"...)
	dst = msgpack.AppendBytes(dst, m.Addr.Addr().AsSlice())
	dst = append(dst, "\xabDelegateCur"...)
	dst = msgpack.AppendUint(dst, uint64(m.Versions[5]))
	dst = append(dst, "\xabDelegateMax"...)
	dst = msgpack.AppendUint(dst, uint64(m.Versions[4]))
	dst = append(dst, "\xabDelegateMin"...)
	dst = msgpack.AppendUint(dst, uint64(m.Versions[3]))
	dst = append(dst, "\xa4Name"...)
	dst = msgpack.AppendString(dst, m.Name)
	dst = append(dst, "\xa4Port"...)
	dst = msgpack.AppendUint(dst, uint64(m.Addr.Port()))
	dst = append(dst, "\xabProtocolCur"...)
	dst = msgpack.AppendUint(dst, uint64(m.Versions[2]))
	dst = append(dst, "\xabProtocolMax"...)
	dst = msgpack.AppendUint(dst, uint64(m.Versions[1]))
	dst = append(dst, "\xabProtocolMin"...)
	dst = msgpack.AppendUint(dst, uint64(m.Versions[0]))
	dst = append(dst, "\xa6Status"...)
	dst = msgpack.AppendInt(dst, int64(m.Status))
	dst = append(dst, "\xa4Tags"...)
	return appendTags(dst, m.Tags)
}

func appendTags(dst []byte, tags map[string]string) []byte {
	if tags == nil {
		return append(dst, 0xc0)
	}
	dst = msgpack.AppendMap(dst, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		dst = msgpack.AppendString(msgpack.AppendString(dst, key), tags[key])
	}
	return dst
}

// DecodeVote decodes the message b, type byte first; nil when the sender knows nobody so called. An address that is none
// and a status unknown here are left out. It fails with a *DecodeError.
func DecodeVote(b []byte) (*Member, error) {
	if len(b) > 1 && MessageType(b[0]) == TypeVote && b[1] == 0xc0 {
		return nil, nil
	}
	m := new(Member)
	var addr []byte
	var port uint16
	d := open(b, TypeVote, voteFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.Name = d.Text()
		case 1:
			addr = d.Bytes()
		case 2:
			port = d.Uint16()
		case 3:
			m.Tags = d.tags()
		case 4:
			if s := d.Int(); s >= 0 && s <= int64(StatusFailed) {
				m.Status = Status(s)
			} else {
				m.Status = StatusNone
			}
		default:
			m.Versions[d.Field-versionsField] = d.Uint8()
		}
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	a, _ := netip.AddrFromSlice(addr)
	m.Addr = netip.AddrPortFrom(a, port)
	return m, nil
}

// tags takes a map of strings; nil gives nil.
func (d *decoder) tags() map[string]string {
	if d.R.IsNil() {
		return nil
	}
	n, isMap, err := d.R.Container()
	switch {
	case err != nil:
		d.Fail(err)
	case !isMap:
		d.Fail(ErrType)
	case n > len(d.R.Rest()):
		d.Fail(ErrShort)
	case n > listMax:
		d.Fail(ErrElements)
	}
	if d.Fault() != nil {
		return nil
	}
	tags := make(map[string]string)
	for range n {
		key := d.Text()
		if d.Fault() != nil {
			return nil
		}
		if tags[key] = d.Text(); d.Fault() != nil {
			return nil
		}
	}
	return tags
}
