//go:build linux

package main

import (
	"math"
	"testing"
)

func TestDistanceOfKnownSamples(t *testing.T) {
	for _, test := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3, 4}, []float64{4, 3, 2, 1}, 0},
		{[]float64{1, 2}, []float64{3, 4}, 1},
		{[]float64{1, 2, 3, 4}, []float64{3, 4, 5, 6}, 0.5},
		{[]float64{1, 2, 2, 3}, []float64{1, 2, 3, 3}, 0.25},
		{[]float64{1}, []float64{0.5, 1.5}, 0.5},
		{[]float64{0, 0, 0}, []float64{0, 0, 1, 1}, 0.5},
		{nil, []float64{1}, 1},
	} {
		if got := distance(test.a, test.b); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%v and %v: %v, want %v", test.a, test.b, got, test.want)
		}
		if got := distance(test.b, test.a); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%v and %v: %v, want %v", test.b, test.a, got, test.want)
		}
	}
	if got := critical(100, 100); math.Abs(got-0.192) > 0.001 {
		t.Errorf("critical distance of 100 and 100: %v", got)
	}
}
