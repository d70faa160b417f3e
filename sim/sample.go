package sim

import (
	"math"
	"slices"
)

// sample is measured values.
type sample struct{ values []float64 }

func (s *sample) add(v float64) { s.values = append(s.values, v) }

func (s *sample) mean() float64 {
	if len(s.values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range s.values {
		sum += v
	}
	return sum / float64(len(s.values))
}

// deviation is the standard deviation.
func (s *sample) deviation() float64 {
	n := len(s.values)
	if n < 2 {
		return 0
	}
	m, sum := s.mean(), 0.0
	for _, v := range s.values {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(n-1))
}

// quantile is the value below which the share q of all values is.
func (s *sample) quantile(q float64) float64 {
	if len(s.values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s.values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// figure is the mean with its interval of 95 % confidence.
func (s *sample) figure(name, unit string) Figure {
	m := s.mean()
	f := Figure{Name: name, Value: m, Unit: unit}
	if n := len(s.values); n > 1 {
		half := student(n-1) * s.deviation() / math.Sqrt(float64(n))
		f.Low, f.High = m-half, m+half
	}
	return f
}

// distributionMax bounds the values that a report keeps of one thing.
const distributionMax = 500

// distribution is all values, of so many that there could have been.
func (s *sample) distribution(name, unit string, of int) Distribution {
	sorted := slices.Sorted(slices.Values(s.values))
	d := Distribution{Name: name, Unit: unit, Count: len(sorted), Of: max(of, len(sorted)), Values: sorted}
	if n := len(sorted); n > distributionMax {
		d.Values = make([]float64, distributionMax)
		for i := range d.Values {
			d.Values[i] = sorted[i*(n-1)/(distributionMax-1)]
		}
	}
	return d
}

// student is the quantile 0.975 of Student's distribution, within 2 % from two degrees of freedom on.
func student(degrees int) float64 {
	d := float64(degrees)
	if degrees == 1 {
		return 12.71
	}
	return 1.96 + 2.37/d + 2.8/(d*d) + 2.6/(d*d*d)
}
