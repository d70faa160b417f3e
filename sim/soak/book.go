//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"serf/agent/rpc"
)

// patience is how long an event may take, and how long a member must still run to owe it.
const patience = 20 * time.Second

// book keeps who was told what.
type book struct {
	mu    sync.Mutex
	sent  []time.Time // by number, of what was accepted; zero: it was not
	lives []*life
}

// life is one life of an agent, from when it knew all others.
type life struct {
	name        string
	since, till time.Time
	heard       map[int]int // how often each event was told
	dropped     uint64      // records that the watcher lost
}

// begin notes that a life begins.
func (b *book) begin(name string) *life {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := &life{name: name, since: time.Now(), heard: make(map[int]int)}
	b.lives = append(b.lives, l)
	return l
}

// end notes that a life is about to end.
func (b *book) end(l *life) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l != nil && l.till.IsZero() {
		l.till = time.Now()
	}
}

// next returns the number of the next event.
func (b *book) next() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, time.Time{})
	return len(b.sent) - 1
}

// accepted notes when an event was about to be sent that was accepted.
func (b *book) accepted(n int, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent[n] = at
}

func (b *book) heard(l *life, e rpc.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l.dropped += e.Dropped
	if n, err := strconv.Atoi(string(e.Payload)); err == nil {
		l.heard[n]++
	}
}

// account returns how many events were accepted, how many tellings were owed, and what is wrong.
func (b *book) account(now time.Time) (accepted, owed int, wrong []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n, at := range b.sent {
		if at.IsZero() {
			continue
		}
		accepted++
		for _, l := range b.lives {
			till := l.till
			if till.IsZero() {
				till = now
			}
			times := l.heard[n]
			due := !at.Before(l.since) && till.Sub(at) >= patience
			if due {
				owed++
			}
			if times > 1 || due && times == 0 {
				wrong = append(wrong, fmt.Sprintf("event %d was told %d times by %s, which settled %v before it was sent and ran %v after",
					n, times, l.name, at.Sub(l.since).Round(time.Millisecond), till.Sub(at).Round(time.Millisecond)))
			}
		}
	}
	return accepted, owed, wrong
}

// follow begins a life of a and notes what a client of it is told.
func (c *cluster) follow(ctx context.Context, a *agent) error {
	client, err := a.dial(ctx)
	if err != nil {
		return err
	}
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stream, err := client.Stream(watching, "user:soak")
	if err != nil {
		cancel()
		_ = client.Close()
		return err
	}
	l := c.book.begin(a.name)
	a.life, a.watch = l, cancel
	c.watchers.Go(func() {
		defer client.Close()
		for {
			e, err := stream.Next(watching)
			if err != nil {
				return
			}
			c.book.heard(l, e)
		}
	})
	return nil
}

// depart ends the life of a, whose process is about to end.
func (c *cluster) depart(a *agent) {
	c.book.end(a.life)
	a.life = nil
}
