package eventbus

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"serf/sim/proof"
	"serf/swim/msgpack"
)

func TestQueryCodec(t *testing.T) {
	proof.Codec[QueryMessage]{
		Draw: func(t *rapid.T) QueryMessage {
			m := QueryMessage{
				LTime: rapid.Uint64().Draw(t, "ltime"), ID: rapid.Uint32().Draw(t, "id"), Addr: proof.DrawBytes(t, "addr"),
				Port: rapid.Uint16().Draw(t, "port"), SourceNode: proof.DrawName(t, "source node"), Flags: rapid.Uint32().Draw(t, "flags"),
				RelayFactor: rapid.Uint8().Draw(t, "relay factor"), Timeout: time.Duration(rapid.Int64().Draw(t, "timeout")),
				Name: proof.DrawName(t, "name"), Payload: proof.DrawBytes(t, "payload"),
			}
			if n := rapid.IntRange(-1, 40).Draw(t, "filters"); n >= 0 {
				m.Filters = make([][]byte, n)
				for i := range m.Filters {
					if rapid.Bool().Draw(t, "filter is not nil") {
						m.Filters[i] = proof.DrawName(t, "filter")
					}
				}
			}
			return m
		},
		Append: AppendQuery, Decode: DecodeQuery,
		Short: ErrShort,
		Sizes: map[int]QueryMessage{90: {}, 97: {Addr: []byte{127, 0, 0, 1}, Filters: [][]byte{{}}, Port: 300}},
	}.Run(t)
}

// TestManyFiltersAreRefused: a nil filter of one byte would become a slice of 24.
func TestManyFiltersAreRefused(t *testing.T) {
	b := append([]byte{byte(TypeQuery), 0x81}, "\xa7Filters"...)
	b = append(msgpack.AppendArray(b, listMax+1), bytes.Repeat([]byte{0xc0}, listMax+1)...)
	if _, err := DecodeQuery(b); !errors.Is(err, ErrElements) {
		t.Errorf("got %v, want %v", err, ErrElements)
	}
}
