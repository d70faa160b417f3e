package telemetry

import (
	"context"
	"maps"
	"slices"

	"serf/agent"
)

// Agent notes the figures of a member. Those that the member cannot give, because it is too busy or has ended, are left out.
func (r *Reading) Agent(ctx context.Context, a *agent.Agent) {
	a.EachTrouble(func(name string, n uint64) { r.Total("agent.trouble."+name, n) })
	f, err := a.Figures(ctx)
	if err != nil {
		return
	}
	r.failureDetection(f)
	r.transport(f)
	r.membership(f)
	r.events(f)
}

func (r *Reading) failureDetection(f agent.Figures) {
	s := &f.Cluster.Swim
	r.Gauge("memberlist.health.score", float64(s.Health))
	r.Gauge("memberlist.node.instances.alive", float64(s.Alive))
	r.Gauge("memberlist.node.instances.suspect", float64(s.Suspect))
	r.Gauge("memberlist.node.instances.dead", float64(s.Dead))
	r.Gauge("memberlist.node.instances.left", float64(s.Left))
	r.Total("memberlist.msg.alive", s.AliveApplied)
	r.Total("memberlist.msg.suspect", s.SuspectApplied)
	r.Total("memberlist.msg.dead", s.DeadApplied)
	r.Total("memberlist.degraded.probe", s.ProbesDegraded)
	r.Total("memberlist.degraded.timeout", s.SuspicionsDegraded)
	r.Sample("memberlist.queue.broadcasts", float64(s.Queued))
}

func (r *Reading) transport(f agent.Figures) {
	r.Amount("memberlist.udp.sent", f.Transport.BytesOut)
	r.Amount("memberlist.udp.received", f.Transport.BytesIn)
	r.Total("memberlist.tcp.accept", f.Transport.StreamsAccepted)
	r.Total("memberlist.tcp.connect", f.Transport.StreamsDialed)
}

func (r *Reading) membership(f agent.Figures) {
	c := f.Cluster
	r.Total("serf.member.join", c.Joins)
	r.Total("serf.member.left", c.Leaves)
	r.Total("serf.member.failed", c.Failures)
	r.Total("serf.member.update", c.Updates)
	r.Total("serf.member.flap", c.Flaps)
	r.Sample("serf.queue.Intent", float64(c.IntentQueue))
	r.Sample("serf.queue.Event", float64(c.EventQueue))
	r.Sample("serf.queue.Query", float64(c.QueryQueue))
	if c.Coordinates {
		r.Total("serf.coordinate.rejected", c.Coordinate.Refused())
		r.Total("serf.coordinate.zero-rtt", c.Coordinate.ZeroRTT)
	}
}

func (r *Reading) events(f agent.Figures) {
	e, q := f.Cluster.Events, f.Cluster.Queries
	r.Total("serf.events", e.Sent+e.Received)
	r.Total("serf.queries", q.Sent+q.Received)
	r.Total("serf.query_acks", q.Acks)
	r.Total("serf.query_responses", q.Responses)
	r.Total("serf.query_duplicate_acks", q.AckDuplicate)
	r.Total("serf.query_duplicate_responses", q.ResponseDuplicate)
	r.names("serf.events.", f.Events)
	r.names("serf.queries.", f.Queries)
}

// names notes totals by names that other members have chosen. Two names may be one when they are clean.
func (r *Reading) names(prefix string, c agent.NameCounts) {
	totals := make(map[string]uint64)
	for _, name := range slices.Sorted(maps.Keys(c.Names)) {
		totals[clean(prefix+name)] += c.Names[name]
	}
	totals[prefix+"_others"] += c.Others
	for _, name := range slices.Sorted(maps.Keys(totals)) {
		r.Total(name, totals[name])
	}
}
