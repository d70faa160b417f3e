package sim

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
)

// The study in small: what is slower by a twentieth beyond doubt is found by a few pairs, too.
func TestHardeningRulesDoNotSlowTrueNews(t *testing.T) {
	r := study(t, hardeningStudy, Setup{Seed: 1, Nodes: []int{5}, Runs: 2, Workers: 2})
	if want := len(hardenings) + 1; len(r.Tables) != want {
		t.Errorf("%d tables, want %d: one for each rule with a switch, and one for the others", len(r.Tables), want)
	}
	compared := 0
	for _, f := range r.Figures {
		switch {
		case strings.HasSuffix(f.Name, "ratio"):
			compared++
			if f.Low > 1.05 {
				t.Errorf("%s: %.3f (%.3f to %.3f), want no slowdown", f.Name, f.Value, f.Low, f.High)
			}
		case strings.HasPrefix(f.Name, "times that it acted"):
			if f.Value != 0 {
				t.Errorf("%s: %v in clusters that nobody attacks", f.Name, f.Value)
			}
		}
	}
	if compared == 0 {
		t.Error("no rule made any difference: nothing is compared")
	}
	for _, rule := range []string{"padding is refused", "events wait for the first push/pull"} {
		if share := r.value(rule); share != 1 {
			t.Errorf("%s: %v of the runs are equal without it, want all", rule, share)
		}
	}
}

func TestRuleThatSlowsTrueNewsIsFound(t *testing.T) {
	slow := []hardening{{name: "suspicions last longer", off: func(o *Options) { o.Cluster.Swim.SuspicionMult = 3 }}}
	c := &hardeningCell{place: hardeningPlace{5, hardeningGrounds[1]}}
	if err := c.compare(context.Background(), 1, 30, slow); err != nil {
		t.Fatal(err)
	}
	for i, at := range hardeningTimes[:2] {
		found := c.rules[0].times[i].ratio(at.of, rand.New(rand.NewPCG(1, 1)))
		if found.verdict() != "SLOWER" {
			t.Errorf("%s: %v, %s; want it to be found slower", at.name, &found, found.verdict())
		}
	}
	if c.rules[0].unequal != 30 {
		t.Errorf("%d of 30 runs differ, want all", c.rules[0].unequal)
	}
}

// A rule that changes one time in many must not count as one that does nothing.
func TestRuleIsComparedOnUntilItsRunsHaveBeenEqualForLong(t *testing.T) {
	var p hardeningPairs
	equal, other := hardeningRun{hash: "a"}, hardeningRun{hash: "b"}
	for range hardeningEqual - 1 {
		p.add(&equal, &equal, false)
	}
	if p.idle() {
		t.Errorf("done with after %d pairs", hardeningEqual-1)
	}
	p.add(&equal, &other, false)
	for range hardeningEqual {
		p.add(&equal, &equal, false)
	}
	if p.idle() {
		t.Error("done with although a pair was not equal")
	}
}
