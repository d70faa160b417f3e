package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"serf/agent/rpc"
)

// askTimeout is how long an agent may take to answer.
const askTimeout = 2 * time.Second

// watcher asks an agent for the members, again and again, and tells what changed.
type watcher struct {
	agents *agents
	out    io.Writer

	asked  *process // nil: nobody
	client *rpc.Client
	seen   map[string]rpc.Member // as last told
}

// waitComplete waits until all agents know each other.
func (w *watcher) waitComplete(ctx context.Context, timeout time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	alive := 0
	for pause(waiting, pollInterval) {
		for _, p := range w.agents.list {
			if !p.running() {
				return w.agents.ended(p)
			}
		}
		members, err := w.ask(waiting)
		if err != nil {
			continue
		}
		alive = 0
		for _, m := range members {
			if m.Status == "alive" {
				alive++
			}
		}
		if alive == len(w.agents.list) {
			w.remember(members)
			return nil
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("only %d of %d agents found each other within %v", alive, len(w.agents.list), timeout)
}

// watch tells what happens until ctx ends, the parent dies or nobody is left.
func (w *watcher) watch(ctx context.Context) error {
	parent := os.Getppid()
	for pause(ctx, pollInterval) {
		if os.Getppid() != parent {
			return errors.New("the process that started the demo is gone")
		}
		w.tellEnds()
		members, err := w.ask(ctx)
		switch {
		case err == nil:
			for _, line := range changes(w.seen, members) {
				w.tell(line)
			}
			w.remember(members)
		case !slices.ContainsFunc(w.agents.list, (*process).running):
			w.tell("no agent is left")
			return nil
		}
	}
	return ctx.Err()
}

// tellEnds tells which processes have ended.
func (w *watcher) tellEnds() {
	for _, p := range w.agents.list {
		if p.running() || p.told {
			continue
		}
		p.told = true
		why := "it stopped"
		if p.why != nil {
			why = p.why.Error()
		}
		w.tell(fmt.Sprintf("the process of %s (%d) has ended: %s", p.name, p.pid(), why))
	}
}

// ask returns the members as the first agent that answers knows them.
func (w *watcher) ask(ctx context.Context) ([]rpc.Member, error) {
	if w.client != nil {
		if members, err := w.client.Members(ctx); err == nil {
			return members, nil
		}
		w.close()
	}
	for _, p := range w.agents.list {
		if !p.running() {
			continue
		}
		client, err := rpc.Dial(ctx, rpc.Options{Addr: p.rpcAddr(), Timeout: askTimeout})
		if err != nil {
			continue
		}
		if w.asked != nil && w.asked != p {
			w.tell(fmt.Sprintf("from now on this is what %s sees", p.name))
		}
		w.client, w.asked = client, p
		return client.Members(ctx)
	}
	return nil, errors.New("no agent answers")
}

func (w *watcher) close() {
	if w.client != nil {
		_ = w.client.Close()
		w.client = nil
	}
}

func (w *watcher) remember(members []rpc.Member) {
	w.seen = make(map[string]rpc.Member, len(members))
	for _, m := range members {
		w.seen[m.Name] = m
	}
}

func (w *watcher) tell(text string) {
	fmt.Fprintf(w.out, "%s  %s\n", time.Now().Format(time.TimeOnly), text)
}

// changes words what is different in now, sorted by name.
func changes(seen map[string]rpc.Member, now []rpc.Member) []string {
	var lines []string
	present := make(map[string]bool)
	for _, m := range now {
		present[m.Name] = true
		old, known := seen[m.Name]
		switch {
		case !known:
			lines = append(lines, fmt.Sprintf("%s joined: %s at %s", m.Name, m.Status, addr(m)))
		case old.Status != m.Status:
			lines = append(lines, m.Name+" "+change(m.Status))
		case addr(old) != addr(m):
			lines = append(lines, fmt.Sprintf("%s moved to %s", m.Name, addr(m)))
		}
	}
	for name := range seen {
		if !present[name] {
			lines = append(lines, name+" is forgotten")
		}
	}
	slices.SortFunc(lines, strings.Compare)
	return lines
}

// change words the new status of a member.
func change(status string) string {
	switch status {
	case "alive":
		return "is back: alive"
	case "failed":
		return "failed: it does not answer any more"
	case "leaving":
		return "is leaving"
	case "left":
		return "left"
	}
	return "is now " + status
}

func addr(m rpc.Member) string { return net.JoinHostPort(m.Addr.String(), strconv.Itoa(int(m.Port))) }

// pause waits for d and says whether ctx let it.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
