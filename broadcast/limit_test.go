package broadcast

import (
	"encoding/json"
	"math"
	"math/big"
	"os"
	"testing"

	"pgregory.net/rapid"
)

func TestTransmitLimitMatchesTheReference(t *testing.T) {
	var file struct {
		Limits []struct{ Mult, N, Limit int } `json:"retransmit_limit"`
	}
	readVectors(t, "formulas.json", &file)
	if len(file.Limits) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range file.Limits {
		if got := TransmitLimit(v.Mult, v.N); got != v.Limit {
			t.Errorf("TransmitLimit(%d, %d) = %d, want %d", v.Mult, v.N, got, v.Limit)
		}
	}
}

func TestTransmitLimitAtTheEdges(t *testing.T) {
	tests := []struct{ mult, members, want int }{
		{4, -1, 0},
		{4, 0, 0},
		{4, 9, 4},
		{4, 10, 8},
		{4, 999, 12},
		{4, 1000, 16},
		{1, math.MaxInt, 19},
		{0, 1000, 0},
	}
	for _, tt := range tests {
		if got := TransmitLimit(tt.mult, tt.members); got != tt.want {
			t.Errorf("TransmitLimit(%d, %d) = %d, want %d", tt.mult, tt.members, got, tt.want)
		}
	}
}

// TestTransmitLimitIsTheCeilingOfTheLogarithm compares with the definition: the smallest d with 10^d ≥ members + 1.
func TestTransmitLimitIsTheCeilingOfTheLogarithm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.IntRange(0, math.MaxInt).Draw(t, "members")
		want, power := 0, big.NewInt(1)
		for power.Cmp(new(big.Int).Add(big.NewInt(int64(members)), big.NewInt(1))) < 0 {
			power.Mul(power, big.NewInt(10))
			want++
		}
		if got := TransmitLimit(1, members); got != want {
			t.Fatalf("TransmitLimit(1, %d) = %d, want %d", members, got, want)
		}
	})
}

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}
