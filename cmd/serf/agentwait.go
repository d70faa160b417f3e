package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"serf/agent"
	"serf/agent/journal"
)

// listenSignals subscribes to the signals of the operating system, unless a test feeds them.
func (a *agentProcess) listenSignals() (stop func()) {
	if a.program.signals != nil {
		a.signals = a.program.signals
		return func() {}
	}
	c := make(chan os.Signal, 4)
	signal.Notify(c, handledSignals...)
	a.signals = c
	return func() { signal.Stop(c) }
}

// wait lets the agent run until something ends it, and returns the exit status: 0 when the member left, 1 when it was
// stopped or lost its name.
func (a *agentProcess) wait(ctx context.Context) int {
	if a.pending != nil {
		if status, end := a.onSignal(ctx, a.pending); end {
			return status
		}
	}
	for {
		select {
		case s := <-a.signals:
			if status, end := a.onSignal(ctx, s); end {
				return status
			}
		case <-a.agent.Done():
			a.log.Printf(journal.Warn, "agent", "Serf shutdown detected, quitting")
			return a.ended()
		case <-a.exhausted:
			return exitFailure
		case <-ctx.Done():
			return exitFailure
		}
	}
}

// ended returns the exit status of an agent that is done, and says why if it was not asked to end.
func (a *agentProcess) ended() int {
	err := a.agent.Err()
	switch {
	case err == nil:
		return 0
	case errors.Is(err, agent.ErrNameConflict):
		a.out.output(fmt.Sprintf("Error: most members know another node as '%s'. Names must be unique, see -node", a.config.NodeName))
	default:
		a.out.output(fmt.Sprintf("Error: %v", err))
	}
	return exitFailure
}

// onSignal does what s asks for, and says whether the agent has to end, and how.
func (a *agentProcess) onSignal(ctx context.Context, s os.Signal) (status int, end bool) {
	a.out.output(fmt.Sprintf("Caught signal: %v", s))
	switch {
	case s == syscall.SIGHUP:
		a.supervisor.reloading()
		a.reload(ctx)
		a.supervisor.ready(a.status())
		return 0, false
	case isDumpSignal(s):
		a.dump()
		return 0, false
	case s == os.Interrupt && !a.config.SkipLeaveOnInterrupt, s == syscall.SIGTERM && a.config.LeaveOnTerminate:
		return a.leave(ctx), true
	}
	return exitFailure, true
}

// leave leaves the cluster. A second signal, an error or the time limit end it with status 1.
func (a *agentProcess) leave(ctx context.Context) int {
	a.out.output("Gracefully shutting down agent...")
	a.supervisor.stopping("leaving the cluster")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	left := make(chan error, 1)
	a.found.Close() // who leaves is not to be found any more
	a.wg.Go(func() { left <- a.agent.Leave(ctx) })
	timeout := time.NewTimer(a.config.LeaveTimeout)
	defer timeout.Stop()
	for {
		select {
		case err := <-left:
			if err != nil {
				a.out.output(fmt.Sprintf("Error: %v", err))
				return exitFailure
			}
			return 0
		case s := <-a.signals:
			if !isDumpSignal(s) {
				a.hurry = true
				return exitFailure
			}
		case <-timeout.C:
			return exitFailure
		}
	}
}
