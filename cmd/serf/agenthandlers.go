package main

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"serf/agent/config"
	"serf/agent/handler"
	"serf/agent/rpc"
)

// handlersTimeout is how long the end of an agent waits for its event handlers, among them those for its own leave.
const handlersTimeout = 3 * time.Second

// canceled is a context that has ended.
var canceled = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// startHandlers lets event handlers run from now on. The configuration has been checked.
func (a *agentProcess) startHandlers() {
	handlers, options, _ := a.config.Handlers()
	a.handlers = handler.Start(a.agent, a.log, handlers, options)
}

// reloadHandlers takes over the event handlers of loaded, which has been checked.
func (a *agentProcess) reloadHandlers(loaded config.Config) {
	handlers, options, _ := loaded.Handlers()
	a.handlers.Set(handlers, options)
	loaded.CopyHandlers(&a.config)
}

// stopHandlers waits for running scripts, but not longer than handlersTimeout, nor after a second signal.
func (a *agentProcess) stopHandlers() {
	ctx, cancel := context.WithTimeout(context.Background(), handlersTimeout)
	defer cancel()
	if a.hurry {
		cancel()
	}
	closed := make(chan struct{})
	go func() {
		a.handlers.Close(ctx)
		close(closed)
	}()
	for {
		select {
		case <-closed:
			return
		case s := <-a.signals:
			if !isDumpSignal(s) {
				a.out.output(fmt.Sprintf("Caught signal: %v", s))
				cancel()
			}
		}
	}
}

// backend returns what RPC clients talk to: the agent, whose figures also tell of event handlers.
func (a *agentProcess) backend() rpc.Backend {
	return handledBackend{rpc.ForAgent(a.agent), a.handlers}
}

type handledBackend struct {
	rpc.Backend
	handlers *handler.Handlers
}

// Stats adds the handlers by filter, and to the group "trouble" what went wrong with them.
func (b handledBackend) Stats() map[string]map[string]string {
	groups := b.Backend.Stats()
	groups["event_handlers"] = b.handlers.List()
	if figures := b.handlers.Stats(); len(figures) > 0 {
		trouble := maps.Clone(groups["trouble"])
		if trouble == nil {
			trouble = make(map[string]string)
		}
		for name, n := range figures {
			trouble[name] = strconv.FormatUint(n, 10)
		}
		groups["trouble"] = trouble
	}
	return groups
}
