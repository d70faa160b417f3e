package envelope

import "encoding/binary"

// inflater decompresses. What a code stands for has always been written before, so an entry is a place in the output, and
// the table needs no clearing.
type inflater struct {
	entries [codeWidthMax]entry
}

// entry is a stretch of the output.
type entry struct{ at, n uint32 }

// copyBytes is how much a short copy moves at once; the output has that much room behind its end.
const copyBytes = 8

// bitReader takes codes from in.
type bitReader struct {
	in   []byte
	at   int
	bits uint64
	n    uint
}

// next returns the next code, or false when the input has ended.
func (r *bitReader) next(width uint) (code uint32, ok bool) {
	if r.n < width && !r.fill(width) {
		return 0, false
	}
	code = uint32(r.bits) & (1<<width - 1)
	r.bits >>= width
	r.n -= width
	return code, true
}

func (r *bitReader) fill(width uint) bool {
	if r.at+8 <= len(r.in) {
		r.bits |= binary.LittleEndian.Uint64(r.in[r.at:]) << r.n
		taken := (63 - r.n) >> 3
		r.at += int(taken)
		r.n += taken << 3
		r.bits &= 1<<r.n - 1
		return true
	}
	for r.at < len(r.in) && r.n <= 56 {
		r.bits |= uint64(r.in[r.at]) << r.n
		r.at++
		r.n += 8
	}
	return r.n >= width
}

// inflate appends to dst what src, compressed data with its end code, stands for. Bytes behind the end code are ignored.
// It fails with ErrShort without an end code, with ErrCode, and with ErrTooLarge before dst would exceed limit bytes in
// all; dst never grows beyond that limit and a few bytes. After an error the result is dst.
func (d *inflater) inflate(dst, src []byte, limit int) ([]byte, error) {
	in := bitReader{in: src}
	out, at := dst[:cap(dst)], len(dst)
	width, next := uint(codeBitsMin), uint32(codeEnd)
	var last entry // n is 0 when there is no last code to build on
	for {
		code, ok := in.next(width)
		if !ok {
			return dst, ErrShort
		}
		if code == codeClear {
			width, next, last = codeBitsMin, codeEnd, entry{}
			continue
		}
		if code == codeEnd {
			return out[:at], nil
		}
		if code > next {
			return dst, ErrCode
		}
		if last.n > 0 {
			d.entries[next&codeMax] = entry{last.at, last.n + 1}
		}
		n := 1
		if code > codeEnd {
			n = int(d.entries[code&codeMax].n)
		}
		if at+n+copyBytes > len(out) {
			if at+n > limit {
				return dst, ErrTooLarge
			}
			out = growOutput(out[:at], n, limit)
		}
		if code < codeClear {
			out[at] = byte(code)
		} else {
			d.copy(out, at, code, code == next && last.n > 0)
		}
		last = entry{uint32(at), uint32(n)}
		at += n
		next++
		if next>>width != 0 {
			if width == codeBitsMax { // the table is full until the next clear code
				next, last = codeMax, entry{}
			} else {
				width++
			}
		}
	}
}

// measure returns how long inflate's result would be, or its error, without writing any of it: a bomb costs its own few bytes.
func (d *inflater) measure(src []byte, limit int) (size int, err error) {
	in := bitReader{in: src}
	width, next, last := uint(codeBitsMin), uint32(codeEnd), uint32(0)
	for {
		code, ok := in.next(width)
		switch {
		case !ok:
			return 0, ErrShort
		case code == codeClear:
			width, next, last = codeBitsMin, codeEnd, 0
			continue
		case code == codeEnd:
			return size, nil
		case code > next:
			return 0, ErrCode
		}
		if last > 0 {
			d.entries[next&codeMax].n = last + 1
		}
		n := uint32(1)
		if code > codeEnd {
			n = d.entries[code&codeMax].n
		}
		if size += int(n); size > limit {
			return 0, ErrTooLarge
		}
		last = n
		next++
		if next>>width != 0 {
			if width == codeBitsMax { // the table is full until the next clear code
				next, last = codeMax, 0
			} else {
				width++
			}
		}
	}
}

// copy writes what code stands for at out[at:]. A fresh code ends with its own first byte, which is not there yet.
func (d *inflater) copy(out []byte, at int, code uint32, fresh bool) {
	e := d.entries[code&codeMax]
	from, n := int(e.at), int(e.n)
	if n <= copyBytes {
		binary.LittleEndian.PutUint64(out[at:], binary.LittleEndian.Uint64(out[from:]))
	} else {
		copy(out[at:at+n], out[from:from+n])
	}
	if fresh {
		out[at+n-1] = out[from]
	}
}

// growOutput returns a copy of out with room for at least n bytes more and a short copy behind, as its full length. It
// doubles what has really been written, up to limit.
func growOutput(out []byte, n, limit int) []byte {
	need := len(out) + n
	size := min(max(2*need, outputBytesMin), max(limit, need))
	grown := make([]byte, size+copyBytes)
	copy(grown, out)
	return grown
}

// outputBytesMin is the first size of an output: a gossip packet inflated.
const outputBytesMin = 4096
