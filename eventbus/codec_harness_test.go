package eventbus

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// codecCase is what the three tests of each message need.
type codecCase[T any] struct {
	draw   func(*rapid.T) T
	append func([]byte, *T) []byte
	decode func([]byte) (T, error)
	// sizes are messages with their length on the wire.
	sizes map[int]T
}

func (c codecCase[T]) run(t *testing.T) {
	t.Run("round trip", c.roundTrip)
	t.Run("truncation", c.truncation)
	t.Run("size", c.size)
}

// roundTrip checks that what was encoded is decoded to the same, and that encoding appends.
func (c codecCase[T]) roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := c.draw(t)
		b := c.append([]byte("before"), &want)
		b, found := bytes.CutPrefix(b, []byte("before"))
		if !found {
			t.Fatalf("got %q, want what was there before in front", b)
		}
		got, err := c.decode(b)
		if err != nil {
			t.Fatalf("decode of %x: %v", b, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// truncation checks that every proper prefix of an encoded message fails with ErrShort.
func (c codecCase[T]) truncation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := c.draw(t)
		b := c.append(nil, &m)
		if r, is := any(m).(RelayMessage); is {
			b = b[:len(b)-len(r.Inner)] // the inner message has no length and may be any
		}
		for i := range b {
			_, err := c.decode(b[:i:i])
			if fault := (*DecodeError)(nil); !errors.As(err, &fault) || !errors.Is(err, ErrShort) {
				t.Fatalf("%d of the %d bytes of %x: got %v, want %v", i, len(b), b, err, ErrShort)
			}
		}
	})
}

// size checks the length of known messages: limits count on it.
func (c codecCase[T]) size(t *testing.T) {
	for want, m := range c.sizes {
		if got := len(c.append(nil, &m)); got != want {
			t.Errorf("%+v: got %d bytes, want %d", m, got, want)
		}
	}
}

func drawName(t *rapid.T, label string) []byte {
	return rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, label)
}

func drawText(t *rapid.T, label string) string { return string(drawName(t, label)) }

// drawBytes returns nil, empty or something else.
func drawBytes(t *rapid.T, label string) []byte {
	if rapid.Bool().Draw(t, label+" is nil") {
		return nil
	}
	return rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, label)
}

// drawAddr returns any address there is on the wire, none included.
func drawAddr(t *rapid.T, label string) netip.AddrPort {
	size := rapid.SampledFrom([]int{0, 4, 16}).Draw(t, label+" size")
	a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, label))
	return netip.AddrPortFrom(a, rapid.Uint16().Draw(t, label+" port"))
}

// wantAllocations checks how often f allocates at most.
func wantAllocations(t *testing.T, what string, most float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(100, f); got > most {
		t.Errorf("%s: got %v allocations, want at most %v", what, got, most)
	}
}
