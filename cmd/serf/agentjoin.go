package main

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"

	"serf/agent/config"
	"serf/agent/journal"
)

// joinAtStart contacts the members of -join, all at once. A signal that comes meanwhile is left for wait; one that ends the
// agent also ends the join.
func (a *agentProcess) joinAtStart(ctx context.Context) error {
	addrs := a.config.StartJoin
	if len(addrs) == 0 {
		return nil
	}
	a.out.output(fmt.Sprintf("Joining cluster...(replay: %v)", a.config.ReplayOnJoin))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		n   int
		err error
	}
	joined := make(chan result, 1)
	a.wg.Go(func() {
		n, err := a.agent.Join(ctx, addrs, a.config.ReplayOnJoin)
		joined <- result{n, err}
	})
	for {
		select {
		case r := <-joined:
			if r.err != nil {
				return r.err
			}
			a.out.info(fmt.Sprintf("Join completed. Synced with %d initial agents", r.n))
			return nil
		case a.pending = <-a.signals:
			if a.pending != syscall.SIGHUP && !isDumpSignal(a.pending) {
				return nil
			}
		}
	}
}

// retryJoin contacts the members of -retry-join in the background until one answers.
func (a *agentProcess) retryJoin(ctx context.Context) {
	a.exhausted = make(chan struct{})
	if len(a.config.RetryJoin) > 0 {
		c := a.config // a reload changes nothing here
		a.wg.Go(func() { a.retryJoinLoop(ctx, c) })
	}
}

func (a *agentProcess) retryJoinLoop(ctx context.Context, c config.Config) {
	for attempt := 0; ; attempt++ {
		a.log.Printf(journal.Info, "agent", "Joining cluster...(replay: %v)", c.ReplayOnJoin)
		n, err := a.agent.Join(ctx, c.RetryJoin, c.ReplayOnJoin)
		if err == nil {
			a.log.Printf(journal.Info, "agent", "Join completed. Synced with %d initial agents", n)
			return
		}
		if ctx.Err() != nil {
			return
		}
		if c.RetryMaxAttempts > 0 && attempt >= c.RetryMaxAttempts {
			a.log.Printf(journal.Err, "agent", "maximum retry join attempts made, exiting")
			close(a.exhausted)
			return
		}
		a.log.Printf(journal.Warn, "agent", "Join failed: %s, retrying in %v", oneLine(err), c.RetryInterval)
		if !pause(ctx, c.RetryInterval) {
			return
		}
	}
}

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

// oneLine folds the list of failed addresses into one line of the log.
func oneLine(err error) string {
	text := strings.TrimSpace(err.Error())
	text = strings.ReplaceAll(text, "occurred:\n\t* ", "occurred: ")
	return strings.ReplaceAll(text, "\n\t* ", "; ")
}
