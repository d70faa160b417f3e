//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"serf/agent/rpc"
)

// pollEvery is how often conditions are looked at.
const pollEvery = 50 * time.Millisecond

// failure is the panic by which a scenario is given up.
type failure struct{ err error }

// lab is the laboratory of one scenario.
type lab struct {
	ctx     context.Context
	options options
	network *network
	dir     string // for files of the members
	began   time.Time
	members []*member
	byName  map[string]*member // guarded by mu
	checks  []check

	mu           sync.Mutex
	observations []observation
	events       map[string]map[string]int // event to member to how often it was heard
}

// check is one promise of a scenario.
type check struct {
	what, bound, measured string
	held                  bool
}

func newLab(ctx context.Context, o options, n *network) (*lab, error) {
	dir, err := os.MkdirTemp("", "serf-lab-")
	if err != nil {
		return nil, err
	}
	return &lab{ctx: ctx, options: o, network: n, dir: dir, began: time.Now(), byName: make(map[string]*member),
		events: make(map[string]map[string]int)}, nil
}

// close ends the members and takes the faults away.
func (l *lab) close() {
	for _, m := range l.members {
		if m.cmd != nil {
			_ = m.cmd.Process.Kill()
			<-m.ended
		}
	}
	for _, h := range l.network.hosts {
		if err := h.heal(); err != nil {
			fmt.Fprintln(os.Stderr, "lab:", err)
		}
	}
	_ = os.RemoveAll(l.dir)
}

// member adds a member that is not started yet.
func (l *lab) member(name, path string, args ...string) *member {
	h, err := l.network.host(len(l.members))
	l.must(err)
	m := &member{lab: l, name: name, host: h, path: path, args: args}
	l.must(os.MkdirAll(filepath.Join(l.dir, name), 0o755))
	l.members = append(l.members, m)
	l.mu.Lock()
	l.byName[name] = m
	l.mu.Unlock()
	return m
}

// cluster starts so many members of ours that know each other.
func (l *lab) cluster(size int, args ...string) []*member {
	var members []*member
	for i := range size {
		members = append(members, l.member(fmt.Sprintf("m%d", i+1), l.options.ours, args...))
	}
	for i, m := range members {
		if i == 0 {
			m.start()
			continue
		}
		m.start("-retry-join="+members[0].gossipAddr(), "-retry-interval=1s")
	}
	l.agree(members, 60*time.Second)
	return members
}

// agree waits until all of members see all of them alive, and returns how long that took.
func (l *lab) agree(members []*member, limit time.Duration) time.Duration {
	want := make(map[string]string)
	for _, m := range members {
		want[m.name] = "alive"
	}
	start := time.Now()
	l.eventually("one view", limit, func() error {
		for _, m := range members {
			got, err := m.statuses()
			if err != nil {
				return err
			}
			maps.DeleteFunc(got, func(name, status string) bool { return want[name] == "" && status != "alive" })
			if !maps.Equal(got, want) {
				return fmt.Errorf("%s sees %v", m.name, got)
			}
		}
		return nil
	})
	return time.Since(start)
}

// allTell checks that all of members know where one is.
func (l *lab) allTell(members []*member, one *member) error {
	for _, m := range members {
		var at string
		err := m.ask(func(c *rpc.Client, ctx context.Context) error {
			list, err := c.MembersFiltered(ctx, nil, "", one.name)
			for _, found := range list {
				at = found.Addr.String()
			}
			return err
		})
		if err == nil && at != one.host.addr {
			err = fmt.Errorf("%s says %s is at %q, want %s", m.name, one.name, at, one.host.addr)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// now is the time of the scenario.
func (l *lab) now() time.Duration { return time.Since(l.began) }

// pass lets time go by.
func (l *lab) pass(d time.Duration) {
	select {
	case <-time.After(d):
	case <-l.ctx.Done():
		l.fail(l.ctx.Err())
	}
}

// eventually waits for a condition.
func (l *lab) eventually(what string, limit time.Duration, ok func() error) {
	deadline := time.Now().Add(limit)
	for {
		err := ok()
		switch {
		case err == nil:
			return
		case time.Now().After(deadline):
			l.fail(fmt.Errorf("not within %v: %s: %w", limit, what, err))
		}
		l.pass(pollEvery)
	}
}

// within checks that something took no longer than its bound.
func (l *lab) within(what string, bound, measured time.Duration) {
	l.check(what, "≤ "+short(bound), short(measured), measured <= bound)
}

// none checks that a list is empty.
func (l *lab) none(what string, observations []observation) {
	measured := "none"
	if len(observations) > 0 {
		o := observations[0]
		measured = fmt.Sprintf("%d: %s said %s of %s at %s", len(observations), o.observer, o.status, o.member, short(o.at))
	}
	l.check(what, "none", measured, len(observations) == 0)
}

func (l *lab) check(what, bound, measured string, held bool) {
	l.checks = append(l.checks, check{what, bound, measured, held})
}

// must gives the scenario up when the laboratory itself does not work.
func (l *lab) must(err error) {
	if err != nil {
		l.fail(err)
	}
}

// progress tells how far a long scenario is.
func (l *lab) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "   "+format+"\n", args...)
}

func (l *lab) fail(err error) { panic(failure{err}) }

// logs returns the last lines of every member.
func (l *lab) logs() map[string][]string {
	logs := make(map[string][]string)
	for _, m := range l.members {
		logs[m.name] = m.lines()
	}
	return logs
}

func names(members []*member) []string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = m.name
	}
	return list
}

// without returns members but for one.
func without(members []*member, one *member) []*member {
	rest := make([]*member, 0, len(members))
	for _, m := range members {
		if m != one {
			rest = append(rest, m)
		}
	}
	return rest
}

func hostsOf(members []*member) []*host {
	hosts := make([]*host, len(members))
	for i, m := range members {
		hosts[i] = m.host
	}
	return hosts
}

// stillMissing is an error that names who is missing.
func stillMissing(names []string) error {
	if len(names) == 0 {
		return nil
	}
	return errors.New("missing: " + strings.Join(names, ", "))
}

// short prints a duration for a table.
func short(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
