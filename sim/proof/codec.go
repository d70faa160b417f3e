package proof

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// Codec is what the three tests of each message need.
type Codec[T any] struct {
	Draw   func(*rapid.T) T
	Append func([]byte, *T) []byte
	Decode func([]byte) (T, error)
	// Sizes are messages with their length on the wire.
	Sizes map[int]T
	// Short is what every proper prefix fails with.
	Short error
	// Tail is how many bytes at the end of a message have no length and may be any; nil: none.
	Tail func(*T) int
}

// Run performs all three.
func (c Codec[T]) Run(t *testing.T) {
	t.Run("round trip", c.RoundTrip)
	t.Run("truncation", c.Truncation)
	t.Run("size", c.Size)
}

// RoundTrip checks that what was encoded is decoded to the same, and that encoding appends.
func (c Codec[T]) RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := c.Draw(t)
		b := c.Append([]byte("before"), &want)
		b, found := bytes.CutPrefix(b, []byte("before"))
		if !found {
			t.Fatalf("got %q, want what was there before in front", b)
		}
		got, err := c.Decode(b)
		if err != nil {
			t.Fatalf("decode of %x: %v", b, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// Truncation checks that every proper prefix of an encoded message fails with Short.
func (c Codec[T]) Truncation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := c.Draw(t)
		b := c.Append(nil, &m)
		if c.Tail != nil {
			b = b[:len(b)-c.Tail(&m)]
		}
		for i := range b {
			if _, err := c.Decode(b[:i:i]); !errors.Is(err, c.Short) {
				t.Fatalf("%d of the %d bytes of %x: got %v, want %v", i, len(b), b, err, c.Short)
			}
		}
	})
}

// Size checks the length of known messages: packets are filled by it, and limits count on it.
func (c Codec[T]) Size(t *testing.T) {
	for want, m := range c.Sizes {
		if got := len(c.Append(nil, &m)); got != want {
			t.Errorf("%+v: got %d bytes, want %d", m, got, want)
		}
	}
}

// DrawName returns any bytes, few of them.
func DrawName(t *rapid.T, label string) []byte {
	return rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, label)
}

// DrawBytes returns nil, empty or something else.
func DrawBytes(t *rapid.T, label string) []byte {
	if rapid.Bool().Draw(t, label+" is nil") {
		return nil
	}
	return rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, label)
}

// DrawAddr returns any address there is on the wire, none included.
func DrawAddr(t *rapid.T, label string) netip.AddrPort {
	size := rapid.SampledFrom([]int{0, 4, 16}).Draw(t, label+" size")
	b := rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, label)
	if size == 16 && rapid.Bool().Draw(t, label+" is mapped") {
		copy(b, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff")
	}
	a, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a, rapid.Uint16().Draw(t, label+" port"))
}

// Allocations fails t when f allocates more often than that.
func Allocations(t *testing.T, what string, most float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(100, f); got > most {
		t.Errorf("%s: got %v allocations, want at most %v", what, got, most)
	}
}
