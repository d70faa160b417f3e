package lamport

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

type vector struct {
	Name  string
	Start uint64
	Steps []struct {
		Op       string
		Value    uint64
		Returned uint64
		Time     uint64
	}
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/lamport.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) == 0 {
		t.Fatal("no vectors")
	}
	return vs
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Name == "wrap" {
			continue // TestFarTimeIsRefused and TestClockEndsWithoutWrapping say what happens here instead
		}
		t.Run(v.Name, func(t *testing.T) {
			c := At(v.Start)
			for i, s := range v.Steps {
				switch s.Op {
				case "increment":
					if got := c.Increment(); got != s.Returned {
						t.Errorf("step %d: Increment() = %d, want %d", i, got, s.Returned)
					}
				case "witness":
					if !c.Witness(s.Value) {
						t.Errorf("step %d: Witness(%d) refused", i, s.Value)
					}
				default:
					t.Fatalf("step %d: unknown operation %q", i, s.Op)
				}
				if got := c.Time(); got != s.Time {
					t.Fatalf("step %d: %s %d: time %d, want %d", i, s.Op, s.Value, got, s.Time)
				}
			}
		})
	}
}

func TestFarTimeIsRefused(t *testing.T) {
	for _, test := range []struct {
		now, witnessed, want uint64
		believed             bool
	}{
		{1, 1 + JumpMax, 2 + JumpMax, true},
		{1, 2 + JumpMax, 1, false},
		{1, math.MaxUint64, 1, false},
		{math.MaxUint64 - 5, math.MaxUint64, math.MaxUint64, true},
		{math.MaxUint64, 0, math.MaxUint64, true},
	} {
		c := At(test.now)
		if got := c.Witness(test.witnessed); got != test.believed {
			t.Errorf("at %d: Witness(%d) = %v, want %v", test.now, test.witnessed, got, test.believed)
		}
		if got := c.Time(); got != test.want {
			t.Errorf("at %d: time %d after witnessing %d, want %d", test.now, got, test.witnessed, test.want)
		}
	}
}

func TestClockEndsWithoutWrapping(t *testing.T) {
	c := At(math.MaxUint64 - 1)
	for range 3 {
		c.Increment()
	}
	c.Witness(math.MaxUint64)
	if got := c.Time(); got != math.MaxUint64 {
		t.Errorf("time %d, want %d", got, uint64(math.MaxUint64))
	}
}

func FuzzClockNeverRunsBack(f *testing.F) {
	f.Add(uint64(0), uint64(5), uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, start, a, b uint64) {
		c := At(start)
		for _, v := range []uint64{a, b, a} {
			before := c.Time()
			believed := c.Witness(v)
			after := c.Time()
			if after < before || believed && after <= v && after != math.MaxUint64 {
				t.Errorf("witnessing %d moved the clock from %d to %d", v, before, after)
			}
		}
	})
}
