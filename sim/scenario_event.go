package sim

import (
	"context"
	"fmt"
	"time"

	"serf/eventbus"
	"serf/membership"
)

var eventScenario = Scenario{
	Name: "event", Synopsis: "user events are sent one after the other: how fast they spread, and how many they miss",
	Nodes: 100, For: 10 * time.Minute, Run: runEvent,
}

// eventPause is the time between two events, long enough for gossip to end.
const eventPause = 15 * time.Second

func runEvent(ctx context.Context, p Params) (*Report, error) {
	r := &Report{Name: "event", Title: "How events spread", Setting: p.setting()}
	w, err := p.world(ctx)
	if err != nil {
		return nil, err
	}
	half, ninety, last, missed, partial := p.spread(ctx, w)
	r.Partial, r.Hash = partial, w.Hash()
	r.Figures = []Figure{
		half.figure("until half of the members have heard it", "s"),
		ninety.figure("until 99 % have", "s"),
		last.figure("until the last has, of those reached by gossip", "s"),
		{Name: "members per event that gossip did not reach, and a push/pull has to", Value: missed.mean()},
		{Name: "events", Value: float64(len(half.values))},
	}
	return r, nil
}

// spread sends events and returns after how many seconds half of the members, 99 % and the last had heard each, and how many
// gossip did not reach.
func (p *Params) spread(ctx context.Context, w *World) (half, most, last, missed sample, partial string) {
	var at time.Duration
	var name string
	var heard []float64
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind == membership.EffectEvent && e.Event.Type == eventbus.User && e.Event.Name == name {
			heard = append(heard, (w.Now() - at).Seconds())
		}
	}
	defer func() { w.Observe = nil }()
	rounds := max(1, int(p.For/eventPause))
	for round := range rounds {
		name, at, heard = fmt.Sprintf("event-%d", round), w.Now(), nil
		if err := w.Event((round*13)%p.Nodes, name, []byte("payload")); err != nil {
			panic(err) // the member is up, and the event is small
		}
		if !p.run(ctx, w, eventPause, fmt.Sprintf("event %d of %d", round+1, rounds)) {
			return half, most, last, missed, fmt.Sprintf("after %d of %d events", round, rounds)
		}
		quantile := func(q float64) float64 { return heard[min(len(heard)-1, int(q*float64(p.Nodes)))] }
		half.add(quantile(0.5))
		most.add(quantile(0.99))
		last.add(quantile(1))
		missed.add(float64(p.Nodes - len(heard)))
	}
	return half, most, last, missed, ""
}
