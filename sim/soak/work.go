//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	serfagent "serf/agent"
	"serf/agent/rpc"
)

// churn lets the agents that do not stay go and come back, and rotates keys when all are there.
func (c *cluster) churn(ctx context.Context) {
	actions := []struct {
		kind string
		do   func(*agent) error
	}{
		{"restart", func(a *agent) error { return a.stop(syscall.SIGTERM) }},
		{"kill", func(a *agent) error { return a.stop(syscall.SIGKILL) }},
		{"leave", func(a *agent) error { return c.leave(ctx, a) }},
	}
	for i := 0; pause(ctx, time.Duration(10+rand.IntN(15))*time.Second); i++ {
		if i%4 == 3 {
			c.note("rotation", ignoreEnd(ctx, c.rotate(ctx)))
			continue
		}
		a, action := c.agents[steady+rand.IntN(agentsCount-steady)], actions[rand.IntN(len(actions))]
		c.depart(a)
		err := action.do(a)
		a.watch()
		if err == nil && pause(ctx, time.Duration(rand.IntN(10))*time.Second) {
			if err = a.start(c.serf); err == nil {
				err = c.settle(ctx, a)
			}
		}
		c.note(action.kind, ignoreEnd(ctx, err))
	}
}

// leave makes a leave the cluster, on which its process ends.
func (c *cluster) leave(ctx context.Context, a *agent) error {
	if err := a.with(ctx, func(client *rpc.Client) error { return client.Leave(ctx) }); err != nil {
		return err
	}
	return a.stop(syscall.Signal(0)) // it ends by itself
}

// rotate replaces the key.
func (c *cluster) rotate(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, c.serf, "keys", "-rotate=-", "-rpc-addr="+c.agents[0].rpcAddr())
	cmd.Stdin = strings.NewReader(newKey() + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// send makes the agents that stay send events: about two in a second, a burst of a hundred once in a while, and some for the slow
// handler.
func (c *cluster) send(ctx context.Context) {
	for i := 0; pause(ctx, 500*time.Millisecond); i++ {
		from, burst := c.agents[i%steady], 1
		if i%60 == 59 {
			burst = 100
		}
		err := from.with(ctx, func(client *rpc.Client) error {
			for range burst {
				n, at := c.book.next(), time.Now()
				if err := client.UserEvent(ctx, "soak", []byte(strconv.Itoa(n)), false); err != nil {
					return err
				}
				c.book.accepted(n, at)
			}
			if i%10 == 0 {
				return client.UserEvent(ctx, "slow", nil, false)
			}
			return nil
		})
		c.note("event or burst", ignoreEnd(ctx, err))
	}
}

// ask makes the agents that stay ask all members, and holds them to the answers of the two of them.
func (c *cluster) ask(ctx context.Context) {
	for i := 0; pause(ctx, 5*time.Second); i++ {
		err := c.agents[i%steady].with(ctx, func(client *rpc.Client) error {
			q, err := client.Query(ctx, rpc.QueryParams{Name: "soak", Ack: true, Timeout: 3 * time.Second})
			if err != nil {
				return err
			}
			acks := 0
			for {
				r, err := q.Next(ctx)
				if err != nil {
					break // it is over
				}
				if r.Kind == serfagent.AnswerAck {
					acks++
				}
			}
			if acks < steady {
				return fmt.Errorf("%d members acknowledged, want %d at least", acks, steady)
			}
			return nil
		})
		c.note("query", ignoreEnd(ctx, err))
	}
}

// visit lets clients come and go, every fourth without a word.
func (c *cluster) visit(ctx context.Context) {
	for i := 0; pause(ctx, 200*time.Millisecond); i++ {
		a := c.agents[i%steady]
		if i%4 == 3 {
			nc, err := net.Dial("tcp", a.rpcAddr())
			if err == nil {
				err = nc.Close()
			}
			c.note("client", err)
			continue
		}
		c.note("client", ignoreEnd(ctx, a.with(ctx, func(client *rpc.Client) error {
			if i%4 == 2 {
				_, err := client.Stream(ctx, "*") // and goes without stopping it
				return err
			}
			_, err := client.Members(ctx)
			return err
		})))
	}
}

// ignoreEnd returns err unless the end of the run may be its cause.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
