package sim

import "fmt"

// bounded: nothing that a member holds grows beyond its limit.
type bounded struct {
	hosts int
	// Limits of the members' configuration.
	queue, intents, exchanges, served, broadcasts int
}

func (*bounded) Name() string { return "bounded" }

func newBounded(w *World) *bounded {
	c := w.config()
	return &bounded{
		hosts: len(w.hosts), queue: c.MaxQueueDepth, intents: c.IntentsMax,
		exchanges: c.Swim.ExchangesMax, served: c.Swim.ServedMax, broadcasts: c.Swim.BroadcastsMax,
	}
}

func (c *bounded) See(s *Sight) error {
	if s.Kind != SawStats {
		return nil
	}
	for _, held := range []struct {
		what    string
		n, most int
	}{
		{"members", s.Stats.Members, c.hosts},
		{"swim members", s.Stats.Swim.Alive + s.Stats.Swim.Suspect + s.Stats.Swim.Dead + s.Stats.Swim.Left, c.hosts},
		{"suspicions", s.Stats.Swim.Suspicions, c.hosts},
		{"lost members", s.Stats.Lost, c.hosts},
		{"intents", s.Stats.Intents, c.intents},
		{"queued intents", s.Stats.IntentQueue, c.queue},
		{"queued events", s.Stats.EventQueue, c.queue},
		{"queued queries", s.Stats.QueryQueue, c.queue},
		{"queued broadcasts", s.Stats.Swim.Queued, min(c.broadcasts, c.hosts)},
		{"open exchanges", s.Stats.Swim.Open, c.exchanges},
		{"pings run for others", s.Stats.Swim.Serving, c.served},
		{"waiting inputs", s.Inbox, inboxMax},
	} {
		if held.n > held.most {
			return fmt.Errorf("n%05d holds %d %s, the limit is %d", s.Host, held.n, held.what, held.most)
		}
	}
	return nil
}
