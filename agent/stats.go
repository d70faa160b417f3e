package agent

import (
	"context"
	"runtime"
	"strconv"
	"sync/atomic"

	"serf/membership"
	"serf/transport"
)

// counters counts what went wrong outside the machine.
type counters struct {
	packetsKey       atomic.Uint64 // no key opened the packet
	packetsReplayed  atomic.Uint64 // the packet had come before
	packetsBad       atomic.Uint64 // the packet was not well formed
	packetsDropped   atomic.Uint64 // the inbox was full
	packetsUnsealed  atomic.Uint64 // the packet could not be sealed
	packetsUnsent    atomic.Uint64 // the packet could not be written
	messagesBad      atomic.Uint64 // the machine refused the message
	streamsBad       atomic.Uint64 // the request was not well formed, or the reply could not be written
	streamsReplayed  atomic.Uint64 // the request had come before
	streamsIdle      atomic.Uint64 // the peer did not send its request in time
	guestsRefused    atomic.Uint64 // streams from addresses of no member that brought too much
	pushPullsRefused atomic.Uint64 // too many at once
	dialsRefused     atomic.Uint64 // too many at once
	commandsRefused  atomic.Uint64 // too many at once
	answersDropped   atomic.Uint64 // too many waited for the reader of a query
}

// each calls yield with every counter.
func (c *counters) each(yield func(name string, n uint64)) {
	yield("packets_wrong_key", c.packetsKey.Load())
	yield("packets_replayed", c.packetsReplayed.Load())
	yield("packets_bad", c.packetsBad.Load())
	yield("packets_dropped", c.packetsDropped.Load())
	yield("packets_unsealed", c.packetsUnsealed.Load())
	yield("packets_unsent", c.packetsUnsent.Load())
	yield("messages_bad", c.messagesBad.Load())
	yield("streams_bad", c.streamsBad.Load())
	yield("streams_replayed", c.streamsReplayed.Load())
	yield("streams_idle", c.streamsIdle.Load())
	yield("streams_of_guests_refused", c.guestsRefused.Load())
	yield("push_pulls_refused", c.pushPullsRefused.Load())
	yield("dials_refused", c.dialsRefused.Load())
	yield("commands_refused", c.commandsRefused.Load())
	yield("answers_dropped", c.answersDropped.Load())
}

// Stats returns what "serf info" shows, by group. The group "encryption" is there only with a key, "trouble" only when one of its
// counters is not zero.
func (a *Agent) Stats() map[string]map[string]string {
	machine := a.clusterStats()
	groups := map[string]map[string]string{
		"agent":          {"name": a.name},
		"runtime":        runtimeStats(),
		"serf":           machine.Map(),
		"tags":           a.Tags(),
		"event_handlers": {},
	}
	if groups["tags"] == nil {
		groups["tags"] = map[string]string{}
	}
	if ring := a.Keyring(); ring.Len() > 0 {
		groups["encryption"] = a.encryptionStats(ring)
	}
	trouble := make(map[string]string)
	add := func(name string, n uint64) {
		if n > 0 {
			trouble[name] = strconv.FormatUint(n, 10)
		}
	}
	a.EachTrouble(add)
	machine.Trouble(add)
	if len(trouble) > 0 {
		groups["trouble"] = trouble
	}
	return groups
}

// Responds returns nil when the loop, which everything depends on, answers before ctx ends.
func (a *Agent) Responds(ctx context.Context) error {
	_, err := a.do(ctx, command{kind: commandStats})
	return err
}

func runtimeStats() map[string]string {
	return map[string]string{
		"os":         runtime.GOOS,
		"arch":       runtime.GOARCH,
		"version":    runtime.Version(),
		"max_procs":  strconv.Itoa(runtime.GOMAXPROCS(0)),
		"goroutines": strconv.Itoa(runtime.NumGoroutine()),
		"cpu_count":  strconv.Itoa(runtime.NumCPU()),
	}
}

// clusterStats asks the loop. When that is too busy or has ended, the answer is the last one given.
func (a *Agent) clusterStats() *membership.Stats {
	if s, err := a.figures(context.Background()); err == nil {
		a.lastStats.Store(s)
	}
	if last := a.lastStats.Load(); last != nil {
		return last
	}
	return &membership.Stats{}
}

func (a *Agent) figures(ctx context.Context) (*membership.Stats, error) {
	r, err := a.do(ctx, command{kind: commandStats})
	return r.stats, err
}

// Figures is what an agent has counted since its start, and how things stand.
type Figures struct {
	Cluster   *membership.Stats
	Transport transport.Stats
	// Events and Queries say how often an event or a query of each name was told to applications.
	Events, Queries NameCounts
}

// Figures returns the counters for programs. It fails as a command does, when the agent is too busy or has ended.
func (a *Agent) Figures(ctx context.Context) (Figures, error) {
	cluster, err := a.figures(ctx)
	if err != nil {
		return Figures{}, err
	}
	return Figures{Cluster: cluster, Transport: a.transport.Stats(), Events: a.heard.events.counts(), Queries: a.heard.queries.counts()}, nil
}

// EachTrouble calls yield with the name and value of every counter of the group "trouble".
func (a *Agent) EachTrouble(yield func(name string, n uint64)) {
	a.counters.each(yield)
	t := a.transport.Stats()
	yield("log_lines_lost", a.log.Lost())
	yield("streams_refused", t.StreamsRefused+t.StreamsRefusedSource)
}
