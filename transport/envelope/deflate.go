package envelope

import (
	"encoding/binary"
	"math/bits"
)

// The compression is LZW as in GIF: codes are packed from the lowest bit up; 0..255 stand for themselves, 256 empties
// the table, 257 ends the data, the others are table entries in order of their making. Codes grow from 9 to 12 bits.
const (
	codeClear    = 256
	codeEnd      = 257
	codeMax      = 4095
	codeBitsMin  = 9
	codeBitsMax  = 12
	codeWidthMax = 1 << codeBitsMax
)

const (
	// smallInputBytes is the longest input for which the small table is never more than half full.
	smallInputBytes = 2048
	smallSlots      = 4096
	largeSlots      = 4 * smallSlots
)

// hashFactor is 2^32 over the golden ratio. Cheaper ways to mix a code and a byte pile up in one corner of the table on
// some inputs, and peers choose what a member gossips.
const hashFactor = 0x9E3779B1

// deflater compresses. Its table maps a code and the byte behind it to the code of both; it is kept between uses and has a
// size fit for the input, so that a packet clears and touches 16 KiB, not 64.
type deflater struct {
	// slots hold code<<20 | byte<<12 | code of both; 0 is free, since the code of two is above codeEnd.
	small, large []uint32
}

// bitWriter packs codes into out. Codes that do not fit are lost; the caller checks at.
type bitWriter struct {
	out  []byte
	at   int
	bits uint64
	n    uint
}

// deflate writes the compressed form of src to out and returns its length, or false when it would be longer than
// len(out)-bitSlack. It is bit-identical to what reference peers send.
func (d *deflater) deflate(out, src []byte) (n int, ok bool) {
	w := bitWriter{out: out}
	w.put(codeClear, codeBitsMin)
	width := uint(codeBitsMin)
	if len(src) > 0 {
		if width, ok = d.encode(&w, src); !ok {
			return 0, false
		}
	}
	w.put(codeEnd, width)
	n = w.at + int(w.n+7)/8
	if n > len(out)-bitSlack {
		return 0, false
	}
	binary.LittleEndian.PutUint32(out[w.at:], uint32(w.bits))
	return n, true
}

// bitSlack is what out needs behind the longest wanted result: a flush of four bytes, twice.
const bitSlack = 8

// put appends one code.
func (w *bitWriter) put(code uint32, width uint) {
	w.bits |= uint64(code) << (w.n & 63)
	w.n += width
	if w.n >= 32 {
		w.flush()
	}
}

func (w *bitWriter) flush() {
	if w.at+bitSlack <= len(w.out) {
		binary.LittleEndian.PutUint32(w.out[w.at:], uint32(w.bits))
	}
	w.at += 4
	w.bits >>= 32
	w.n -= 32
}

// encode writes the codes of src, which is not empty, and returns the width that the end code must have.
func (d *deflater) encode(w *bitWriter, src []byte) (width uint, ok bool) {
	table := d.table(len(src))
	clear(table)
	mask := uint32(len(table) - 1)
	shift := uint(bits.LeadingZeros32(mask))
	limit := len(w.out) - bitSlack
	width = codeBitsMin
	next := uint32(codeEnd)
	code := uint32(src[0])
scan:
	for _, c := range src[1:] {
		key := code<<8 | uint32(c)
		h := key * hashFactor >> (shift & 31)
		for e := table[h]; e != 0; e = table[h] {
			if e>>codeBitsMax == key {
				code = e & codeMax
				continue scan
			}
			h = (h + 1) & mask
		}
		w.put(code, width)
		code = uint32(c)
		next++
		if next>>width != 0 {
			width++
			if w.at > limit {
				return 0, false
			}
		}
		if next == codeMax {
			w.put(codeClear, width)
			clear(table)
			width, next = codeBitsMin, codeEnd
			if w.at > limit {
				return 0, false
			}
			continue
		}
		table[h] = key<<codeBitsMax | next
	}
	return d.finish(w, code, width, next), true
}

// finish writes the pending code and steps once more, as if an entry followed.
func (d *deflater) finish(w *bitWriter, code uint32, width uint, next uint32) uint {
	w.put(code, width)
	next++
	if next>>width != 0 {
		width++
	}
	if next == codeMax {
		w.put(codeClear, width)
		width = codeBitsMin
	}
	return width
}

// table returns the table for an input of n bytes, made at first use.
func (d *deflater) table(n int) []uint32 {
	t, slots := &d.small, smallSlots
	if n > smallInputBytes {
		t, slots = &d.large, largeSlots
	}
	if *t == nil {
		*t = make([]uint32, slots)
	}
	return *t
}
