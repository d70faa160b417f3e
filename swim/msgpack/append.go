package msgpack

import "math"

// AppendMap appends a map header for n pairs, 0 ≤ n < 2^32.
func AppendMap(dst []byte, n int) []byte {
	switch {
	case n < 16:
		return append(dst, 0x80|byte(n))
	case n <= math.MaxUint16:
		return append(dst, 0xde, byte(n>>8), byte(n))
	}
	return append(dst, 0xdf, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// AppendArray appends an array header for n elements, 0 ≤ n < 2^32.
func AppendArray(dst []byte, n int) []byte {
	switch {
	case n < 16:
		return append(dst, 0x90|byte(n))
	case n <= math.MaxUint16:
		return append(dst, 0xdc, byte(n>>8), byte(n))
	}
	return append(dst, 0xdd, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// AppendRaw appends the header of a raw value of n bytes: the family that strings and byte strings share.
func AppendRaw(dst []byte, n int) []byte {
	switch {
	case n < 32:
		return append(dst, 0xa0|byte(n))
	case n <= math.MaxUint16:
		return append(dst, 0xda, byte(n>>8), byte(n))
	}
	return append(dst, 0xdb, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// AppendString appends s as raw.
func AppendString(dst []byte, s string) []byte {
	return append(AppendRaw(dst, len(s)), s...)
}

// AppendRawBytes appends b as raw, nil like the empty string: a string that is at hand as bytes.
func AppendRawBytes(dst, b []byte) []byte {
	return append(AppendRaw(dst, len(b)), b...)
}

// AppendBytes appends b as raw; nil becomes the nil value, which peers keep apart from an empty byte string.
func AppendBytes(dst, b []byte) []byte {
	if b == nil {
		return append(dst, 0xc0)
	}
	return append(AppendRaw(dst, len(b)), b...)
}

// AppendUint appends v in its shortest unsigned form.
func AppendUint(dst []byte, v uint64) []byte {
	switch {
	case v < 128:
		return append(dst, byte(v))
	case v <= math.MaxUint8:
		return append(dst, 0xcc, byte(v))
	case v <= math.MaxUint16:
		return append(dst, 0xcd, byte(v>>8), byte(v))
	case v <= math.MaxUint32:
		return append(dst, 0xce, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return append(dst, 0xcf, byte(v>>56), byte(v>>48), byte(v>>40), byte(v>>32), byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// AppendInt appends v in its shortest signed form: 128 is d1 00 80, never cc 80, because reference peers write signed
// fields so and vectors compare bytes.
func AppendInt(dst []byte, v int64) []byte {
	switch {
	case v >= -32 && v < 128:
		return append(dst, byte(v))
	case v >= math.MinInt8 && v < 0:
		return append(dst, 0xd0, byte(v))
	case v >= math.MinInt16 && v <= math.MaxInt16:
		return append(dst, 0xd1, byte(v>>8), byte(v))
	case v >= math.MinInt32 && v <= math.MaxInt32:
		return append(dst, 0xd2, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return append(dst, 0xd3, byte(v>>56), byte(v>>48), byte(v>>40), byte(v>>32), byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// AppendBool appends c3 or c2.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 0xc3)
	}
	return append(dst, 0xc2)
}

// AppendFloat32 appends v as a 32-bit float.
func AppendFloat32(dst []byte, v float32) []byte {
	u := math.Float32bits(v)
	return append(dst, 0xca, byte(u>>24), byte(u>>16), byte(u>>8), byte(u))
}

// AppendFloat appends v as a 64-bit float.
func AppendFloat(dst []byte, v float64) []byte {
	u := math.Float64bits(v)
	return append(dst, 0xcb, byte(u>>56), byte(u>>48), byte(u>>40), byte(u>>32), byte(u>>24), byte(u>>16), byte(u>>8), byte(u))
}
