package eventbus

import (
	"math"

	"serf/swim/msgpack"
)

// listMax is how many elements a list in a message may have: more than fit into a packet that was sent in earnest, and
// few enough that a hostile message cannot make much of little.
const listMax = 4096

// decoder walks the fields of one body: a map in any order, or an array in declaration order. The caller switches on
// field while more returns true, takes exactly one value each time, and asks err at the end.
//
//	for d.more() {
//		switch d.field {
//		case 0:
//			m.LTime = d.uint(math.MaxUint64)
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
		d.left, d.isMap, d.fault = d.r.Container()
	}
	return d
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

// inner takes a structure inside a field. read takes exactly one value for the field with that index.
func (d *decoder) inner(names []string, read func(field int)) {
	outer := *d
	d.names, d.field = names, -1
	d.left, d.isMap, d.fault = d.r.Container()
	for d.more() {
		read(d.field)
	}
	if d.fault == nil {
		d.names, d.field, d.left, d.isMap = outer.names, outer.field, outer.left, outer.isMap
	}
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

func (d *decoder) uint(max uint64) uint64 {
	u, err := d.r.Uint(max)
	d.fault = err
	return u
}

func (d *decoder) uint64() uint64 { return d.uint(math.MaxUint64) }
func (d *decoder) uint32() uint32 { return uint32(d.uint(math.MaxUint32)) }
func (d *decoder) uint16() uint16 { return uint16(d.uint(math.MaxUint16)) }
func (d *decoder) uint8() uint8   { return uint8(d.uint(math.MaxUint8)) }

func (d *decoder) int() int64 {
	i, err := d.r.Int()
	d.fault = err
	return i
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

func (d *decoder) text() string { return string(d.bytes()) }

// list takes the header of a list and returns its length; a map of n pairs counts as 2n elements, and nil gives -1.
func (d *decoder) list() int {
	if d.r.IsNil() {
		return -1
	}
	n, isMap, err := d.r.Container()
	if isMap {
		n = min(n, listMax) * 2
	}
	switch {
	case err != nil:
		d.fault = err
	case n > len(d.r.Rest()): // each needs a byte at least
		d.fault = ErrShort
	case n > listMax:
		d.fault = ErrElements
	}
	return n
}

// byteStrings takes a list of byte strings; nil gives nil.
func (d *decoder) byteStrings() [][]byte {
	n := d.list()
	if n < 0 || d.fault != nil {
		return nil
	}
	list := make([][]byte, 0, n)
	for range n {
		if list = append(list, d.bytes()); d.fault != nil {
			return nil
		}
	}
	return list
}

// texts takes a list of strings; nil gives nil.
func (d *decoder) texts() []string {
	n := d.list()
	if n < 0 || d.fault != nil {
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		if list = append(list, d.text()); d.fault != nil {
			return nil
		}
	}
	return list
}
