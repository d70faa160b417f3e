//go:build long

package sim

import (
	"testing"
	"time"
)

// The tests of this file take minutes; make sim-long runs them all.

func TestClusterCutForAnHourIsOneAgain(t *testing.T) {
	t.Parallel()
	cut(t, Options{Seed: 31}, time.Hour, false)
}

func TestClusterCutForTwoDaysIsOneAgain(t *testing.T) {
	t.Parallel()
	cut(t, Options{Seed: 41}, 48*time.Hour, true)
}

func TestThousandRotationsDuringChurnLeaveOnePrimaryKey(t *testing.T) {
	t.Parallel()
	rotate(t, Options{Seed: 52, Direct: true}, 1000)
}

// With real envelopes and keyrings.
func TestRotationsOfRealKeyrings(t *testing.T) {
	t.Parallel()
	rotate(t, Options{Seed: 53}, 50)
}

func TestHundredMembersThroughChaosLong(t *testing.T) {
	t.Parallel()
	for seed := uint64(1000); seed < 1030; seed++ {
		chaos(t, seed, float64(seed-1000)/100)
	}
}

func TestThreeThousandFakeMembersDoNotHideACrash(t *testing.T) {
	t.Parallel()
	hideCrash(t, 3000, 5)
}
