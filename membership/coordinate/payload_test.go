package coordinate

import (
	"encoding/hex"
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"serf/sim/proof"
	"serf/swim/msgpack"
)

func TestPayloadRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCoordinate().Draw(t, "c")
		b := AppendPayload(nil, &c)
		if len(b) != PayloadBytes {
			t.Fatalf("got %d bytes, want %d", len(b), PayloadBytes)
		}
		if got, err := DecodePayload(b); err != nil || !sameBits(got, c) {
			t.Fatalf("got %+v, %v; want %+v", got, err, c)
		}
	})
}

func TestEveryTruncatedPayloadIsShort(t *testing.T) {
	c := Fresh()
	b := AppendPayload(nil, &c)
	for n := 1; n < len(b); n++ {
		if _, err := DecodePayload(b[:n]); !errors.Is(err, msgpack.ErrShort) {
			t.Errorf("%d bytes: got %v, want %v", n, err, msgpack.ErrShort)
		}
	}
}

func TestShortPayloadTellsThePlaceToTheNanosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float64Range(-0.25, 0.25) // seconds: farther than any two places on earth
		want := Coordinate{Error: rapid.Float64Range(0, 1.5).Draw(t, "error"), Adjustment: number.Draw(t, "adjustment"), Height: rapid.Float64Range(1e-5, 0.25).Draw(t, "height")}
		for i := range want.Vec {
			want.Vec[i] = number.Draw(t, "x")
		}
		b := AppendShortPayload(nil, &want)
		if len(b) != ShortPayloadBytes {
			t.Fatalf("got %d bytes, want %d", len(b), ShortPayloadBytes)
		}
		got, err := DecodePayload(b)
		if err != nil || got.Check() != nil {
			t.Fatalf("got %+v, %v, %v", got, err, got.Check())
		}
		fresh := Fresh()
		if off := got.DistanceTo(&fresh) - want.DistanceTo(&fresh); off.Abs() > 100*time.Nanosecond {
			t.Errorf("the distance is off by %v", off)
		}
	})
}

func TestPayloadLeniency(t *testing.T) {
	eight := Coordinate{Vec: [Dimensions]float64{1, 2, 3, 4, 5, 6, 7, 8}, Error: 1, Adjustment: 2, Height: 3}
	onlyVec := Coordinate{Vec: eight.Vec}
	tests := []struct {
		name, hex string
		want      Coordinate
		err       error
	}{
		{"list in order of declaration", "0194980102030405060708010203", eight, nil},
		{"short list", "0191980102030405060708", onlyVec, nil},
		{"long list", "01969801020304050607080102038101c0a178", eight, nil},
		{"unknown key", "0182a15893010203a3566563980102030405060708", onlyVec, nil},
		{"last of equal keys wins", "0182a3566563990102030405060708ffa3566563980102030405060708", onlyVec, nil},
		{"last is shorter", "0182a3566563980102030405060708a356656391ff", Coordinate{}, ErrDimensions},
		{"map for list", "0181a3566563840102030405060708", onlyVec, nil},
		{"nil fields", "0182a54572726f72c0a3566563980102030405060708", onlyVec, nil},
		{"key that is no string", "018101c0", Coordinate{}, msgpack.ErrType},
		{"text for a number", "0181a54572726f72a131", Coordinate{}, msgpack.ErrType},
		{"text for the vector", "0181a3566563a131", Coordinate{}, msgpack.ErrType},
		{"text inside the vector", "0181a356656391a131", Coordinate{}, msgpack.ErrType},
		{"absurd list", "0181a3566563ddffffffff01", Coordinate{}, msgpack.ErrShort},
		{"absurd map", "0181a3566563dfffffffff01", Coordinate{}, msgpack.ErrShort},
		{"number for the body", "0105", Coordinate{}, msgpack.ErrType},
		{"reserved byte", "01c1", Coordinate{}, msgpack.ErrReserved},
		{"broken unknown value", "0181a158c1", Coordinate{}, msgpack.ErrReserved},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			got, err := DecodePayload(b)
			if !errors.Is(err, tt.err) || got != tt.want {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestDecodeErrorNamesFieldAndOffset(t *testing.T) {
	for text, b := range map[string]string{
		"coordinate: payload: Error: wrong type at byte 9":   "\x01\x81\xa5Error\xa11",
		"coordinate: payload: input too short at byte 1":     "\x01",
		"coordinate: payload: Vec: wrong type at byte 8":     "\x01\x81\xa3Vec\x91\xa11",
		"coordinate: payload: reserved byte c1 at byte 5":    "\x01\x81\xa1X\xc1",
		"coordinate: unknown payload version":                "\x02\x80",
		"coordinate: wrong number of dimensions":             "\x01\xc0",
		"coordinate: payload: Height: wrong type at byte 10": "\x01\x81\xa6Height\xc3",
	} {
		if _, err := DecodePayload([]byte(b)); err == nil || err.Error() != text {
			t.Errorf("%q: got %v, want %s", b, err, text)
		}
	}
}

// FuzzPayload gives payloads to a client: what is accepted is within the limits and is accepted again as written here.
func FuzzPayload(f *testing.F) {
	for _, v := range vectors[payloadVector](f, "ping_payload.json") {
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, int64(time.Millisecond))
	}
	f.Fuzz(func(t *testing.T, b []byte, rtt int64) {
		proof.Memory(t, len(b), func() { _, _ = DecodePayload(b) })
		c := newClient(t, DefaultConfig())
		_, err := c.HandleAck("n", b, time.Duration(rtt), steady{})
		if own := c.Coordinate(); own.Check() != nil || math.IsNaN(own.Error) {
			t.Fatalf("got %+v", own)
		}
		s := c.Stats()
		if s.Updates+s.Refused()+s.PayloadEmpty+s.PayloadVersion+s.PayloadMalformed != 1 || (err == nil) != (s.Updates == 1) {
			t.Fatalf("got error %v and %+v, want one counter", err, s)
		}
		if err != nil {
			return
		}
		got, _ := c.Peer("n")
		again, err := DecodePayload(AppendPayload(nil, &got))
		if err != nil || !sameBits(again, got) {
			t.Fatalf("got %+v, %v; want %+v", again, err, got)
		}
	})
}
