package swim

import (
	"net/netip"

	"serf/swim/msgpack"
)

// decoder takes one message apart.
type decoder struct{ msgpack.Message[MessageType] }

// open starts to decode the message b, type byte first, of the given kind.
func open(b []byte, kind MessageType, names []string) decoder {
	return decoder{msgpack.OpenMessage(b, kind, names)}
}

// limit fails when n, declared in the field with that index, does not lie within 0..max.
func (d *decoder) limit(field int, n, max int64) {
	if n < 0 || n > max {
		d.FailIn(field, ErrDeclared)
	}
}

// addr takes an address of 4 or 16 bytes; nil and empty give the invalid Addr.
func (d *decoder) addr() netip.Addr {
	b := d.Bytes()
	a, ok := netip.AddrFromSlice(b)
	if !ok && len(b) > 0 {
		d.Fail(ErrAddress)
	}
	return a
}

// tail takes the n ≥ 0 bytes of user data that follow the last body.
func (d *decoder) tail(n int64) []byte {
	if d.Fault() != nil || n == 0 {
		return nil
	}
	rest := d.R.Rest()
	if n > int64(len(rest)) {
		d.FailIn(-1, ErrShort)
		return nil
	}
	return rest[:n:n]
}

// withAddr and withPort replace one half of an address and port: the halves travel as two fields in any order.
func withAddr(ap netip.AddrPort, a netip.Addr) netip.AddrPort {
	return netip.AddrPortFrom(a, ap.Port())
}
func withPort(ap netip.AddrPort, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr(), port)
}

// appendAddr appends a in its own form; the invalid Addr becomes nil.
func appendAddr(dst []byte, a netip.Addr) []byte {
	switch {
	case a.Is4():
		b := a.As4()
		return append(append(dst, 0xa4), b[:]...)
	case a.IsValid():
		b := a.As16()
		return append(append(dst, 0xb0), b[:]...)
	}
	return append(dst, 0xc0)
}
