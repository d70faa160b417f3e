package agent

import (
	"maps"
	"sync"

	"serf/eventbus"
)

// countedNamesMax is how many names are counted one by one; whoever sends events chooses their names, and without an end. The
// first ones count.
const countedNamesMax = 64

// NameCounts says how often each name came.
type NameCounts struct {
	Names  map[string]uint64 // at most 64
	Others uint64            // of all other names together
}

// heard counts the events and queries that were told to applications, by name. The zero value is ready for use.
type heard struct {
	events, queries nameCounter
}

func (h *heard) count(e eventbus.Event) {
	switch e.Type {
	case eventbus.User:
		h.events.add(e.Name)
	case eventbus.Query:
		h.queries.add(e.Name)
	}
}

// nameCounter is a NameCounts while it changes.
type nameCounter struct {
	mu     sync.Mutex
	names  map[string]uint64
	others uint64
}

func (c *nameCounter) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names == nil {
		c.names = make(map[string]uint64)
	}
	if _, known := c.names[name]; !known && len(c.names) == countedNamesMax {
		c.others++
		return
	}
	c.names[name]++
}

func (c *nameCounter) counts() NameCounts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return NameCounts{Names: maps.Clone(c.names), Others: c.others}
}
