package coordinate

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func TestEachForgeryHasItsReasonAndCounter(t *testing.T) {
	far := func(x float64) Coordinate {
		return Coordinate{Vec: [Dimensions]float64{0, 0, x}, Error: 1, Height: HeightMin}
	}
	tests := []struct {
		name    string
		other   Coordinate
		rtt     time.Duration
		want    error
		counter func(Stats) uint64
	}{
		{"not finite", far(math.Inf(-1)), time.Millisecond, ErrNotFinite, func(s Stats) uint64 { return s.RefusedNotFinite }},
		{"negative round trip", Fresh(), -1, ErrRTT, func(s Stats) uint64 { return s.RefusedRTT }},
		{"long round trip", Fresh(), RTTMax + 1, ErrRTT, func(s Stats) uint64 { return s.RefusedRTT }},
		{"negative error", Coordinate{Error: -1e-9}, 1, ErrErrorRange, func(s Stats) uint64 { return s.RefusedError }},
		{"large error", Coordinate{Error: 1.5000001}, 1, ErrErrorRange, func(s Stats) uint64 { return s.RefusedError }},
		{"negative height", Coordinate{Height: -1e-9}, 1, ErrHeight, func(s Stats) uint64 { return s.RefusedHeight }},
		{"large height", Coordinate{Height: LengthMax + 1}, 1, ErrTooFar, func(s Stats) uint64 { return s.RefusedTooFar }},
		{"large adjustment", Coordinate{Adjustment: LengthMax + 1}, 1, ErrTooFar, func(s Stats) uint64 { return s.RefusedTooFar }},
		{"very negative adjustment", Coordinate{Adjustment: -LengthMax - 1}, 1, ErrTooFar, func(s Stats) uint64 { return s.RefusedTooFar }},
		{"far away", far(LengthMax + 1), 1, ErrTooFar, func(s Stats) uint64 { return s.RefusedTooFar }},
		{"square overflows", far(-math.MaxFloat64), 1, ErrTooFar, func(s Stats) uint64 { return s.RefusedTooFar }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, DefaultConfig())
			moved, err := c.Update("n", &tt.other, tt.rtt, steady{})
			if moved != 0 || !errors.Is(err, tt.want) {
				t.Errorf("got %v, %v; want 0, %v", moved, err, tt.want)
			}
			if s := c.Stats(); tt.counter(s) != 1 || s.Refused() != 1 || s.Updates != 0 {
				t.Errorf("got %+v, want one refusal", s)
			}
			if c.Coordinate() != Fresh() || c.Len() != 0 {
				t.Errorf("got %+v and %d peers, want no change", c.Coordinate(), c.Len())
			}
		})
	}
}

func TestLimitsThemselvesAreTaken(t *testing.T) {
	for _, c := range []Coordinate{
		{}, {Error: ErrorMax, Height: LengthMax, Adjustment: -LengthMax}, {Vec: [Dimensions]float64{-LengthMax}, Adjustment: LengthMax}, Fresh(),
	} {
		if err := c.Check(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A peer that stands next to us and claims a great height, which its adjustment hides, blows our own height up.
func TestResetClearsTheAdjustmentWindow(t *testing.T) {
	c := newClient(t, DefaultConfig())
	honest := Coordinate{Vec: [Dimensions]float64{0.01}, Error: 0.5, Height: HeightMin}
	rng := newRand(1)
	for range 30 {
		if _, err := c.Update("honest", &honest, 12*time.Millisecond, rng); err != nil {
			t.Fatal(err)
		}
	}
	forged := c.Coordinate()
	forged.Vec[1] += 2e-6
	forged.Error, forged.Height, forged.Adjustment = 0, LengthMax, -LengthMax+1e-3
	if _, err := c.Update("forger", &forged, RTTMax, rng); err != nil {
		t.Fatal(err)
	}
	if got := c.Stats().Resets; got != 1 {
		t.Fatalf("got %d resets, want 1", got)
	}
	if c.Coordinate() != Fresh() || c.window != (adjustment{size: 20}) {
		t.Errorf("got %+v and %+v, want a fresh coordinate and an empty window", c.Coordinate(), c.window)
	}
	for range 30 {
		if _, err := c.Update("honest", &honest, 12*time.Millisecond, rng); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.Stats().Resets; got != 1 {
		t.Errorf("got %d resets after honest samples, want still 1", got)
	}
}

func TestZeroRoundTripIsCountedAndTaken(t *testing.T) {
	c := newClient(t, DefaultConfig())
	other := Fresh()
	if _, err := c.Update("n", &other, 0, newRand(1)); err != nil {
		t.Fatal(err)
	}
	if s := c.Stats(); s.ZeroRTT != 1 || s.Updates != 1 {
		t.Errorf("got %+v, want one update with a round trip of 0", s)
	}
}

func TestForgetDropsFilterAndCoordinate(t *testing.T) {
	c, rng, other := newClient(t, DefaultConfig()), newRand(1), Fresh()
	for range 3 {
		if _, err := c.Update("n", &other, time.Second, rng); err != nil {
			t.Fatal(err)
		}
	}
	c.Forget("n")
	c.Forget("stranger")
	if _, known := c.Peer("n"); known || c.Len() != 0 {
		t.Errorf("got known %v, %d peers; want false, 0", known, c.Len())
	}
	if _, err := c.Update("m", &other, time.Millisecond, rng); err != nil { // takes the record over
		t.Fatal(err)
	}
	if got, want := c.peers.lookup("m").latency, (latency{samples: [3]time.Duration{time.Millisecond}, len: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPeersAreBounded(t *testing.T) {
	c, rng, other := newClient(t, Config{PeersMax: 3}), newRand(1), Fresh()
	for i := range 100 {
		name := strconv.Itoa(i)
		if _, err := c.Update(name, &other, time.Millisecond, rng); (err != nil) != (i >= 3) || err != nil && !errors.Is(err, ErrPeersFull) {
			t.Fatalf("peer %d: got error %v", i, err)
		}
	}
	if _, err := c.Update("1", &other, time.Millisecond, rng); err != nil {
		t.Errorf("known peer: %v", err)
	}
	if s := c.Stats(); c.Len() != 3 || s.RefusedPeersFull != 97 {
		t.Errorf("got %d peers, %d refused; want 3, 97", c.Len(), s.RefusedPeersFull)
	}
	for i := range 1000 { // churn below the limit reuses records
		c.Forget(strconv.Itoa(i))
		if _, err := c.Update(strconv.Itoa(i+3), &other, time.Millisecond, rng); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(c.peers.records); got != 3 {
		t.Errorf("got %d records, want 3", got)
	}
}

func TestConfigTellsAllProblems(t *testing.T) {
	for _, cfg := range []Config{{AdjustmentWindow: -1, PeersMax: 1}, {AdjustmentWindow: AdjustmentWindowMax + 1, PeersMax: 1}, {}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v: got no error", cfg)
		}
	}
	err := Config{AdjustmentWindow: -1}.Validate()
	if want := "coordinate: adjustment window -1 not in 0..64\ncoordinate: peers max 0 is not positive"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDirectionWithoutLengthIsTheFirst(t *testing.T) {
	got := randomDirection(halves{})
	if want := [Dimensions]float64{1}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// halves draws the middle, from which no direction leads away.
type halves struct{}

func (halves) Float64() float64 { return 0.5 }

func TestUpdateAllocatesNothing(t *testing.T) {
	c, rng := newClient(t, DefaultConfig()), newRand(1)
	other := Coordinate{Vec: [Dimensions]float64{0.01}, Error: 0.5, Height: HeightMin}
	payload := AppendPayload(nil, &other)
	buffer := make([]byte, 0, PayloadBytes)
	got := testing.AllocsPerRun(100, func() {
		c.Update("n", &other, 12*time.Millisecond, rng)
		c.HandleAck("n", payload, 12*time.Millisecond, rng)
		own := c.Coordinate()
		AppendPayload(buffer, &own)
	})
	if got != 0 || c.Stats().Updates == 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
