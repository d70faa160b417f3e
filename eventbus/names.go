package eventbus

import (
	"fmt"
	"maps"
	"slices"
)

// Limits of names.
const (
	// NameBytesMax is how long the name of an own event or query may be.
	NameBytesMax = 255
	// countedMax is how many different names are counted apart, and countedBytesMax how long they may be. Anybody can
	// invent names, and metrics are kept for ever.
	countedMax      = 256
	countedBytesMax = 64
)

// OtherNames is under what NameCounts counts all names that it does not tell apart. No own event can be called so.
const OtherNames = "\x00other"

// CheckName fails with an ErrName when an own event or query cannot be called name: it is too long for a log line and a
// file name, or holds control characters. Such names are still taken from others.
func CheckName(name string) error {
	if len(name) > NameBytesMax {
		return fmt.Errorf("eventbus: %w: too long (%d > %d bytes)", ErrName, len(name), NameBytesMax)
	}
	for i := range len(name) {
		if c := name[i]; c < ' ' || c == 0x7f {
			return fmt.Errorf("eventbus: %w: control character %#02x at byte %d of %q", ErrName, c, i, name)
		}
	}
	return nil
}

// NameCounts counts events or queries by their names: the first 256 names of at most 64 bytes apart, all others
// together. The zero value is ready for use.
type NameCounts struct {
	byName map[string]*nameCount
	other  uint64
}

type nameCount struct {
	name string
	n    uint64
}

// add counts one and returns name as a string, without an allocation when it is known.
func (c *NameCounts) add(name []byte) string {
	if known := c.byName[string(name)]; known != nil {
		known.n++
		return known.name
	}
	s := string(name)
	if len(name) > countedBytesMax || len(c.byName) >= countedMax || CheckName(s) != nil {
		c.other++
		return s
	}
	if c.byName == nil {
		c.byName = make(map[string]*nameCount)
	}
	c.byName[s] = &nameCount{name: s, n: 1}
	return s
}

// All calls yield for each counted name in order, and last for OtherNames if there are any.
func (c *NameCounts) All(yield func(name string, n uint64) bool) {
	for _, name := range slices.Sorted(maps.Keys(c.byName)) {
		if !yield(name, c.byName[name].n) {
			return
		}
	}
	if c.other > 0 {
		yield(OtherNames, c.other)
	}
}
