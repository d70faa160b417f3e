package msgpack

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestReaderTakesEveryForm(t *testing.T) {
	tests := []struct {
		name, in string
		read     func(*Reader) (any, error)
		want     any
	}{
		{"uint of fixint", "\x7f", readUint32, uint64(127)},
		{"uint of cc", "\xcc\xff", readUint32, uint64(255)},
		{"uint of cf", "\xcf\x00\x00\x00\x00\xff\xff\xff\xff", readUint32, uint64(math.MaxUint32)},
		{"uint of d0", "\xd0\x7f", readUint32, uint64(127)},
		{"uint of d3", "\xd3\x00\x00\x00\x00\xff\xff\xff\xff", readUint32, uint64(math.MaxUint32)},
		{"uint of nil", "\xc0", readUint32, uint64(0)},
		{"int of fixint", "\xff", readInt, int64(-1)},
		{"int of d0", "\xd0\x80", readInt, int64(-128)},
		{"int of d1", "\xd1\x80\x00", readInt, int64(-32768)},
		{"int of d2", "\xd2\x80\x00\x00\x00", readInt, int64(math.MinInt32)},
		{"int of d3", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", readInt, int64(math.MinInt64)},
		{"int of cf wraps", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", readInt, int64(-1)},
		{"int of nil", "\xc0", readInt, int64(0)},
		{"bool of c3", "\xc3", readBool, true},
		{"bool of 1", "\x01", readBool, true},
		{"bool of nil", "\xc0", readBool, false},
		{"float of ca", "\xca\x3f\xc0\x00\x00", readFloat, 1.5},
		{"float of cb", "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", readFloat, 1.5},
		{"float of negative integer", "\xd0\x80", readFloat, -128.0},
		{"float of large integer", "\xcf\x80\x00\x00\x00\x00\x00\x00\x00", readFloat, float64(1 << 63)},
		{"float of nil", "\xc0", readFloat, 0.0},
		{"bytes of fixstr", "\xa2hi", readBytes, []byte("hi")},
		{"bytes of str8", "\xd9\x02hi", readBytes, []byte("hi")},
		{"bytes of str16", "\xda\x00\x02hi", readBytes, []byte("hi")},
		{"bytes of str32", "\xdb\x00\x00\x00\x02hi", readBytes, []byte("hi")},
		{"bytes of bin8", "\xc4\x02hi", readBytes, []byte("hi")},
		{"bytes of bin16", "\xc5\x00\x02hi", readBytes, []byte("hi")},
		{"bytes of bin32", "\xc6\x00\x00\x00\x02hi", readBytes, []byte("hi")},
		{"bytes of array", "\x92h\xccI", readBytes, []byte("hI")},
		{"bytes of array16", "\xdc\x00\x02hi", readBytes, []byte("hi")},
		{"bytes of nil", "\xc0", readBytes, []byte(nil)},
	}
	for _, tt := range tests {
		r := NewReader([]byte(tt.in))
		got, err := tt.read(&r)
		if err != nil || !equal(got, tt.want) {
			t.Errorf("%s: got %#v and %v, want %#v", tt.name, got, err, tt.want)
		}
		if got, want := r.Offset(), len(tt.in); got != want {
			t.Errorf("%s: got %d bytes taken, want %d", tt.name, got, want)
		}
	}
}

func TestEmptyBytesAreNotNil(t *testing.T) {
	for _, in := range []string{"\xa0", "\xd9\x00", "\xc4\x00", "\x90", "\xdc\x00\x00"} {
		r := NewReader([]byte(in))
		if got, err := r.Bytes(); got == nil || len(got) != 0 || err != nil {
			t.Errorf("%x: got %#v and %v, want empty", in, got, err)
		}
	}
}

// TestBytesCannotGrowIntoTheInput: whoever appends to a value must not write over what follows it.
func TestBytesCannotGrowIntoTheInput(t *testing.T) {
	in := []byte("\xa2hi\xa2ho")
	r := NewReader(in)
	got, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_ = append(got, "XXX"...)
	if string(in) != "\xa2hi\xa2ho" {
		t.Errorf("got %x in the input", in)
	}
}

func TestReaderRefuses(t *testing.T) {
	tests := []struct {
		name, in string
		read     func(*Reader) (any, error)
		want     error
	}{
		{"uint of -1", "\xff", readUint32, ErrRange},
		{"uint of negative d0", "\xd0\xff", readUint32, ErrRange},
		{"uint32 of 2^32", "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", readUint32, ErrRange},
		{"uint of float", "\xca\x40\xa0\x00\x00", readUint32, ErrType},
		{"uint of bool", "\xc2", readUint32, ErrType},
		{"uint of string", "\xa15", readUint32, ErrType},
		{"uint of c1", "\xc1", readUint32, ErrReserved},
		{"uint of nothing", "", readUint32, ErrShort},
		{"uint cut short", "\xce\x00\x00", readUint32, ErrShort},
		{"int of string", "\xa15", readInt, ErrType},
		{"bool of 2", "\x02", readBool, ErrType},
		{"bool of c1", "\xc1", readBool, ErrReserved},
		{"bool of nothing", "", readBool, ErrShort},
		{"float of string", "\xa15", readFloat, ErrType},
		{"float cut short", "\xcb\x00", readFloat, ErrShort},
		{"bytes of 5", "\x05", readBytes, ErrType},
		{"bytes of map", "\x80", readBytes, ErrType},
		{"bytes of c1", "\xc1", readBytes, ErrReserved},
		{"bytes cut short", "\xa5x", readBytes, ErrShort},
		{"bytes of 2 GiB", "\xdb\x7f\xff\xff\xffx", readBytes, ErrShort},
		{"bytes of 4 GiB", "\xc6\xff\xff\xff\xffx", readBytes, ErrShort},
		{"bytes of array of 4 GiB", "\xdd\xff\xff\xff\xffx", readBytes, ErrShort},
		{"bytes of array with 256", "\x91\xcd\x01\x00", readBytes, ErrRange},
		{"container of 5", "\x05", readContainer, ErrType},
		{"container of c1", "\xc1", readContainer, ErrReserved},
		{"container cut short", "\xdf\x00\x00", readContainer, ErrShort},
		{"skip of c1", "\xc1", readSkip, ErrReserved},
		{"skip of map of 4 G", "\xdf\xff\xff\xff\xff", readSkip, ErrShort},
		{"skip of array of 4 G", "\xdd\xff\xff\xff\xff\x01\x01", readSkip, ErrShort},
		{"skip of ext cut short", "\xc9\xff\xff\xff\xff\x01", readSkip, ErrShort},
		{"skip of 1025 arrays", strings.Repeat("\x91", 1025) + "\xc0", readSkip, ErrDepth},
	}
	for _, tt := range tests {
		r := NewReader([]byte(tt.in))
		if got, err := tt.read(&r); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v and %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestSkipTakesOneValueOfEveryKind(t *testing.T) {
	for _, in := range []string{
		"\x00", "\xff", "\xc0", "\xc2", "\xc3", "\x80", "\x90", "\xa0", "\xa3abc",
		"\xc4\x01x", "\xc5\x00\x01x", "\xc6\x00\x00\x00\x01x",
		"\xc7\x01\x05x", "\xc8\x00\x01\x05x", "\xc9\x00\x00\x00\x01\x05x",
		"\xca1234", "\xcb12345678", "\xcc1", "\xcd12", "\xce1234", "\xcf12345678", "\xd01", "\xd112", "\xd21234", "\xd312345678",
		"\xd4\x051", "\xd5\x0512", "\xd6\x051234", "\xd7\x0512345678", "\xd8\x051234567812345678",
		"\xd9\x01x", "\xda\x00\x01x", "\xdb\x00\x00\x00\x01x",
		"\xdc\x00\x02\x01\x02", "\xdd\x00\x00\x00\x02\x01\x02", "\xde\x00\x01\x01\x02", "\xdf\x00\x00\x00\x01\x01\x02",
		"\x82\xa1a\x92\x01\x81\xc0\x93\x01\x02\x03\xa1b\x90",
		strings.Repeat("\x91", 1024) + "\xc0",
		"\xdc\x08\x00" + strings.Repeat("\x91\xc0", 2048),
	} {
		r := NewReader([]byte(in + "rest"))
		if err := r.Skip(); err != nil || string(r.Rest()) != "rest" {
			t.Errorf("%x: got rest %q and error %v", head([]byte(in)), head(r.Rest()), err)
		}
		for i := range min(len(in), 100) {
			r := NewReader([]byte(in[:i]))
			if err := r.Skip(); !errors.Is(err, ErrShort) {
				t.Errorf("%x: got %v, want %v", in[:i], err, ErrShort)
			}
		}
	}
}

func TestPeekAndIsNil(t *testing.T) {
	r := NewReader([]byte{0xc0, 0x05})
	if c, err := r.Peek(); c != 0xc0 || err != nil {
		t.Errorf("got %x and %v, want c0", c, err)
	}
	for i, want := range []bool{true, false} {
		if got := r.IsNil(); got != want {
			t.Errorf("call %d: got %v, want %v", i, got, want)
		}
	}
	if c, err := r.Byte(); c != 5 || err != nil {
		t.Errorf("got %x and %v, want 05", c, err)
	}
	if _, err := r.Peek(); !errors.Is(err, ErrShort) || r.IsNil() {
		t.Errorf("at the end: got %v, want %v", err, ErrShort)
	}
}

func TestSkipDoesNotAllocate(t *testing.T) {
	in := []byte(strings.Repeat("\x91", 1024) + "\xc0")
	if got := testing.AllocsPerRun(10, func() {
		r := NewReader(in)
		if err := r.Skip(); err != nil {
			t.Fatal(err)
		}
	}); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func readUint32(r *Reader) (any, error) { return wrap(r.Uint(math.MaxUint32)) }
func readInt(r *Reader) (any, error)    { return wrap(r.Int()) }
func readBool(r *Reader) (any, error)   { return wrap(r.Bool()) }
func readFloat(r *Reader) (any, error)  { return wrap(r.Float()) }
func readBytes(r *Reader) (any, error)  { return wrap(r.Bytes()) }
func readSkip(r *Reader) (any, error)   { return nil, r.Skip() }

func readContainer(r *Reader) (any, error) {
	n, _, err := r.Container()
	return n, err
}

func wrap[T any](v T, err error) (any, error) { return v, err }

func equal(a, b any) bool {
	x, ok := a.([]byte)
	if !ok {
		return a == b
	}
	y := b.([]byte)
	return bytes.Equal(x, y) && (x == nil) == (y == nil)
}

func BenchmarkSkipUnknownField(b *testing.B) {
	in := AppendString(AppendArray(nil, 1), "something that nobody knows")
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(in)
		if err := r.Skip(); err != nil {
			b.Fatal(err)
		}
	}
}
