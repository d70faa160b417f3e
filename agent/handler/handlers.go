package handler

import (
	"context"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"serf/agent"
	"serf/agent/journal"
	"serf/eventbus"
)

// killWait is how long Close waits for scripts that it has killed.
const killWait = time.Second

// Member is whose events are handled.
type Member interface {
	// Self returns the local member as it is now.
	Self() *eventbus.Member
	// Respond answers a query, with the errors of agent.Agent.
	Respond(ctx context.Context, id eventbus.QueryID, payload []byte) error
}

// Handlers runs scripts for the events of one member.
type Handlers struct {
	member  Member
	log     *journal.Journal
	options atomic.Pointer[Options]
	shell   shell
	run     func(context.Context, request) outcome // shell.run

	mu     sync.Mutex // of lanes and closed, and over Handle, so that events keep their order
	lanes  []*lane    // in the order of the configuration
	closed bool

	ctx  context.Context // ends when scripts have to
	kill context.CancelFunc
	runs sync.WaitGroup // goroutines of lanes, also of those that Set took away

	subscription *agent.Subscription // nil without an agent
	pumped       sync.WaitGroup
	counters     counters
	measure      atomic.Pointer[func(script string, took time.Duration)] // nil: nobody
}

// Start runs handlers for the events of a from now on, until Close. The log gets what happens to them.
func Start(a *agent.Agent, log *journal.Journal, handlers []Handler, o Options) *Handlers {
	h := New(agentMember{a}, log)
	h.Set(handlers, o)
	h.follow(a)
	return h
}

// follow lets h handle the events of a.
func (h *Handlers) follow(a *agent.Agent) {
	h.subscription = a.Subscribe(eventbus.Filter{}, queueMax, eventbus.DropOldest)
	h.pumped.Go(h.pump)
}

// New returns Handlers that are given their events by Handle. They have no handlers before Set.
func New(m Member, log *journal.Journal) *Handlers {
	h := &Handlers{member: m, log: log}
	h.run = h.shell.run
	if os.Getpid() == 1 {
		h.shell.reaper.on()
	}
	h.options.Store(new(Options))
	h.ctx, h.kill = context.WithCancel(context.Background())
	return h
}

// agentMember is an agent as a Member.
type agentMember struct{ *agent.Agent }

var _ Member = agentMember{}

// Self returns the local member.
func (m agentMember) Self() *eventbus.Member { return m.View().Local }

// pump hands the events of the agent over until its end, or that of the subscription.
func (h *Handlers) pump() {
	var lost uint64
	for {
		e, err := h.subscription.Next(context.Background())
		if err != nil {
			return
		}
		if n := h.subscription.Dropped(); n > lost {
			h.onDropped("", n-lost, n)
			lost = n
		}
		h.Handle(e)
	}
}

// Set replaces the handlers and options, from the next event and the next run on. Events that wait for a handler that is no
// longer there are still handled. One that stays keeps its queue.
func (h *Handlers) Set(handlers []Handler, o Options) {
	h.options.Store(&o)
	h.mu.Lock()
	defer h.mu.Unlock()
	old := slices.Clone(h.lanes)
	h.lanes = nil
	for _, handler := range handlers {
		i := slices.IndexFunc(old, func(l *lane) bool { return l.handler.same(handler) })
		if i < 0 {
			h.lanes = append(h.lanes, &lane{owner: h, handler: handler})
			continue
		}
		h.lanes = append(h.lanes, old[i])
		old = slices.Delete(old, i, i+1)
	}
}

// Handle queues e for every handler that it matches. After Close it does nothing.
func (h *Handlers) Handle(e eventbus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	var earlier []<-chan struct{}
	for _, l := range h.lanes {
		n := l.handler.matches(e)
		idle := n > 0 && l.idle()
		for range n {
			j := job{event: e, earlier: earlier[:len(earlier):len(earlier)], done: make(chan struct{})}
			l.put(j)
			if idle { // one that is busy must not hold up the others
				earlier = append(earlier, j.done)
			}
		}
	}
}

// Close takes no further event. What waits is still handled until ctx ends; then the rest is dropped, and scripts that are
// still running are killed. Processes that scripts have left in the background are not.
func (h *Handlers) Close(ctx context.Context) {
	if h.subscription != nil {
		h.subscription.Close()
		h.pumped.Wait()
	}
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	done := make(chan struct{})
	go func() {
		h.runs.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	h.kill()
	timer := time.NewTimer(killWait)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		h.log.Printf(journal.Warn, "agent", "event handler scripts are still running, and cannot be killed")
	}
	h.shell.close()
}

// List returns the handlers as "serf info" shows them; see the function List.
func (h *Handlers) List() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	handlers := make([]Handler, len(h.lanes))
	for i, l := range h.lanes {
		handlers[i] = l.handler
	}
	return List(handlers)
}

func (h *Handlers) current() *Options { return h.options.Load() }
