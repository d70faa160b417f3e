package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseShare reads a share below 1, such as "1%" or "0.01".
func ParseShare(s string) (float64, error) {
	text, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(text, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v < 1) {
		return 0, fmt.Errorf("%q is no share below 1: write 1%% or 0.01", s)
	}
	return v, nil
}

// seedsMax bounds the seeds of one call.
const seedsMax = 1 << 32

// ParseSeeds reads one seed, such as "3", or the first and the last of many, such as "1..200".
func ParseSeeds(s string) (from, to uint64, err error) {
	a, b, ranged := strings.Cut(s, "..")
	if !ranged {
		b = a
	}
	from, err = strconv.ParseUint(a, 10, 64)
	if err == nil {
		to, err = strconv.ParseUint(b, 10, 64)
	}
	if err != nil || to < from || to-from >= seedsMax {
		return 0, 0, fmt.Errorf("%q names no seeds: write 7 or 1..200", s)
	}
	return from, to, nil
}
