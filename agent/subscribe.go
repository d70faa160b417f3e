package agent

import (
	"context"
	"slices"
	"sync"

	"serf/eventbus"
)

// Subscription hands events to one reader. What its ring cannot hold because the reader is slow is lost by the ring's policy
// and counted; the agent never waits for a reader.
type Subscription struct {
	remove func(*Subscription)

	mu     sync.Mutex
	ring   *eventbus.Ring
	closed bool
	ready  chan struct{} // holds one token when the reader may find something new
	over   chan struct{} // closed by Close and by the end of the agent
}

// Subscribe returns the events that filter lets through from now on. Up to capacity of them wait for the reader; policy
// says which are lost beyond that. Close it when it is no longer read.
func (a *Agent) Subscribe(filter eventbus.Filter, capacity int, policy eventbus.Policy) *Subscription {
	s := &Subscription{
		remove: a.subscribers.remove,
		ring:   eventbus.NewRing(filter, capacity, policy),
		ready:  make(chan struct{}, 1),
		over:   make(chan struct{}),
	}
	a.subscribers.add(s)
	return s
}

// Next waits for an event. It returns ErrClosed when the subscription or the agent has ended and nothing is left to read,
// and the error of ctx when that ends first. One goroutine may call it at a time.
func (s *Subscription) Next(ctx context.Context) (eventbus.Event, error) {
	for {
		s.mu.Lock()
		e, ok := s.ring.Next()
		closed := s.closed
		s.mu.Unlock()
		if ok {
			return e, nil
		}
		if closed {
			return eventbus.Event{}, ErrClosed
		}
		select {
		case <-s.ready:
		case <-s.over:
		case <-ctx.Done():
			return eventbus.Event{}, ctx.Err()
		}
	}
}

// Dropped returns how many events were lost because the reader was slow.
func (s *Subscription) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ring.Dropped()
}

// Close ends the subscription. A waiting Next returns. A second Close does nothing.
func (s *Subscription) Close() {
	s.remove(s)
	s.end()
}

func (s *Subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.over)
	}
}

// put offers e. It waits for nobody but a reader that is just taking an event out.
func (s *Subscription) put(e eventbus.Event) {
	s.mu.Lock()
	s.ring.Push(e)
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// subscribers is the list of subscriptions of an agent. The zero value is ready for use.
type subscribers struct {
	mu    sync.Mutex
	list  []*Subscription
	ended bool
}

// add takes s up; after end it ends s at once.
func (l *subscribers) add(s *Subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		s.end()
		return
	}
	l.list = append(l.list, s)
}

func (l *subscribers) remove(s *Subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(other *Subscription) bool { return other == s })
}

// publish offers e to every subscription.
func (l *subscribers) publish(e eventbus.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.list {
		s.put(e)
	}
}

// end ends all subscriptions; what waits in them can still be read.
func (l *subscribers) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.list {
		s.end()
	}
	l.list, l.ended = nil, true
}
