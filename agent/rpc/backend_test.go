package rpc

import (
	"context"
	"io"
	"sync"

	"serf/agent"
	"serf/eventbus"
	"serf/membership/coordinate"
)

// fakeBackend is an agent of whom everything is known beforehand. Its funcs may be nil.
type fakeBackend struct {
	members    []*eventbus.Member
	stats      map[string]map[string]string
	join       func(ctx context.Context, addrs []string, replay bool) (int, error)
	leave      func(ctx context.Context) error
	forceLeave func(ctx context.Context, node string, prune bool) error
	tags       func(set map[string]string, remove []string) error
	event      func(name string, payload []byte, coalesce bool) error
	query      func(p eventbus.QueryParams) (Answers, error)
	respond    func(id eventbus.QueryID, payload []byte) error
	keys       func(command, key string) (*agent.KeyResult, error)
	coordinate func(name string) (coordinate.Coordinate, bool)

	mu          sync.Mutex
	subscribers map[*fakeEvents]struct{}
}

var _ Backend = (*fakeBackend)(nil)

func (f *fakeBackend) Members() []*eventbus.Member         { return f.members }
func (f *fakeBackend) Stats() map[string]map[string]string { return f.stats }

func (f *fakeBackend) Join(ctx context.Context, addrs []string, replay bool) (int, error) {
	if f.join == nil {
		return len(addrs), nil
	}
	return f.join(ctx, addrs, replay)
}

func (f *fakeBackend) Leave(ctx context.Context) error {
	if f.leave == nil {
		return nil
	}
	return f.leave(ctx)
}

func (f *fakeBackend) ForceLeave(ctx context.Context, node string, prune bool) error {
	if f.forceLeave == nil {
		return nil
	}
	return f.forceLeave(ctx, node, prune)
}

func (f *fakeBackend) UpdateTags(_ context.Context, set map[string]string, remove []string) error {
	if f.tags == nil {
		return nil
	}
	return f.tags(set, remove)
}

func (f *fakeBackend) UserEvent(_ context.Context, name string, payload []byte, coalesce bool) error {
	if f.event == nil {
		return nil
	}
	return f.event(name, payload, coalesce)
}

func (f *fakeBackend) Query(_ context.Context, p eventbus.QueryParams) (Answers, error) {
	if f.query == nil {
		return answered(), nil
	}
	return f.query(p)
}

func (f *fakeBackend) Respond(_ context.Context, id eventbus.QueryID, payload []byte) error {
	if f.respond == nil {
		return nil
	}
	return f.respond(id, payload)
}

func (f *fakeBackend) key(command, key string) (*agent.KeyResult, error) {
	if f.keys == nil {
		return nil, nil
	}
	return f.keys(command, key)
}

func (f *fakeBackend) InstallKey(_ context.Context, key string) (*agent.KeyResult, error) {
	return f.key("install-key", key)
}

func (f *fakeBackend) UseKey(_ context.Context, key string) (*agent.KeyResult, error) {
	return f.key("use-key", key)
}

func (f *fakeBackend) RemoveKey(_ context.Context, key string) (*agent.KeyResult, error) {
	return f.key("remove-key", key)
}

func (f *fakeBackend) ListKeys(context.Context) (*agent.KeyResult, error) {
	return f.key("list-keys", "")
}

func (f *fakeBackend) Coordinate(name string) (coordinate.Coordinate, bool) {
	if f.coordinate == nil {
		return coordinate.Coordinate{}, false
	}
	return f.coordinate(name)
}

func (f *fakeBackend) Subscribe(filter eventbus.Filter, capacity int, policy eventbus.Policy) Events {
	e := &fakeEvents{backend: f, ring: eventbus.NewRing(filter, capacity, policy), ready: make(chan struct{}, 1)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subscribers == nil {
		f.subscribers = make(map[*fakeEvents]struct{})
	}
	f.subscribers[e] = struct{}{}
	return e
}

// publish offers e to all subscribers, of which it returns the number.
func (f *fakeBackend) publish(e eventbus.Event) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.subscribers {
		s.put(e)
	}
	return len(f.subscribers)
}

// fakeEvents is a subscription like that of an agent.
type fakeEvents struct {
	backend *fakeBackend
	mu      sync.Mutex
	ring    *eventbus.Ring
	ready   chan struct{}
}

func (e *fakeEvents) put(event eventbus.Event) {
	e.mu.Lock()
	e.ring.Push(event)
	e.mu.Unlock()
	select {
	case e.ready <- struct{}{}:
	default:
	}
}

func (e *fakeEvents) Next(ctx context.Context) (eventbus.Event, error) {
	for {
		e.mu.Lock()
		event, ok := e.ring.Next()
		e.mu.Unlock()
		if ok {
			return event, nil
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			return eventbus.Event{}, ctx.Err()
		}
	}
}

func (e *fakeEvents) Dropped() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ring.Dropped()
}

func (e *fakeEvents) Close() {
	e.backend.mu.Lock()
	defer e.backend.mu.Unlock()
	delete(e.backend.subscribers, e)
}

// fakeAnswers is a query that is over when the channel is closed.
type fakeAnswers struct {
	answers chan agent.Answer
	closed  chan struct{}
	once    sync.Once
}

func newFakeAnswers(room int) *fakeAnswers {
	return &fakeAnswers{answers: make(chan agent.Answer, room), closed: make(chan struct{})}
}

// answered is a query that is over.
func answered(answers ...agent.Answer) *fakeAnswers {
	f := newFakeAnswers(len(answers))
	for _, a := range answers {
		f.answers <- a
	}
	close(f.answers)
	return f
}

func (f *fakeAnswers) Next(ctx context.Context) (agent.Answer, error) {
	select {
	case a, ok := <-f.answers:
		if !ok {
			return agent.Answer{}, io.EOF
		}
		return a, nil
	case <-ctx.Done():
		return agent.Answer{}, ctx.Err()
	}
}

func (f *fakeAnswers) Close() { f.once.Do(func() { close(f.closed) }) }
