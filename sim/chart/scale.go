package chart

import (
	"math"
	"strconv"
	"strings"
)

// scale maps values to places on the picture.
type scale struct {
	low, high float64 // values
	from, to  float64 // places
	log       bool
}

// newScale returns a scale that holds all values. It begins at 0 unless there are values below or the axis says otherwise.
func newScale(axis Axis, values []float64, from, to float64) scale {
	s := scale{low: math.Inf(1), high: math.Inf(-1), from: from, to: to, log: axis.Log}
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) || s.log && v <= 0 {
			continue
		}
		s.low, s.high = min(s.low, v), max(s.high, v)
	}
	switch {
	case s.low > s.high && s.log:
		s.low, s.high = 1, 10
	case s.low > s.high:
		s.low, s.high = 0, 1
	case !s.log && !axis.Free && s.low > 0:
		s.low = 0
	}
	if s.low == s.high {
		s.high = s.low + max(1, math.Abs(s.low))
	}
	if axis.Free && !s.log {
		s.widen()
	}
	return s
}

// widen lets the scale begin and end at round values.
func (s *scale) widen() {
	step := s.step(5)
	s.low, s.high = math.Floor(s.low/step)*step, math.Ceil(s.high/step)*step
}

// step is the round distance of about count values.
func (s scale) step(count int) float64 {
	raw := (s.high - s.low) / float64(count)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= raw {
			return m * power
		}
	}
	return 10 * power
}

// at is where v lies, on the picture always.
func (s scale) at(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, v = math.Log(low), math.Log(high), math.Log(max(v, s.low))
	}
	share := (v - low) / (high - low)
	if math.IsNaN(share) {
		return s.from
	}
	return s.from + (s.to-s.from)*min(1, max(0, share))
}

// ticks are round values, about count of them.
func (s scale) ticks(count int) []float64 {
	if s.log {
		return s.logTicks(count)
	}
	step := s.step(count)
	var ticks []float64
	for i := math.Ceil(s.low / step); i*step <= s.high*(1+1e-9); i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}

// logTicks are powers of ten, with 2 and 5 between them while there is room.
func (s scale) logTicks(count int) []float64 {
	var fine, coarse []float64
	for p := math.Pow(10, math.Floor(math.Log10(s.low))); p <= s.high; p *= 10 {
		for _, m := range []float64{1, 2, 5} {
			if v := m * p; v >= s.low*(1-1e-9) && v <= s.high*(1+1e-9) {
				fine = append(fine, v)
				if m == 1 {
					coarse = append(coarse, v)
				}
			}
		}
	}
	if len(fine) <= 2*count {
		return fine
	}
	return coarse
}

// Number is v as a reader wants it: four digits, large ones in thousands or millions.
func Number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e7:
		return digits(v/1e6) + " M"
	case a >= 1e4:
		return digits(v/1e3) + " k"
	default:
		return digits(v)
	}
}

func digits(v float64) string {
	f, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// place is a coordinate as SVG wants it.
func place(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
