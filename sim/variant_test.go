package sim

import (
	"testing"

	"serf/swim"
)

// rules are what tells the variants from each other.
type rules struct {
	healthMax, mult, maxMult int
	of                       swim.Variant
}

func TestVariantsHaveTheRulesOfTheirPublications(t *testing.T) {
	paper := swim.Variant{ScaleAll: true, BlameBoth: true, GossipTicks: true, StrangersEqual: true}
	reference := swim.Variant{WholeTicks: true, LateNacks: true, GossipTicks: true, StrangersEqual: true}
	with := func(v swim.Variant, alone, silent bool) swim.Variant {
		v.NoConfirmations, v.NoBuddy = alone, silent
		return v
	}
	want := map[flavour][]rules{
		flavourPaper: {
			{0, 5, 1, with(paper, true, true)},
			{8, 5, 1, with(paper, true, true)},
			{0, 5, 6, with(paper, false, true)},
			{0, 5, 1, with(paper, true, false)},
			{8, 5, 6, with(paper, false, false)},
		},
		flavourReference: {
			{0, 4, 1, with(reference, true, true)},
			{7, 4, 1, with(reference, true, true)},
			{0, 4, 6, with(reference, false, true)},
			{0, 4, 1, with(reference, true, false)},
			{7, 4, 6, with(reference, false, false)},
		},
	}
	for _, f := range flavours {
		for i, v := range variants {
			c := v.config(f).Swim
			got := rules{c.AwarenessMaxMultiplier - 1, c.SuspicionMult, c.SuspicionMaxTimeoutMult, c.Variant}
			if got != want[f][i] {
				t.Errorf("%s as in %s: got %+v, want %+v", v.name, f, got, want[f][i])
			}
			if c.VerifyDepartures || c.ProbeStalest || c.DisableStreamPings || c.GossipInterval == 0 || c.PushPullInterval == 0 {
				t.Errorf("%s as in %s does not stand on the common base", v.name, f)
			}
		}
	}
}
