package sim

import (
	"fmt"
	"testing"
	"time"

	"serf/membership"
)

// joined returns a world whose hosts know each other.
func joined(t *testing.T, o Options) *World {
	t.Helper()
	w, err := NewWorld(o)
	if err != nil {
		t.Fatal(err)
	}
	form(t, w)
	return w
}

// form starts all hosts and lets them join.
func form(t *testing.T, w *World) {
	t.Helper()
	for i := range w.hosts {
		must(t, w.Start(i))
		if i > 0 {
			w.At(time.Duration(i)*20*time.Millisecond, func() { must(t, w.Join(i, 0)) })
		}
	}
	agree(t, w, "all joined", 60*time.Second)
}

func TestEveryEventReachesEveryMemberExactlyOnceUnderLoss(t *testing.T) {
	for _, loss := range []float64{0, 0.1, 0.3} {
		t.Run(fmt.Sprintf("loss %v", loss), func(t *testing.T) {
			o := Options{Seed: 11, Hosts: 100, Network: lan, Direct: true}
			w := joined(t, o)
			w.Network.Loss = loss
			const events = 50
			for n := range events {
				w.At(time.Duration(n)*100*time.Millisecond, func() {
					must(t, w.Event(n%o.Hosts, fmt.Sprintf("deploy-%d", n), []byte("payload")))
				})
			}
			w.Run(120 * time.Second) // what gossip loses, a push/pull brings
			for n := range events {
				for i := range o.Hosts {
					if got := w.Heard(i, fmt.Sprintf("deploy-%d", n)); got != 1 {
						t.Fatalf("host %d heard event %d %d times, want once", i, n, got)
					}
				}
			}
		})
	}
}

func TestQueriesCollectAcksAndResponsesFromAll(t *testing.T) {
	o := Options{Seed: 12, Hosts: 30, Network: lan}
	w := joined(t, o)
	w.Respond = func(host int, query string) []byte { return []byte(fmt.Sprintf("%s-%d", query, host)) }
	for _, relay := range []uint8{0, 2} {
		before := func(by int, ack bool) int { return w.Answered(3, by, ack) }
		acks, responses := make([]int, o.Hosts), make([]int, o.Hosts)
		for by := range o.Hosts {
			acks[by], responses[by] = before(by, true), before(by, false)
		}
		must(t, w.Query(3, membership.QueryParams{Name: "up", Ack: true, RelayFactor: relay}))
		w.Run(10 * time.Second)
		for by := range o.Hosts {
			if a, r := before(by, true)-acks[by], before(by, false)-responses[by]; a != 1 || r != 1 {
				t.Errorf("relay factor %d: %d acks and %d responses from host %d, want one of each", relay, a, r, by)
			}
		}
	}
}
