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
	t := p.watch(w)
	before := w.Counts().Packets
	found := p.spread(ctx, w)
	sent := float64(w.Counts().Packets - before)
	r.Partial, r.Hash = found.partial, w.Hash()
	r.Figures = []Figure{
		found.half.figure("until half of the members have heard it", "s"),
		found.most.figure("until 99 % have", "s"),
		found.last.figure("until the last has, of those reached by gossip", "s"),
		{Name: "members per event that gossip did not reach, and a push/pull has to", Value: found.missed.mean()},
		{Name: "packets that all members send from one event to the next, 15 s later", Value: sent / max(1, float64(len(found.half.values)))},
		{Name: "events", Value: float64(len(found.half.values))},
	}
	r.Distributions = found.distributions()
	t.fill(r)
	return r, nil
}

// spreading is after how many seconds events were heard.
type spreading struct {
	half, most, last sample // by half of the members, 99 %, and the last one that gossip reached: a value for each event
	missed           sample // how many members gossip did not reach
	each             sample // a value for each event and member
	of               int    // as many as there should be
	partial          string // how far it came, if it was interrupted
}

func (s *spreading) distributions() []Distribution {
	return []Distribution{s.each.distribution("From an event until each member has heard it", "s", s.of)}
}

// spread sends events one after the other.
func (p *Params) spread(ctx context.Context, w *World) (found spreading) {
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
	p.expect(w, time.Duration(rounds)*eventPause)
	for round := range rounds {
		name, at, heard = fmt.Sprintf("event-%d", round), w.Now(), nil
		if err := w.Event((round*13)%p.Nodes, name, []byte("payload")); err != nil {
			panic(err) // the member is up, and the event is small
		}
		if !p.run(ctx, w, eventPause, fmt.Sprintf("event %d of %d", round+1, rounds)) {
			found.partial = fmt.Sprintf("after %d of %d events", round, rounds)
			return found
		}
		quantile := func(q float64) float64 { return heard[min(len(heard)-1, int(q*float64(p.Nodes)))] }
		found.half.add(quantile(0.5))
		found.most.add(quantile(0.99))
		found.last.add(quantile(1))
		found.missed.add(float64(p.Nodes - len(heard)))
		found.each.values = append(found.each.values, heard...)
		found.of += p.Nodes
	}
	return found
}
