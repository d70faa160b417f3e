//go:build linux

package main

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"serf/agent/rpc"
)

// eventLine is what both implementations print about a user event, once it is delivered.
var eventLine = regexp.MustCompile(`agent: Received event: user-event: (\S+)`)

// heard counts an event that a member has printed.
func (l *lab) heard(member, event string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.events[event] == nil {
		l.events[event] = make(map[string]int)
	}
	l.events[event][member]++
}

// send sends a user event from a member; names must be used once.
func (m *member) send(event string) {
	m.lab.must(m.ask(func(c *rpc.Client, ctx context.Context) error { return c.UserEvent(ctx, event, nil, false) }))
}

// count returns how often each member has heard an event.
func (l *lab) count(event string) map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := make(map[string]int)
	for member, n := range l.events[event] {
		counts[member] = n
	}
	return counts
}

// exactlyOnce checks that every one of members hears every event once, within a limit.
func (l *lab) exactlyOnce(what string, members []*member, events []string, limit time.Duration) {
	var lost, twice []string
	ok := func() error {
		lost, twice = nil, nil
		for _, event := range events {
			counts := l.count(event)
			for _, m := range members {
				switch n := counts[m.name]; {
				case n == 0:
					lost = append(lost, event+" at "+m.name)
				case n > 1:
					twice = append(twice, event+" at "+m.name)
				}
			}
		}
		return stillMissing(lost)
	}
	for deadline := time.Now().Add(limit); ok() != nil && time.Now().Before(deadline); {
		l.pass(pollEvery)
	}
	measured := fmt.Sprintf("%d events, all once", len(events))
	if len(lost)+len(twice) > 0 {
		measured = fmt.Sprintf("%d lost %v, %d twice %v", len(lost), firstFew(lost), len(twice), firstFew(twice))
	}
	l.check(what, "each once", measured, len(lost)+len(twice) == 0)
}

func firstFew(list []string) []string { return list[:min(len(list), 3)] }
