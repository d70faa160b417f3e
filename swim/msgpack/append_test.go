package msgpack

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/ugorji/go/codec"
	"pgregory.net/rapid"
)

// oracle is the library with the settings that give the profile of the gossip protocol.
func oracle() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{}
	h.WriteExt = false
	h.Canonical = true
	h.MaxDepth = DepthMax
	return h
}

func oracleEncode(t interface{ Fatal(...any) }, v any) []byte {
	var b []byte
	if err := codec.NewEncoderBytes(&b, oracle()).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b
}

// edges are the numbers around which the forms of integers and lengths change.
var edges = []int64{0, 1, 15, 16, 31, 32, 127, 128, 255, 256, 32767, 32768, 65535, 65536, math.MaxInt32, math.MaxInt32 + 1,
	math.MaxUint32, math.MaxUint32 + 1, math.MaxInt64, -1, -32, -33, -128, -129, -32768, -32769, math.MinInt32, math.MinInt32 - 1, math.MinInt64}

func TestIntegersAreWrittenLikeTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.SampledFrom(edges), rapid.Int64()).Draw(t, "v")
		if got, want := AppendInt(nil, v), oracleEncode(t, v); !bytes.Equal(got, want) {
			t.Fatalf("int %d: got %x, want %x", v, got, want)
		}
		if got, want := AppendUint(nil, uint64(v)), oracleEncode(t, uint64(v)); !bytes.Equal(got, want) {
			t.Fatalf("uint %d: got %x, want %x", uint64(v), got, want)
		}
	})
}

func TestEveryEdgeIsWrittenLikeTheLibrary(t *testing.T) {
	for _, v := range edges {
		if got, want := AppendInt(nil, v), oracleEncode(t, v); !bytes.Equal(got, want) {
			t.Errorf("int %d: got %x, want %x", v, got, want)
		}
		if got, want := AppendUint(nil, uint64(v)), oracleEncode(t, uint64(v)); !bytes.Equal(got, want) {
			t.Errorf("uint %d: got %x, want %x", uint64(v), got, want)
		}
	}
}

func TestOtherValuesAreWrittenLikeTheLibrary(t *testing.T) {
	long := make([]byte, 65536)
	tests := []struct {
		name string
		got  []byte
		v    any
	}{
		{"true", AppendBool(nil, true), true},
		{"false", AppendBool(nil, false), false},
		{"float", AppendFloat(nil, -1.5), -1.5},
		{"empty string", AppendString(nil, ""), ""},
		{"31 bytes", AppendString(nil, string(long[:31])), string(long[:31])},
		{"32 bytes", AppendString(nil, string(long[:32])), string(long[:32])},
		{"65535 bytes", AppendString(nil, string(long[:65535])), string(long[:65535])},
		{"65536 bytes", AppendString(nil, string(long)), string(long)},
		{"nil bytes", AppendBytes(nil, nil), []byte(nil)},
		{"empty bytes", AppendBytes(nil, []byte{}), []byte{}},
		{"some bytes", AppendBytes(nil, long[:40]), long[:40]},
		{"raw bytes", AppendRawBytes(nil, long[:40]), string(long[:40])},
		{"raw nil", AppendRawBytes(nil, nil), ""},
		{"array of 15", AppendArray(nil, 15), make([]int, 15)},
		{"array of 16", AppendArray(nil, 16), make([]int, 16)},
		{"array of 65535", AppendArray(nil, 65535), make([]int, 65535)},
		{"array of 65536", AppendArray(nil, 65536), make([]int, 65536)},
	}
	for _, tt := range tests {
		want := oracleEncode(t, tt.v)
		if !bytes.HasPrefix(want, tt.got) || (!strings.HasPrefix(tt.name, "array") && len(tt.got) != len(want)) {
			t.Errorf("%s: got %x, want %x", tt.name, head(tt.got), head(want))
		}
	}
}

func TestMapHeaderIsReadBack(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 65535, 65536, math.MaxUint32} {
		r := NewReader(AppendMap(nil, n))
		if got, isMap, err := r.Container(); got != n || !isMap || err != nil || len(r.Rest()) != 0 {
			t.Errorf("got %d, %v, %v; want a map of %d", got, isMap, err, n)
		}
		r = NewReader(AppendArray(nil, n))
		if got, isMap, err := r.Container(); got != n || isMap || err != nil || len(r.Rest()) != 0 {
			t.Errorf("got %d, %v, %v; want an array of %d", got, isMap, err, n)
		}
	}
}

func head(b []byte) []byte { return b[:min(len(b), 16)] }
