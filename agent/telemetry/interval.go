package telemetry

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// intervalLength is the time over which figures are aggregated. The reference has the same.
	intervalLength = 10 * time.Second
	// intervalsMax is how many intervals are kept, the running one not counted: a minute.
	intervalsMax = 6
	// namesMax is how many names an interval may have of each kind; further ones are left out.
	namesMax = 1024
)

// interval is what happened in intervalLength from start on.
type interval struct {
	start    time.Time
	gauges   map[string]float64
	counters map[string]*aggregate
	samples  map[string]*aggregate
}

func newInterval(now time.Time) *interval {
	return &interval{
		start:    now.Truncate(intervalLength),
		gauges:   make(map[string]float64),
		counters: make(map[string]*aggregate),
		samples:  make(map[string]*aggregate),
	}
}

// end is when the next one begins.
func (i *interval) end() time.Time { return i.start.Add(intervalLength) }

// in returns the entry of name, or one that nobody looks at when there are too many.
func in(list map[string]*aggregate, name string) *aggregate {
	a := list[name]
	if a == nil {
		a = new(aggregate)
		if len(list) < namesMax {
			list[name] = a
		}
	}
	return a
}

// stamp is the form of times; scripts read it.
const stamp = "2006-01-02 15:04:05.999999999 -0700 MST"

// write prints the interval, a line each, sorted by kind and name.
func (i *interval) write(w io.Writer) {
	start := i.start.Format(stamp)
	for _, name := range slices.Sorted(maps.Keys(i.gauges)) {
		fmt.Fprintf(w, "[%s][G] '%s': %0.3f\n", start, name, i.gauges[name])
	}
	for _, kind := range []struct {
		letter string
		list   map[string]*aggregate
	}{{"C", i.counters}, {"S", i.samples}} {
		for _, name := range slices.Sorted(maps.Keys(kind.list)) {
			fmt.Fprintf(w, "[%s][%s] '%s': %s\n", start, kind.letter, name, kind.list[name])
		}
	}
}

// String is the form in which scripts read an aggregate.
func (a *aggregate) String() string {
	last := a.lastUpdate.Format(stamp)
	if a.count == 1 {
		return fmt.Sprintf("Count: 1 Sum: %0.3f LastUpdated: %s", a.sum, last)
	}
	return fmt.Sprintf("Count: %d Min: %0.3f Mean: %0.3f Max: %0.3f Stddev: %0.3f Sum: %0.3f LastUpdated: %s",
		a.count, a.least, a.mean(), a.greatest, a.deviation(), a.sum, last)
}

// nameBytesMax is how long a name may be.
const nameBytesMax = 200

// clean makes a name harmless for those who read it: no blank, control character, or what parts names from values.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`:|@#'`, r) {
			return '_'
		}
		return r
	}, name)
	return strings.ToValidUTF8(name[:min(len(name), nameBytesMax)], "_")
}
