//go:build linux

package main

import (
	"regexp"
	"slices"
	"time"
)

// observation is that a member has printed what became of another one.
type observation struct {
	at               time.Duration // since the scenario began
	observer, member string
	status           string // alive, failed, left, reaped
	innocent         bool   // the member ran and was in reach: the scenario had done nothing to it
}

// changeLine is what both implementations print about a member.
var changeLine = regexp.MustCompile(`serf: EventMember(Join|Failed|Leave|Reap)(?: \(forced\))?: (\S+)`)

var statusOf = map[string]string{"Join": "alive", "Failed": "failed", "Leave": "left", "Reap": "reaped"}

// observe notes what a line of a member says about another, and hands user events to who counts them.
func (l *lab) observe(m *member, line string) {
	at := time.Since(l.began)
	if event := eventLine.FindStringSubmatch(line); event != nil {
		l.heard(m.name, event[1])
	}
	change := changeLine.FindStringSubmatch(line)
	if change == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	subject := l.byName[change[2]]
	innocent := subject != nil && !subject.isDown() && !m.isDown()
	l.observations = append(l.observations, observation{at, m.name, change[2], statusOf[change[1]], innocent})
}

// mark returns how many observations there are, for since.
func (l *lab) mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.observations)
}

// since returns the observations after a mark.
func (l *lab) since(mark int) []observation {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.observations[mark:])
}

// blamed returns the observations after a mark in which a member that had nothing was said to have failed.
func (l *lab) blamed(mark int) []observation {
	return slices.DeleteFunc(l.since(mark), func(o observation) bool { return o.status != "failed" || !o.innocent })
}

// awaitAll waits until each of observers has printed status about subject after the mark, and returns how long after start the last
// one did.
func (l *lab) awaitAll(observers []*member, subject *member, status string, mark int, start time.Duration, limit time.Duration) time.Duration {
	last := start
	l.eventually(subject.name+" is "+status+" everywhere", limit, func() error {
		missing := names(observers)
		for _, o := range l.since(mark) {
			if o.member != subject.name || o.status != status {
				continue
			}
			if i := slices.Index(missing, o.observer); i >= 0 {
				missing = slices.Delete(missing, i, i+1)
				last = max(last, o.at)
			}
		}
		return stillMissing(missing)
	})
	return last - start
}
