package sim

import (
	"math/rand/v2"
	"testing"
	"time"
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

func TestStreamsWaitForWhatIsSentAgain(t *testing.T) {
	n := Network{Loss: 0.5, Resend: true}
	rng := rand.New(rand.NewPCG(7, 8))
	const draws = 10_000
	atOnce, once, longest := 0, 0, time.Duration(0)
	for range draws {
		held := n.sending(rng, 0, 1)
		switch held {
		case 0:
			atOnce++
		case resendData:
			once++
		}
		longest = max(longest, held)
	}
	if atOnce < draws*47/100 || atOnce > draws*53/100 || once < draws*22/100 || once > draws*28/100 {
		t.Errorf("of %d sendings at 50 %% loss %d arrived at once and %d after one more, want half and a quarter", draws, atOnce, once)
	}
	if longest < time.Second || longest > 3*time.Minute {
		t.Errorf("the longest wait was %v", longest)
	}
	n.Loss, n.rules = 0, []*Rule{{From: []int{1}, To: []int{0}, Loss: 0.5}}
	backwards := 0
	for range 1000 {
		if n.sending(rng, 0, 1) != 0 {
			t.Fatal("a loss on the way back holds up what is sent")
		}
		if n.connecting(rng, 0, 1) != 0 {
			backwards++
		}
	}
	if backwards < 400 || backwards > 600 {
		t.Errorf("a loss of 50 %% on the way back held up %d of 1000 handshakes", backwards)
	}
	if n.Resend = false; n.connecting(rng, 0, 1) != 0 {
		t.Error("a stream waits that should not")
	}
}
