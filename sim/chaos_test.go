package sim

import "testing"

// chaos runs a trial of 100 members with the given loss and fails when an invariant breaks.
func chaos(t *testing.T, seed uint64, loss float64) Outcome {
	t.Helper()
	trial := DrawTrial(seed, 100)
	trial.Network.Loss = loss
	trial.Snapshots = true
	out, err := trial.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: calm after %v of %v, %+v", &trial, out.Calm, out.Bound, out.Counts)
	if out.Violation != nil {
		t.Errorf("%v\n%v\n%s", out.Violation, &trial, trial.Timeline())
	}
	return out
}

func TestHundredMembersThroughChaos(t *testing.T) {
	var all Counts
	for i, loss := range []float64{0.3, 0.1} {
		c := chaos(t, uint64(71+i), loss).Counts
		all.add(&c)
	}
	for what, n := range map[string]uint64{
		"lost packets": all.Lost, "duplicates": all.Duplicated, "delayed inputs": all.Delayed, "restarts": all.Restarts, "leaves": all.Leaves,
	} {
		if n == 0 {
			t.Errorf("no %s: the trials prove less than they should", what)
		}
	}
}
