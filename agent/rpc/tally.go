package rpc

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"
)

// tally counts, for all clients of a server, what was refused, lost or given up.
type tally struct {
	refused       atomic.Uint64 // clients above the limit
	evicted       atomic.Uint64 // clients that made room for others before they had logged in
	foreign       atomic.Uint64 // clients whose user may not connect
	tlsFailed     atomic.Uint64 // clients with which no TLS was agreed upon
	loginLate     atomic.Uint64 // clients that did not log in in time
	keysWrong     atomic.Uint64 // keys presented
	tooLarge      atomic.Uint64 // requests
	bad           atomic.Uint64 // requests that could not be decoded, or were incomplete after their time
	feedsRefused  atomic.Uint64 // streams, monitors and queries above the limits of their connection
	stalled       atomic.Uint64 // clients closed because they did not read
	droppedEvents atomic.Uint64 // by clients that read too slowly
	droppedLines  atomic.Uint64 // likewise
}

// each calls yield with every counter.
func (t *tally) each(yield func(name string, n uint64)) {
	yield("clients_refused", t.refused.Load())
	yield("clients_evicted", t.evicted.Load())
	yield("clients_foreign", t.foreign.Load())
	yield("tls_failures", t.tlsFailed.Load())
	yield("login_timeouts", t.loginLate.Load())
	yield("wrong_keys", t.keysWrong.Load())
	yield("requests_too_large", t.tooLarge.Load())
	yield("requests_bad", t.bad.Load())
	yield("feeds_refused", t.feedsRefused.Load())
	yield("stalled_clients", t.stalled.Load())
	yield("dropped_events", t.droppedEvents.Load())
	yield("dropped_lines", t.droppedLines.Load())
}

// load is what one connection asks of the server, and what it has missed.
type load struct {
	streams, monitors, queries atomic.Int64 // under way
	dropped                    atomic.Uint64
}

// String describes l; empty when there is nothing to say.
func (l *load) String() string {
	var parts []string
	add := func(format string, n int64) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	add("%d streams", l.streams.Load())
	add("%d monitors", l.monitors.Load())
	add("%d queries", l.queries.Load())
	add("%d records dropped", int64(l.dropped.Load()))
	return strings.Join(parts, ", ")
}

// stats returns the figures of the backend and two groups more: rpc, about the server, whose counters are there when
// they are not zero, and rpc_clients with a row for each client that streams, monitors or asks.
func (s *Server) stats() map[string]map[string]string {
	own := map[string]string{"protocol": strconv.Itoa(protocolVersion)}
	if s.cfg.Build != "" {
		own["build"] = s.cfg.Build
	}
	var streams, monitors, queries int64
	clients := make(map[string]string)
	s.mu.Lock()
	own["clients"] = strconv.Itoa(len(s.conns))
	for c := range s.conns {
		streams, monitors, queries = streams+c.load.streams.Load(), monitors+c.load.monitors.Load(), queries+c.load.queries.Load()
		if text := c.load.String(); text != "" {
			clients[fmt.Sprintf("%d %s", c.number, c.peer)] = text
		}
	}
	s.mu.Unlock()
	own["streams"], own["monitors"] = strconv.FormatInt(streams, 10), strconv.FormatInt(monitors, 10)
	own["queries"] = strconv.FormatInt(queries, 10)
	s.tally.each(func(name string, n uint64) {
		if n > 0 {
			own[name] = strconv.FormatUint(n, 10)
		}
	})
	all := maps.Clone(s.backend.Stats())
	if all == nil {
		all = make(map[string]map[string]string)
	}
	all["rpc"] = own
	if len(clients) > 0 {
		all["rpc_clients"] = clients
	}
	return all
}
