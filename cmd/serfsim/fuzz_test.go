package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"serf/sim"
	"serf/sim/proof"
)

// FuzzParse reads the sizes of studies and the shards of sweeps: what is accepted is within the limits, sizes are read back.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "30,100, 1000", "3", ",", "4,4", "auto", "auto/8", "auto/0", "2/8", strings.Repeat("4,", 1000) + "4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var sizes []int
		var err error
		proof.Memory(t, len(text), func() { sizes, err = parseSizes(text) })
		if err == nil {
			var texts []string
			for _, n := range sizes {
				if n < sizeMin || n > sim.NodesMax {
					t.Fatalf("%q has the size %d", text, n)
				}
				texts = append(texts, strconv.Itoa(n))
			}
			if again, err := parseSizes(strings.Join(texts, ",")); err != nil || !slices.Equal(again, sizes) {
				t.Errorf("%v became %v, %v", sizes, again, err)
			}
		}
		var shard sim.Shard
		proof.Memory(t, len(text), func() { shard, err = parseShard(text) })
		if err == nil && shard != (sim.Shard{}) && (shard.Index < 1 || shard.Index > shard.Of) {
			t.Errorf("%q is shard %v", text, shard)
		}
	})
}
