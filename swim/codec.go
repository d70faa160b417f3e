package swim

import (
	"math"
	"net/netip"

	"serf/swim/msgpack"
)

// decoder walks the fields of one body: a map in any order, or an array in declaration order. The caller switches on
// field while more returns true, takes exactly one value each time, and asks err at the end.
//
//	for d.more() {
//		switch d.field {
//		case 0:
//			m.Sequence = d.uint32()
//
// A field that occurs twice is simply assigned twice, so that the last one wins; unknown keys and elements beyond the last
// field are skipped.
type decoder struct {
	r     msgpack.Reader
	names []string // of the fields, in declaration order
	field int      // index into names of the value that is next
	left  int      // pairs or elements that are still to come
	isMap bool
	kind  MessageType
	fault error // reason of the first failure
}

// open starts to decode the message b, type byte first, of the given kind.
func open(b []byte, kind MessageType, names []string) decoder {
	d := decoder{r: msgpack.NewReader(b), kind: kind, names: names, field: -1}
	switch t, err := d.r.Byte(); {
	case err != nil:
		d.fault = err
	case MessageType(t) != kind:
		d.fault = ErrType
	default:
		d.body(names)
	}
	return d
}

// body starts the next body, of fields called names.
func (d *decoder) body(names []string) {
	if d.fault != nil {
		return
	}
	d.names, d.field = names, -1
	d.left, d.isMap, d.fault = d.r.Container()
}

// more goes to the next known field and returns false when there is none or something failed.
func (d *decoder) more() bool {
	for d.fault == nil && d.left > 0 {
		d.left--
		if !d.isMap {
			d.field++
		} else if !d.key() {
			return false
		}
		if d.field >= 0 && d.field < len(d.names) {
			return true
		}
		d.fault = d.r.Skip()
	}
	return false
}

// key takes a key and makes field its index, -1 when it is unknown. It returns false when it failed.
func (d *decoder) key() bool {
	d.field = -1
	key, err := d.r.Bytes()
	if err != nil {
		d.fault = err
		return false
	}
	for i, name := range d.names {
		if name == string(key) {
			d.field = i
			break
		}
	}
	return true
}

// err returns nil, or what went wrong as a DecodeError.
func (d *decoder) err() error {
	if d.fault == nil {
		return nil
	}
	name := ""
	if d.field >= 0 && d.field < len(d.names) {
		name = d.names[d.field]
	}
	return &DecodeError{Message: d.kind, Field: name, Offset: d.r.Offset(), Err: d.fault}
}

func (d *decoder) uint32() uint32 {
	u, err := d.r.Uint(math.MaxUint32)
	d.fault = err
	return uint32(u)
}

func (d *decoder) uint16() uint16 {
	u, err := d.r.Uint(math.MaxUint16)
	d.fault = err
	return uint16(u)
}

func (d *decoder) int() int64 {
	i, err := d.r.Int()
	d.fault = err
	return i
}

// limit fails when n, declared in the field with that index, does not lie within 0..max.
func (d *decoder) limit(field int, n, max int64) {
	if d.fault == nil && (n < 0 || n > max) {
		d.field, d.fault = field, ErrDeclared
	}
}

func (d *decoder) bool() bool {
	v, err := d.r.Bool()
	d.fault = err
	return v
}

func (d *decoder) bytes() []byte {
	b, err := d.r.Bytes()
	d.fault = err
	return b
}

// addr takes an address of 4 or 16 bytes; nil and empty give the invalid Addr.
func (d *decoder) addr() netip.Addr {
	b := d.bytes()
	a, ok := netip.AddrFromSlice(b)
	if !ok && len(b) > 0 {
		d.fault = ErrAddress
	}
	return a
}

// tail takes the n ≥ 0 bytes of user data that follow the last body.
func (d *decoder) tail(n int64) []byte {
	if d.fault != nil || n == 0 {
		return nil
	}
	rest := d.r.Rest()
	if n > int64(len(rest)) {
		d.field, d.fault = -1, ErrShort
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
