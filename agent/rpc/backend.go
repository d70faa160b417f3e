package rpc

import (
	"context"

	"serf/agent"
	"serf/eventbus"
	"serf/membership/coordinate"
)

// Backend is what the server serves: a running agent, as ForAgent gives it. Its methods are called by many goroutines. A
// context is cancelled when the connection that asked breaks or the server closes.
type Backend interface {
	// Members returns every known member; the slice and what it points to are not modified afterwards.
	Members() []*eventbus.Member
	// Join returns how many of addrs answered; an error only when none did.
	Join(ctx context.Context, addrs []string, replay bool) (int, error)
	// Leave returns when the graceful leave is over. The process is ended by ServerConfig.Left, not here. Its context
	// outlives the connection.
	Leave(ctx context.Context) error
	// ForceLeave makes a failed member left, or forgets it; an unknown one is no error.
	ForceLeave(ctx context.Context, node string, prune bool) error
	// Stats returns figures by group and name.
	Stats() map[string]map[string]string
	// UpdateTags takes remove from the tags of this member, then adds set.
	UpdateTags(ctx context.Context, set map[string]string, remove []string) error
	// UserEvent hands an event over for all members. It does not keep payload.
	UserEvent(ctx context.Context, name string, payload []byte, coalesce bool) error
	// Subscribe returns the events that filter lets through from now on; capacity of them wait for the reader.
	Subscribe(filter eventbus.Filter, capacity int, policy eventbus.Policy) Events
	// Query asks other members; ctx is for the start alone.
	Query(ctx context.Context, p eventbus.QueryParams) (Answers, error)
	// Respond answers a query that a subscription delivered. It fails with the errors that package eventbus names.
	Respond(ctx context.Context, id eventbus.QueryID, payload []byte) error
	// The key operations take keys in base64 that has been checked. With an error there may be a result, too.
	InstallKey(ctx context.Context, key string) (*agent.KeyResult, error)
	UseKey(ctx context.Context, key string) (*agent.KeyResult, error)
	RemoveKey(ctx context.Context, key string) (*agent.KeyResult, error)
	ListKeys(ctx context.Context) (*agent.KeyResult, error)
	// Coordinate returns where a member is in the network; false when that is not known.
	Coordinate(name string) (coordinate.Coordinate, bool)
}

// Events is a subscription.
type Events interface {
	// Next waits for an event. It fails when the agent has ended or ctx ends.
	Next(ctx context.Context) (eventbus.Event, error)
	// Dropped returns how many events were lost because the reader was slow.
	Dropped() uint64
	// Close ends the subscription.
	Close()
}

// Answers is a query under way.
type Answers interface {
	// Next waits for an answer. It returns io.EOF when the query is over.
	Next(ctx context.Context) (agent.Answer, error)
	// Close gives the query up if it is not over.
	Close()
}

// ForAgent returns a as a Backend.
func ForAgent(a *agent.Agent) Backend { return agentBackend{a} }

// agentBackend is an agent whose subscriptions and queries have the types of this package.
type agentBackend struct{ *agent.Agent }

func (b agentBackend) Subscribe(filter eventbus.Filter, capacity int, policy eventbus.Policy) Events {
	return b.Agent.Subscribe(filter, capacity, policy)
}

func (b agentBackend) Query(ctx context.Context, p eventbus.QueryParams) (Answers, error) {
	q, err := b.Agent.Query(ctx, p)
	if err != nil {
		return nil, err
	}
	return q, nil
}
