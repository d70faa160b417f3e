package swim

import (
	"testing"

	"pgregory.net/rapid"
)

func TestChooseFindsAllThatAreEligible(t *testing.T) {
	n := bigNode(t, 300)
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(0, selectMax).Draw(t, "k")
		above := rapid.Uint32Range(0, 310).Draw(t, "above")
		eligible := func(member uint32, r record) bool { return member >= above }
		got := n.choose(nil, k, eligible)
		if most := min(k, max(0, 300-int(above))); len(got) != most {
			t.Fatalf("got %d of %d wanted, want %d", len(got), k, most)
		}
		for i, m := range got {
			if m < above || contains(got[:i], m) || !n.table.Get(m).known() {
				t.Fatalf("got %v, want different members from %d on", got, above)
			}
		}
	})
}

// Every eligible member must be chosen about equally often, whether drawing or looking at all finds them; the bounds are
// more than six standard deviations wide.
func TestChooseIsFair(t *testing.T) {
	for name, eligible := range map[string]func(uint32, record) bool{
		"drawing":     func(m uint32, r record) bool { return m < 250 },
		"looking":     func(m uint32, r record) bool { return m < 8 },
		"looking all": func(m uint32, r record) bool { return m < 3 },
	} {
		t.Run(name, func(t *testing.T) {
			n := bigNode(t, 300)
			const rounds = 20000
			count, total := map[uint32]int{}, 0
			for range rounds {
				for _, m := range n.choose(nil, 3, eligible) {
					count[m]++
					total++
				}
			}
			mean := total / len(count)
			for m, c := range count {
				if c < mean/2 || c > mean*3/2 {
					t.Errorf("member %d was chosen %d times, want about %d", m, c, mean)
				}
			}
		})
	}
}
