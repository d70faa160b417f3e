package rpc

import (
	"math"
	"net"

	"serf/eventbus"
	"serf/swim/msgpack"
)

// Member is a member of the cluster as clients see it.
type Member struct {
	Name string
	// Addr has 4 bytes for IPv4, 16 for IPv6; a reference agent may send IPv4 in 16.
	Addr net.IP
	Port uint16
	// Tags is nil when there are none.
	Tags map[string]string
	// Status is "alive", "leaving", "left", "failed" or "none".
	Status string
	// The gossip protocol: what the member understands and what it speaks.
	ProtocolMin, ProtocolMax, ProtocolCur uint8
	// The Serf protocol likewise.
	DelegateMin, DelegateMax, DelegateCur uint8
}

// appendMember appends m as the map that members, members-filtered and streamed member events carry.
func appendMember(dst []byte, m *eventbus.Member) []byte {
	v := &m.Versions
	dst = msgpack.AppendStr(msgpack.AppendMap(dst, 11), "Addr")
	dst = appendAddr(dst, m)
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "DelegateCur"), uint64(v[5]))
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "DelegateMax"), uint64(v[4]))
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "DelegateMin"), uint64(v[3]))
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Name"), m.Name)
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "Port"), uint64(m.Addr.Port()))
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "ProtocolCur"), uint64(v[2]))
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "ProtocolMax"), uint64(v[1]))
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "ProtocolMin"), uint64(v[0]))
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Status"), m.Status.String())
	return appendTextMap(msgpack.AppendStr(dst, "Tags"), m.Tags)
}

// appendAddr appends the address without its port: 4 or 16 bytes, nil when there is none.
func appendAddr(dst []byte, m *eventbus.Member) []byte {
	addr := m.Addr.Addr()
	switch {
	case addr.Is4():
		p := addr.As4()
		return msgpack.AppendBin(dst, p[:])
	case addr.Is6():
		p := addr.As16()
		return msgpack.AppendBin(dst, p[:])
	}
	return msgpack.AppendBin(dst, nil)
}

// decodeMembers takes the body of a reply to members or members-filtered.
func decodeMembers(b []byte) (members []Member, err error) {
	d := memberDecoder{known: make(map[string]string)}
	err = decodeMap("members", b, func(key string, r *msgpack.Reader) error {
		if key != "Members" {
			return r.Skip()
		}
		members, err = d.list(r)
		return err
	})
	return members, err
}

// memberDecoder keeps one copy of each text that many members share: tag keys, tag values, statuses.
type memberDecoder struct {
	known map[string]string
}

// knownMax bounds the texts kept, so that values that differ on every member do not cost a map entry each.
const knownMax = 256

// memberBytesMin is how long a member is at least, one that has an empty name and nothing else. Lists of shorter ones could be made to
// take a hundred times their length.
const memberBytesMin = len("\x81\xa4Name\xa0")

func (d *memberDecoder) list(r *msgpack.Reader) ([]Member, error) {
	n, err := arrayHead(r)
	if err != nil {
		return nil, err
	}
	if n > len(r.Rest())/memberBytesMin {
		return nil, msgpack.ErrShort
	}
	if n == 0 {
		return nil, nil
	}
	members := make([]Member, 0, n)
	for range n {
		members = append(members, Member{})
		if err := d.member(r, &members[len(members)-1]); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func (d *memberDecoder) member(r *msgpack.Reader, m *Member) error {
	n, err := mapHead(r)
	if err != nil {
		return err
	}
	for range n {
		key, err := r.Bytes()
		if err != nil {
			return err
		}
		if err := d.field(key, r, m); err != nil {
			return err
		}
	}
	return nil
}

func (d *memberDecoder) field(key []byte, r *msgpack.Reader, m *Member) error {
	switch string(key) {
	case "Addr":
		p, err := r.Bytes()
		m.Addr = append(net.IP(nil), p...)
		return err
	case "DelegateCur":
		return decodeUint8(r, &m.DelegateCur)
	case "DelegateMax":
		return decodeUint8(r, &m.DelegateMax)
	case "DelegateMin":
		return decodeUint8(r, &m.DelegateMin)
	case "Name":
		return decodeText(r, &m.Name)
	case "Port":
		port, err := r.Uint(math.MaxUint16)
		m.Port = uint16(port)
		return err
	case "ProtocolCur":
		return decodeUint8(r, &m.ProtocolCur)
	case "ProtocolMax":
		return decodeUint8(r, &m.ProtocolMax)
	case "ProtocolMin":
		return decodeUint8(r, &m.ProtocolMin)
	case "Status":
		return d.text(r, &m.Status)
	case "Tags":
		return d.tags(r, m)
	}
	return r.Skip()
}

func (d *memberDecoder) tags(r *msgpack.Reader, m *Member) error {
	n, err := mapHead(r)
	if err != nil || n == 0 {
		return err
	}
	m.Tags = make(map[string]string, min(n, 16))
	for range n {
		var key, value string
		if err := d.text(r, &key); err != nil {
			return err
		}
		if err := d.text(r, &value); err != nil {
			return err
		}
		m.Tags[key] = value
	}
	return nil
}

func (d *memberDecoder) text(r *msgpack.Reader, to *string) error {
	p, err := r.Bytes()
	if err != nil {
		return err
	}
	s, ok := d.known[string(p)]
	if !ok {
		s = string(p)
		if len(d.known) < knownMax {
			d.known[s] = s
		}
	}
	*to = s
	return nil
}
