//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"serf/agent/rpc"
)

const (
	gossipPort = "7946"
	rpcPort    = "7373"
	// settleWithin is how long a member may take to know all others, and to leave.
	settleWithin = 60 * time.Second
	pollEvery    = 200 * time.Millisecond
)

// agent is one member, through all its lives.
type agent struct {
	name, addr, dir string
	args            []string
	cmd             *exec.Cmd
	ended           chan struct{} // closed when the process is gone
	watch           context.CancelFunc
	life            *life
}

func (a *agent) rpcAddr() string { return a.addr + ":" + rpcPort }

// start runs the process.
func (a *agent) start(serf string) error {
	log, err := os.OpenFile(filepath.Join(a.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	a.cmd = exec.Command(serf, a.args...)
	a.cmd.Stdout, a.cmd.Stderr = log, log
	// A group of its own, so that a Ctrl-C is for the soak alone, and no agent outlives it.
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := a.cmd.Start(); err != nil {
		return err
	}
	ended, cmd := make(chan struct{}), a.cmd
	a.ended = ended
	go func() {
		_ = cmd.Wait() // how it ended does not matter
		close(ended)
	}()
	return nil
}

// stop signals the process and waits for its end; one that takes too long is killed.
func (a *agent) stop(s syscall.Signal) error {
	if a.cmd == nil {
		return nil
	}
	_ = a.cmd.Process.Signal(s) // it may have ended
	select {
	case <-a.ended:
		return nil
	case <-time.After(settleWithin):
		_ = a.cmd.Process.Kill()
		<-a.ended
		return fmt.Errorf("%s did not end within %v of %v", a.name, settleWithin, s)
	}
}

// dial connects to the agent.
func (a *agent) dial(ctx context.Context) (*rpc.Client, error) {
	return rpc.Dial(ctx, rpc.Options{Addr: a.rpcAddr(), Timeout: settleWithin})
}

// with does something with a client of its own.
func (a *agent) with(ctx context.Context, do func(*rpc.Client) error) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(c)
}

// settled waits until the agent counts n members as alive.
func (a *agent) settled(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	alive := 0
	for {
		err := a.with(ctx, func(c *rpc.Client) error {
			members, err := c.Members(ctx)
			alive = 0
			for _, m := range members {
				if m.Status == "alive" {
					alive++
				}
			}
			return err
		})
		if err == nil && alive == n {
			return nil
		}
		if !pause(ctx, pollEvery) {
			return fmt.Errorf("%s sees %d members alive within %v, want %d (%w)", a.name, alive, settleWithin, n, context.Cause(ctx))
		}
	}
}
