package eventbus

import (
	"fmt"
	"strings"
	"testing"

	"serf/sim/proof"
)

// TestCountedNamesAreBounded: whoever can send events chooses the names of metrics otherwise.
func TestCountedNamesAreBounded(t *testing.T) {
	var c NameCounts
	for i := range 1000 {
		for range 2 {
			c.add(fmt.Appendf(nil, "e%04d", i))
		}
	}
	c.add([]byte(strings.Repeat("x", countedBytesMax+1)))
	c.add([]byte("a\nb"))
	names, sum := 0, uint64(0)
	last := ""
	for name, n := range c.All {
		names, sum, last = names+1, sum+n, name
	}
	if names != countedMax+1 || sum != 2002 || last != OtherNames {
		t.Errorf("%d names with %d events, last %q; want %d with 2002, last %q", names, sum, last, countedMax+1, OtherNames)
	}
}

func TestNamesAreCountedInOrder(t *testing.T) {
	var c NameCounts
	for _, name := range []string{"b", "a", "b"} {
		if got := c.add([]byte(name)); got != name {
			t.Errorf("got %q, want %q", got, name)
		}
	}
	var got []string
	for name, n := range c.All {
		got = append(got, fmt.Sprint(name, n))
	}
	if fmt.Sprint(got) != "[a1 b2]" {
		t.Errorf("got %v, want [a1 b2]", got)
	}
	known := []byte("a")
	proof.Allocations(t, "known name", 0, func() { c.add(known) })
}
