package msgpack

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/ugorji/go/codec"

	"serf/sim/proof"
)

// seeds are values of every kind.
var seeds = []string{
	"\x05", "\xff", "\xcc\x80", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "\xd0\x80", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "\xc0", "\xc1",
	"\xc3", "\xca\x40\xa0\x00\x00", "\xcb\x40\x00\x00\x00\x00\x00\x00\x00", "\xa3abc", "\xd9\x01x", "\xdb\x7f\xff\xff\xff\x00", "\xc4\x01x",
	"\x93\x01\x02\x81\xa1b\xc0", "\xde\x00\x01\xa1a\x01", "\xd4\x05\x11", "\xd6\xff\x00\x00\x00\x00", "\xc7\x0c\xff123456789012", "\xdc\x00\x02hi", "\xdd\xff\xff\xff\xff",
}

// FuzzSkip holds Skip against what the library skips as an unknown field.
func FuzzSkip(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(b)
		var err error
		proof.Memory(t, len(b), func() {
			r = NewReader(b)
			err = r.Skip()
		})
		wrapped := append([]byte("\x81\xa7unknown"), b...)
		d := codec.NewDecoderBytes(wrapped, oracle())
		var known struct{ Known int }
		want := d.Decode(&known)
		if errors.Is(err, ErrDepth) {
			return // the library skips any depth
		}
		if (err == nil) != (want == nil) {
			t.Fatalf("%x: got error %v, the library %v", b, err, want)
		}
		if got, want := r.Offset(), d.NumBytesRead()-(len(wrapped)-len(b)); err == nil && got != want {
			t.Fatalf("%x: got %d bytes skipped, want %d", b, got, want)
		}
	})
}

// FuzzReader holds each kind of value against the library, which in addition takes floats for integers.
func FuzzReader(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkValue(t, b, func(r *Reader) (uint32, error) {
			u, err := r.Uint(math.MaxUint32)
			return uint32(u), err
		})
		checkValue(t, b, func(r *Reader) (uint64, error) { return r.Uint(math.MaxUint64) })
		checkValue(t, b, (*Reader).Int)
		checkValue(t, b, (*Reader).Bool)
		checkValue(t, b, (*Reader).Bytes)
		checkValue(t, b, func(r *Reader) (string, error) {
			s, err := r.Bytes()
			return string(s), err
		})
	})
}

func checkValue[T any](t *testing.T, b []byte, read func(*Reader) (T, error)) {
	t.Helper()
	r := NewReader(b)
	var got T
	var err error
	proof.Memory(t, len(b), func() {
		r = NewReader(b)
		got, err = read(&r)
	})
	if r.Offset() > len(b) {
		t.Fatalf("%x: got position %d behind the end", b, r.Offset())
	}
	var want T
	d := codec.NewDecoderBytes(bytes.Clone(b), oracle())
	wantErr := d.Decode(&want)
	switch {
	case errors.Is(err, ErrType) && (b[0] == 0xca || b[0] == 0xcb || b[0]&0xf0 == 0x90 || b[0] == 0xdc || b[0] == 0xdd):
		// a float, alone or inside an array that stands for bytes
	case (err == nil) != (wantErr == nil):
		t.Fatalf("%T of %x: got error %v, the library %v", want, b, err, wantErr)
	case err != nil:
	case !reflect.DeepEqual(got, want):
		t.Fatalf("%T of %x: got %#v, want %#v", want, b, got, want)
	case r.Offset() != d.NumBytesRead():
		t.Fatalf("%T of %x: got %d bytes taken, want %d", want, b, r.Offset(), d.NumBytesRead())
	}
}
