package envelope

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"serf/swim/msgpack"
)

const (
	typeCompress = 9
	algorithmLZW = 0
)

// compressHeader is all of a compress message before the length of its data: {"Algo": 0, "Buf": ...}.
const compressHeader = "\x09\x82\xa4Algo\x00\xa3Buf"

// compress replaces dst[at:] by its compress message if that is shorter, and otherwise leaves it alone.
func (s *Sealer) compress(dst []byte, at int) []byte {
	text := dst[at:]
	if !s.cfg.Compression || len(text) < s.cfg.CompressBytesMin {
		return dst
	}
	room := len(text) - 1 - compressOverhead(len(text))
	if room <= 0 {
		return dst
	}
	s.packed = slices.Grow(s.packed[:0], room+bitSlack)[:room+bitSlack]
	n, ok := s.deflater.deflate(s.packed, text)
	if !ok {
		return dst
	}
	dst = appendCompress(dst[:at], s.packed[:n])
	if cap(s.packed) > DatagramBytesMax+bitSlack {
		s.packed = nil // a stream's megabyte is not kept for pings
	}
	return dst
}

// appendCompress appends the compress message for packed data.
func appendCompress(dst, packed []byte) []byte {
	dst = msgpack.AppendRaw(append(dst, compressHeader...), len(packed))
	return append(dst, packed...)
}

// compressOverhead returns the most bytes that appendCompress adds to n bytes and less.
func compressOverhead(n int) int {
	switch {
	case n < 32:
		return len(compressHeader) + 1
	case n <= math.MaxUint16:
		return len(compressHeader) + 3
	}
	return len(compressHeader) + 5
}

// measuredBytesMin is from how much compressed data on a stream's result is measured first, so that it grows to its size at once
// and a bomb to nothing.
const measuredBytesMin = 4096

// decompress appends to dst what the compress message b, type byte first, holds; dst never exceeds limit bytes. It fails
// with ErrShort, ErrBody, ErrAlgorithm, ErrCode, ErrTooLarge, and with ErrEmpty when nothing comes out. cut says that it
// was the message that ended too early, not the data in it.
func (d *inflater) decompress(dst, b []byte, limit int) (out []byte, cut bool, err error) {
	packed, err := parseCompress(b[1:])
	if err != nil {
		return dst, errors.Is(err, ErrShort), err
	}
	if dst == nil && len(packed) > measuredBytesMin {
		size, err := d.measure(packed, limit)
		if err != nil {
			return nil, false, err
		}
		dst = make([]byte, 0, size+copyBytes)
	}
	out, err = d.inflate(dst, packed, limit)
	if err == nil && len(out) == len(dst) {
		err = fmt.Errorf("decompressed %w", ErrEmpty)
	}
	return out, false, err
}

// parseCompress returns the data in the body of a compress message: a map, or an array of algorithm and data.
func parseCompress(b []byte) (packed []byte, err error) {
	var algorithm uint64
	r := msgpack.NewReader(b)
	err = readFields(&r, [...]string{"Algo", "Buf"}, func(field string) (err error) {
		if field == "Algo" {
			algorithm, err = r.Uint(math.MaxUint8)
		} else {
			packed, err = r.Bytes()
		}
		return err
	})
	if err == nil && algorithm != algorithmLZW {
		err = fmt.Errorf("%w %d", ErrAlgorithm, algorithm)
	}
	return packed, err
}
