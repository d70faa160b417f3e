package membership

import (
	"bytes"
	"errors"
	"maps"
	"strconv"
	"testing"

	"serf/sim/proof"
	"serf/swim/msgpack"
)

type tagsVector struct {
	Name, Kind, Hex string
	Protocol        uint8
	Tags, Decoded   map[string]string
	ByteExact       bool `json:"byte_exact"`
	Fits            bool
}

// undecodable are the vectors whose metadata the reference logs as broken.
var undecodable = map[string]bool{"dec_magic_only": true, "dec_trunc": true, "dec_int_value": true, "dec_not_map": true}

// notNormative: in place of a map a list came, and an empty map is as good as what the reference makes of it.
const notNormative = "dec_array"

func TestTagVectors(t *testing.T) {
	var vs []tagsVector
	readVectors(t, "tags.json", &vs)
	for _, v := range vs {
		t.Run(v.Name, func(t *testing.T) {
			meta := unhex(t, v.Hex)
			if v.Kind == "encode" {
				got := AppendTags(nil, v.Protocol, v.Tags)
				if v.ByteExact && !bytes.Equal(got, meta) {
					t.Errorf("AppendTags = %x, want %x", got, meta)
				}
				if len(got) != len(meta) || len(got) <= TagsBytesMax != v.Fits {
					t.Errorf("%d bytes, fits %v; want %d, %v", len(got), len(got) <= TagsBytesMax, len(meta), v.Fits)
				}
			}
			if v.Name == notNormative {
				v.Decoded = nil
			}
			tags, err := DecodeTags(meta)
			if !maps.Equal(tags, v.Decoded) {
				t.Errorf("DecodeTags = %v, want %v", tags, v.Decoded)
			}
			if failed := err != nil; failed != (undecodable[v.Name] || v.Name == notNormative) {
				t.Errorf("DecodeTags: error %v", err)
			}
		})
	}
}

func TestEqualTagsGiveEqualBytes(t *testing.T) {
	tags := map[string]string{"dc": "east", "role": "web", "a": "1", "b": "2", "c": "3"}
	want := AppendTags(nil, 5, tags)
	for range 20 {
		if got := AppendTags(nil, 5, maps.Clone(tags)); !bytes.Equal(got, want) {
			t.Fatalf("AppendTags = %x, then %x", want, got)
		}
	}
}

func TestHugeTagMapIsRefused(t *testing.T) {
	tags, err := DecodeTags([]byte{0xff, 0xdf, 0x7f, 0xff, 0xff, 0xff})
	if !errors.Is(err, msgpack.ErrShort) || len(tags) != 0 {
		t.Errorf("DecodeTags = %v, %v, want ErrShort", tags, err)
	}
}

func TestMembersShareEqualTags(t *testing.T) {
	var c tagCache
	meta := AppendTags(nil, 5, map[string]string{"role": "web"})
	first, _ := c.decode(meta)
	again, _ := c.decode(bytes.Clone(meta))
	first["probe"] = "x" // only to see whether they are one map
	if again["probe"] != "x" {
		t.Error("equal metadata was decoded twice")
	}
	for i := range 3 * tagCacheMax {
		if _, err := c.decode([]byte{byte(i), byte(i >> 8)}); err != nil && i&0xff != 0xff {
			t.Fatal(err)
		}
	}
	if got := len(c.byMeta); got > tagCacheMax {
		t.Errorf("%d sets of tags kept, want at most %d", got, tagCacheMax)
	}
}

func TestNodeNameVectors(t *testing.T) {
	var vs []struct {
		Name, Decoded string
		NodeName      string `json:"node_name"`
	}
	readVectors(t, "node_names.json", &vs)
	want := map[string]error{"accepted": nil, "rejected-characters": ErrNameCharacters, "rejected-length": ErrNameTooLong}
	for _, v := range vs {
		if err := CheckNodeName(v.NodeName); !errors.Is(err, want[v.Decoded]) || (err == nil) != (want[v.Decoded] == nil) {
			t.Errorf("%s: CheckNodeName = %v, want %s", v.Name, err, v.Decoded)
		}
	}
}

func FuzzDecodeTags(f *testing.F) {
	var vs []tagsVector
	readVectors(f, "tags.json", &vs)
	for _, v := range vs {
		f.Add(unhex(f, v.Hex))
	}
	many := make(map[string]string)
	for i := range 1000 {
		many[strconv.Itoa(i)] = ""
	}
	f.Add(AppendTags(nil, 5, many))
	f.Fuzz(func(t *testing.T, meta []byte) {
		var tags map[string]string
		var err error
		proof.Memory(t, len(meta), func() { tags, err = DecodeTags(meta) })
		if err != nil || len(meta) == 0 || meta[0] != tagsMagic {
			return
		}
		again, err := DecodeTags(AppendTags(nil, 5, tags))
		if err != nil || !maps.Equal(again, tags) {
			t.Errorf("round trip of %v gives %v, %v", tags, again, err)
		}
	})
}
