package msgpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// DepthMax is how deep containers may nest; the reference refuses more.
const DepthMax = 1024

// Errors of the Reader. They are compared with errors.Is.
var (
	// ErrShort says that the input ended inside a value, or that a declared length exceeds what is left.
	ErrShort = errors.New("input too short")
	// ErrType says that a value is of a family that the field does not take.
	ErrType = errors.New("wrong type")
	// ErrRange says that an integer does not fit its field.
	ErrRange = errors.New("value out of range")
	// ErrDepth says that containers nest deeper than DepthMax.
	ErrDepth = errors.New("nested too deep")
	// ErrReserved says that the byte c1 was met.
	ErrReserved = errors.New("reserved byte c1")
)

// Reader takes values from the front of a byte slice. After an error its position is unspecified and the caller must
// give the input up. The zero Reader reads nothing.
type Reader struct {
	b   []byte
	off int
}

// NewReader returns a Reader at the start of b. It keeps b.
func NewReader(b []byte) Reader { return Reader{b: b} }

// Offset returns how many bytes were taken.
func (r *Reader) Offset() int { return r.off }

// Rest returns the bytes not yet taken.
func (r *Reader) Rest() []byte { return r.b[r.off:] }

// Pass takes what comes next if it is just p, a whole value, and says whether it did.
func (r *Reader) Pass(p []byte) bool {
	if !bytes.HasPrefix(r.b[r.off:], p) {
		return false
	}
	r.off += len(p)
	return true
}

// Peek returns the next byte without taking it, or ErrShort.
func (r *Reader) Peek() (byte, error) {
	if r.off >= len(r.b) {
		return 0, ErrShort
	}
	return r.b[r.off], nil
}

// IsNil takes a nil value if one is next and says whether it did.
func (r *Reader) IsNil() bool {
	if r.off < len(r.b) && r.b[r.off] == 0xc0 {
		r.off++
		return true
	}
	return false
}

// Byte takes one byte as it is.
func (r *Reader) Byte() (byte, error) {
	if r.off >= len(r.b) {
		return 0, ErrShort
	}
	c := r.b[r.off]
	r.off++
	return c, nil
}

// take returns the next n bytes; n is a declared length and may be absurd.
func (r *Reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.b)-r.off) {
		return nil, ErrShort
	}
	p := r.b[r.off : r.off+int(n) : r.off+int(n)]
	r.off += int(n)
	return p, nil
}

// uint reads n big-endian bytes, n one of 1, 2, 4, 8.
func (r *Reader) uint(n int) (uint64, error) {
	p, err := r.take(uint64(n))
	if err != nil {
		return 0, err
	}
	switch n {
	case 1:
		return uint64(p[0]), nil
	case 2:
		return uint64(binary.BigEndian.Uint16(p)), nil
	case 4:
		return uint64(binary.BigEndian.Uint32(p)), nil
	}
	return binary.BigEndian.Uint64(p), nil
}

// Container takes the header of a map or array and returns its length in pairs or elements. A nil value is an empty map.
func (r *Reader) Container() (n int, isMap bool, err error) {
	c, err := r.Byte()
	if err != nil {
		return 0, false, err
	}
	var u uint64
	switch {
	case c == 0xc0:
		return 0, true, nil
	case c&0xf0 == 0x80:
		return int(c & 0x0f), true, nil
	case c&0xf0 == 0x90:
		return int(c & 0x0f), false, nil
	case c == 0xde:
		u, err = r.uint(2)
		return length(u), true, err
	case c == 0xdf:
		u, err = r.uint(4)
		return length(u), true, err
	case c == 0xdc:
		u, err = r.uint(2)
		return length(u), false, err
	case c == 0xdd:
		u, err = r.uint(4)
		return length(u), false, err
	case c == 0xc1:
		return 0, false, ErrReserved
	}
	return 0, false, ErrType
}

// length returns u as an int; where ints have 32 bits the largest stands for all that no memory can hold.
func length(u uint64) int { return int(min(u, math.MaxInt)) }

// Bytes takes a byte string: raw, str8 or bin as a slice of the input, nil as nil, an array of integers 0..255 as a copy.
// An empty value that is not nil comes back non-nil.
func (r *Reader) Bytes() ([]byte, error) {
	c, err := r.Byte()
	if err != nil {
		return nil, err
	}
	var n uint64
	switch {
	case c&0xe0 == 0xa0:
		n = uint64(c & 0x1f)
	case c == 0xc0:
		return nil, nil
	case c == 0xd9, c == 0xc4:
		n, err = r.uint(1)
	case c == 0xda, c == 0xc5:
		n, err = r.uint(2)
	case c == 0xdb, c == 0xc6:
		n, err = r.uint(4)
	case c&0xf0 == 0x90, c == 0xdc, c == 0xdd:
		r.off--
		return r.byteArray()
	case c == 0xc1:
		return nil, ErrReserved
	default:
		return nil, ErrType
	}
	if err != nil {
		return nil, err
	}
	return r.take(n)
}

func (r *Reader) byteArray() ([]byte, error) {
	n, _, err := r.Container()
	if err != nil {
		return nil, err
	}
	if n > len(r.b)-r.off {
		return nil, ErrShort
	}
	p := make([]byte, n)
	for i := range p {
		u, err := r.Uint(math.MaxUint8)
		if err != nil {
			return nil, err
		}
		p[i] = byte(u)
	}
	return p, nil
}

// Uint takes an unsigned integer of any family up to max; nil gives 0.
func (r *Reader) Uint(max uint64) (uint64, error) {
	u, negative, err := r.integer()
	switch {
	case err != nil:
		return 0, err
	case negative, u > max:
		return 0, ErrRange
	}
	return u, nil
}

// Int takes a signed integer of any family; nil gives 0, and an unsigned value of 2^63 and more wraps negative, as the
// reference has it.
func (r *Reader) Int() (int64, error) {
	u, _, err := r.integer()
	return int64(u), err
}

// integer returns the two's complement bits and whether the value is negative.
func (r *Reader) integer() (bits uint64, negative bool, err error) {
	c, err := r.Byte()
	if err != nil {
		return 0, false, err
	}
	switch {
	case c < 0x80:
		return uint64(c), false, nil
	case c >= 0xe0:
		return uint64(int64(int8(c))), true, nil
	case c == 0xc0:
		return 0, false, nil
	case c >= 0xcc && c <= 0xcf:
		u, err := r.uint(1 << (c - 0xcc))
		return u, false, err
	case c >= 0xd0 && c <= 0xd3:
		n := 1 << (c - 0xd0)
		u, err := r.uint(n)
		if err != nil {
			return 0, false, err
		}
		shift := 64 - 8*n
		v := int64(u<<shift) >> shift
		return uint64(v), v < 0, nil
	case c == 0xc1:
		return 0, false, ErrReserved
	}
	return 0, false, ErrType
}

// Bool takes true, false, nil (false) or the fixints 0 and 1.
func (r *Reader) Bool() (bool, error) {
	c, err := r.Byte()
	if err != nil {
		return false, err
	}
	switch c {
	case 0xc2, 0xc0, 0x00:
		return false, nil
	case 0xc3, 0x01:
		return true, nil
	case 0xc1:
		return false, ErrReserved
	}
	return false, ErrType
}

// Float takes a 32 or 64-bit float or any integer; nil gives 0.
func (r *Reader) Float() (float64, error) {
	c, err := r.Peek()
	if err != nil {
		return 0, err
	}
	switch c {
	case 0xca:
		r.off++
		u, err := r.uint(4)
		return float64(math.Float32frombits(uint32(u))), err
	case 0xcb:
		r.off++
		u, err := r.uint(8)
		return math.Float64frombits(u), err
	}
	u, negative, err := r.integer()
	if negative {
		return float64(int64(u)), err
	}
	return float64(u), err
}

// Skip takes one value of any kind and throws it away.
func (r *Reader) Skip() error {
	start := r.off
	containers := 0
	for left := uint64(1); left > 0; left-- {
		children, err := r.skipHead()
		if err != nil {
			return err
		}
		left += children
		if children > 0 {
			containers++
		}
		if containers > DepthMax { // only now can they nest too deep
			r.off = start
			return r.skipDeep()
		}
	}
	return nil
}

// skipDeep is Skip with a count of the open containers. They need no stack of their own, however deep they nest.
func (r *Reader) skipDeep() error {
	var pending [DepthMax]uint64 // values still due in each
	depth := 0
	for left := uint64(1); ; {
		for left == 0 {
			if depth == 0 {
				return nil
			}
			depth--
			left = pending[depth]
		}
		left--
		children, err := r.skipHead()
		if err != nil {
			return err
		}
		if children > 0 {
			if depth == DepthMax {
				return ErrDepth
			}
			pending[depth] = left
			depth++
			left = children
		}
	}
}

// skipHead takes one scalar, or one container header and then returns how many values follow inside it.
func (r *Reader) skipHead() (children uint64, err error) {
	c, err := r.Byte()
	if err != nil {
		return 0, err
	}
	var n uint64
	switch {
	case c < 0x80, c >= 0xe0, c == 0xc0, c == 0xc2, c == 0xc3:
		return 0, nil
	case c&0xf0 == 0x80:
		return 2 * uint64(c&0x0f), nil
	case c&0xf0 == 0x90:
		return uint64(c & 0x0f), nil
	case c&0xe0 == 0xa0:
		n = uint64(c & 0x1f)
	case c == 0xc1:
		return 0, ErrReserved
	case c >= 0xc4 && c <= 0xc6: // bin
		n, err = r.uint(1 << (c - 0xc4))
	case c >= 0xc7 && c <= 0xc9: // ext: a type byte precedes the data
		n, err = r.uint(1 << (c - 0xc7))
		n++
	case c == 0xca:
		n = 4
	case c == 0xcb:
		n = 8
	case c >= 0xcc && c <= 0xcf:
		n = 1 << (c - 0xcc)
	case c >= 0xd0 && c <= 0xd3:
		n = 1 << (c - 0xd0)
	case c >= 0xd4 && c <= 0xd8: // fixext
		n = 1 + 1<<(c-0xd4)
	case c >= 0xd9 && c <= 0xdb: // str
		n, err = r.uint(1 << (c - 0xd9))
	case c == 0xdc:
		return r.uint(2)
	case c == 0xdd:
		return r.uint(4)
	case c == 0xde:
		n, err = r.uint(2)
		return 2 * n, err
	case c == 0xdf:
		n, err = r.uint(4)
		return 2 * n, err
	}
	if err != nil {
		return 0, err
	}
	_, err = r.take(n)
	return 0, err
}
