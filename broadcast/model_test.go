package broadcast

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is the queue as a slice that is sorted when needed.
type model struct {
	cfg      Config
	items    []modelItem
	lastID   ID
	finished []Finished
}

type modelItem struct {
	name      string
	message   string
	id        ID
	transmits int
	notify    bool
}

func (m *model) sort() {
	slices.SortFunc(m.items, func(a, b modelItem) int {
		if m.cfg.OldestFirst {
			return cmp.Or(cmp.Compare(a.transmits, b.transmits), cmp.Compare(a.id, b.id))
		}
		return cmp.Or(cmp.Compare(a.transmits, b.transmits), cmp.Compare(len(b.message), len(a.message)), cmp.Compare(b.id, a.id))
	})
}

func (m *model) drop(i int, why Why) {
	if it := m.items[i]; it.notify {
		m.finished = append(m.finished, Finished{it.id, why})
	}
	m.items = slices.Delete(m.items, i, i+1)
}

func (m *model) push(name, message string, notify bool) {
	if i := slices.IndexFunc(m.items, func(it modelItem) bool { return name != "" && it.name == name }); i >= 0 {
		m.drop(i, Replaced)
	}
	m.prune(m.cfg.LenMax - 1)
	m.lastID++
	m.items = append(m.items, modelItem{name: name, message: message, id: m.lastID, notify: notify})
}

func (m *model) prune(max int) {
	m.sort()
	for len(m.items) > max {
		m.drop(len(m.items)-1, Dropped)
	}
}

// take scans the order from the front for each message: the first that fits is the first of the lowest tier that has
// one, because tiers only ever get exhausted.
func (m *model) take(overhead, budget, members int) (messages []string, used int) {
	m.sort()
	var taken []modelItem
	for len(messages) < BatchLenMax && budget-used-overhead > 0 {
		tier, passed := -1, 0
		i := slices.IndexFunc(m.items, func(it modelItem) bool {
			if it.transmits != tier {
				tier, passed = it.transmits, 0
			}
			fits := len(it.message) <= budget-used-overhead && passed <= passedOverMax
			if !fits && m.cfg.OldestFirst {
				passed++
			}
			return fits
		})
		if i < 0 {
			break
		}
		it := m.items[i]
		messages = append(messages, it.message)
		used += len(it.message) + overhead
		m.items = slices.Delete(m.items, i, i+1)
		taken = append(taken, it)
	}
	for _, it := range taken {
		it.transmits++
		m.items = append(m.items, it)
		if it.transmits >= TransmitLimit(m.cfg.RetransmitMult, members) {
			m.drop(len(m.items)-1, Sent)
		}
	}
	return messages, used
}

func TestQueueBehavesLikeASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			RetransmitMult: rapid.IntRange(0, 4).Draw(t, "mult"),
			OldestFirst:    rapid.Bool().Draw(t, "oldestFirst"),
			LenMax:         rapid.SampledFrom([]int{1, 2, 5, 50, 1000}).Draw(t, "lenMax"),
		}
		q, m := New(cfg), &model{cfg: cfg}
		compare := func() {
			if q.Len() != len(m.items) {
				t.Fatalf("got %d queued, want %d", q.Len(), len(m.items))
			}
			for _, want := range m.finished {
				if got, ok := q.NextFinished(); !ok || got != want {
					t.Fatalf("got finished %v (%v), want %v", got, ok, want)
				}
			}
			if got, ok := q.NextFinished(); ok {
				t.Fatalf("got finished %v, want none", got)
			}
			m.finished = m.finished[:0]
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				name := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e", "f", "g"}).Draw(t, "name")
				message := fmt.Sprintf("%0*d", rapid.IntRange(3, 40).Draw(t, "size"), m.lastID)
				notify := rapid.Bool().Draw(t, "notify")
				m.push(name, message, notify)
				if id, err := q.Push(name, []byte(message), notify); err != nil || id != m.lastID {
					t.Fatalf("got id %d and error %v, want %d", id, err, m.lastID)
				}
			},
			"burst": func(t *rapid.T) {
				for range rapid.IntRange(1, 700).Draw(t, "count") {
					m.push("", "burst", false)
					if _, err := q.Push("", []byte("burst"), false); err != nil {
						t.Fatal(err)
					}
				}
			},
			"take": func(t *rapid.T) {
				overhead := rapid.IntRange(0, 3).Draw(t, "overhead")
				budget := rapid.IntRange(-1, 300).Draw(t, "budget")
				members := rapid.SampledFrom([]int{0, 1, 9, 10, 100}).Draw(t, "members")
				var b Batch
				used := q.Take(&b, overhead, budget, members)
				want, wantUsed := m.take(overhead, budget, members)
				var got []string
				for message := range b.All {
					got = append(got, string(message))
				}
				if !slices.Equal(got, want) || used != wantUsed {
					t.Fatalf("got %q using %d, want %q using %d", got, used, want, wantUsed)
				}
			},
			"prune": func(t *rapid.T) {
				max := rapid.IntRange(0, 60).Draw(t, "max")
				q.Prune(max)
				m.prune(max)
			},
			"": func(*rapid.T) { compare() },
		})
	})
}
