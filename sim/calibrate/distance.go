//go:build linux

package main

import (
	"math"
	"slices"
)

// distance is the two-sample Kolmogorov-Smirnov distance: the largest difference between the shares of values up to any
// point. It is 0 when both are distributed alike and 1 when they do not overlap, or when one is empty.
func distance(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 1
	}
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	largest := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		at := min(a[i], b[j])
		for i < len(a) && a[i] == at {
			i++
		}
		for j < len(b) && b[j] == at {
			j++
		}
		largest = max(largest, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return largest
}

// critical is the distance that independent samples of one distribution exceed in one of twenty cases.
func critical(n, m int) float64 {
	if n == 0 || m == 0 {
		return 1
	}
	return 1.358 * math.Sqrt(float64(n+m)/(float64(n)*float64(m)))
}
