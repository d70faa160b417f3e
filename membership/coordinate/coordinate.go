package coordinate

import (
	"errors"
	"math"
	"time"
)

// Dimensions is how many dimensions the space has. Reference peers refuse another number.
const Dimensions = 8

const (
	// ErrorMax is the error of a node that knows nothing, and the largest. Reference peers use the same.
	ErrorMax = 1.5
	// HeightMin is the height of a fresh coordinate, and the smallest a node gives itself: 10 µs, in seconds.
	HeightMin = 1.0e-5
	// LengthMax is the largest height, adjustment (of either sign) and distance of the vector from the origin, in seconds.
	// Eight and more simulated honest nodes stay below 40 s, most below 1 s. Between two or three nodes whose round trips are
	// mere noise up to a second the height leaps at times: one update in ten million gets here.
	LengthMax = 500.0

	// nearZero is the length below which a vector has no direction, and the shortest round trip an update counts with.
	nearZero = 1.0e-6
)

// Reasons for which a coordinate is refused. They are compared with errors.Is.
var (
	ErrNotFinite  = errors.New("coordinate: not finite")
	ErrErrorRange = errors.New("coordinate: error out of range")
	ErrHeight     = errors.New("coordinate: negative height")
	ErrTooFar     = errors.New("coordinate: too far away")
)

// Coordinate is a place in the space. The zero Coordinate is no place of a node; see Fresh.
//
//  1. Every number is finite.
//  2. 0 ≤ Error ≤ ErrorMax.
//  3. 0 ≤ Height ≤ LengthMax, |Adjustment| ≤ LengthMax and |Vec| ≤ LengthMax.
//
// Check checks them.
type Coordinate struct {
	Vec        [Dimensions]float64
	Error      float64 // relative, of this coordinate's predictions: 0 would be exact
	Adjustment float64 // added to an estimate; may be negative
	Height     float64 // from the node to the core of the network
}

// Fresh returns the coordinate of a node that knows nothing: the origin, at the largest error.
func Fresh() Coordinate { return Coordinate{Error: ErrorMax, Height: HeightMin} }

// DistanceTo estimates the round trip between nodes at c and other, cut to nanoseconds. It is symmetric but for rounding. A result
// beyond the range of a Duration, which coordinates that pass Check never give, becomes the end of the range; one that
// is no number becomes 0.
func (c *Coordinate) DistanceTo(other *Coordinate) time.Duration {
	raw := c.rawDistance(other)
	d := raw + c.Adjustment + other.Adjustment
	if !(d > 0) {
		d = raw
	}
	ns := d * 1e9
	switch {
	case ns != ns:
		return 0
	case ns >= math.MaxInt64:
		return math.MaxInt64
	case ns <= math.MinInt64:
		return math.MinInt64
	}
	return time.Duration(ns)
}

// Check returns ErrNotFinite, ErrErrorRange, ErrHeight or ErrTooFar when c violates an invariant.
func (c *Coordinate) Check() error {
	switch {
	case !c.finite():
		return ErrNotFinite
	case c.Error < 0 || c.Error > ErrorMax:
		return ErrErrorRange
	case c.Height < 0:
		return ErrHeight
	case c.Height > LengthMax || math.Abs(c.Adjustment) > LengthMax || magnitude(&c.Vec) > LengthMax:
		return ErrTooFar
	}
	return nil
}

func (c *Coordinate) finite() bool {
	for _, x := range c.Vec {
		if !finite(x) {
			return false
		}
	}
	return finite(c.Error) && finite(c.Adjustment) && finite(c.Height)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// rawDistance is the distance in seconds without adjustments.
func (c *Coordinate) rawDistance(other *Coordinate) float64 {
	v := c.minus(other)
	return magnitude(&v) + c.Height + other.Height
}

// minus returns the vector from other to c.
func (c *Coordinate) minus(other *Coordinate) (v [Dimensions]float64) {
	for i := range v {
		v[i] = c.Vec[i] - other.Vec[i]
	}
	return v
}

// push moves c by force seconds away from other, towards it when negative, and raises its height by the share that the
// heights have in the distance. Where both stand at the same place the direction is drawn from u.
func (c *Coordinate) push(force float64, other *Coordinate, u Uniform) {
	direction := c.minus(other)
	m := magnitude(&direction)
	if m > nearZero {
		scale(&direction, 1/m)
	} else {
		direction = randomDirection(u)
	}
	for i := range c.Vec {
		c.Vec[i] += float64(direction[i] * force)
	}
	if m > nearZero {
		c.Height = max(float64((c.Height+other.Height)*force)/m+c.Height, HeightMin)
	}
}

// randomDirection returns a vector of length 1, from one draw per dimension.
func randomDirection(u Uniform) (v [Dimensions]float64) {
	for i := range v {
		v[i] = u.Float64() - 0.5
	}
	m := magnitude(&v)
	if m <= nearZero {
		return [Dimensions]float64{1}
	}
	scale(&v, 1/m)
	return v
}

func magnitude(v *[Dimensions]float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return math.Sqrt(sum)
}

func scale(v *[Dimensions]float64, by float64) {
	for i := range v {
		v[i] *= by
	}
}
