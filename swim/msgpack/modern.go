package msgpack

import "math"

// AppendStr appends s in the str family of the newer profile, in which RPC speaks: fixstr, str8, str16, str32.
func AppendStr(dst []byte, s string) []byte {
	if n := len(s); n >= 32 && n <= math.MaxUint8 {
		return append(append(dst, 0xd9, byte(n)), s...)
	}
	return AppendString(dst, s)
}

// AppendBin appends b in the bin family of the newer profile; nil becomes the nil value.
func AppendBin(dst, b []byte) []byte {
	n := len(b)
	switch {
	case b == nil:
		return append(dst, 0xc0)
	case n <= math.MaxUint8:
		dst = append(dst, 0xc4, byte(n))
	case n <= math.MaxUint16:
		dst = append(dst, 0xc5, byte(n>>8), byte(n))
	default:
		dst = append(dst, 0xc6, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(dst, b...)
}
