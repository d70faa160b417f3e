package sim

import (
	"math/rand/v2"
	"testing"
)

func TestNetworkDrawsTheSameNumbersWhateverTheFaults(t *testing.T) {
	fates := func(n Network, group []int) []fate {
		n.group = group
		rng := rand.New(rand.NewPCG(7, 7))
		var all []fate
		for range 100 {
			all = append(all, n.draw(rng, 0, 1))
		}
		return all
	}
	lossy := lan
	lossy.Loss = 0.5
	calm, stormy, cut := fates(lan, []int{0, 0}), fates(lossy, []int{0, 0}), fates(lan, []int{0, 1})
	lost := 0
	for i := range calm {
		if calm[i].delay != stormy[i].delay || calm[i].delay != cut[i].delay {
			t.Fatalf("draw %d: delays %v, %v, %v differ", i, calm[i].delay, stormy[i].delay, cut[i].delay)
		}
		if calm[i].lost || !cut[i].lost {
			t.Errorf("draw %d: lost %v without faults, %v across a cut", i, calm[i].lost, cut[i].lost)
		}
		if stormy[i].lost {
			lost++
		}
	}
	if lost < 30 || lost > 70 {
		t.Errorf("%d of 100 lost at 50 %%", lost)
	}
}
