package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// agentsCount is how many agents there are; suggestions speaks of the last two.
const agentsCount = 5

// stopTimeout is how long an agent may take to stop before it is killed.
const stopTimeout = 3 * time.Second

const (
	gossipPort = "7946"
	rpcPort    = "7373"
)

// agents are the processes that the demo started.
type agents struct {
	binary string
	out    io.Writer
	logs   string // directory of their output; empty before start
	list   []*process
}

// process is one agent.
type process struct {
	name, addr string
	cmd        *exec.Cmd     // nil: not started
	ended      chan struct{} // closed when the process is gone
	why        error         // of its end; valid after ended
	told       bool          // the reader knows of its end
}

func newAgents(binary, network string, out io.Writer) *agents {
	a := &agents{binary: binary, out: out}
	for i := 1; i <= agentsCount; i++ {
		a.list = append(a.list, &process{name: fmt.Sprintf("n%d", i), addr: fmt.Sprintf("%s.%d", network, i)})
	}
	return a
}

func (p *process) rpcAddr() string { return net.JoinHostPort(p.addr, rpcPort) }

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// command returns the command line of p, as a reader could type it.
func (a *agents) command(p *process) []string {
	c := []string{a.binary, "agent", "-node=" + p.name, "-bind=" + p.addr, "-rpc-addr=" + p.rpcAddr()}
	if first := a.list[0]; p != first {
		c = append(c, "-join="+first.addr)
	}
	return c
}

// checkFree says which address is not free, and what to do about it.
func (a *agents) checkFree() error {
	for _, p := range a.list {
		for _, port := range []string{gossipPort, rpcPort} {
			addr := net.JoinHostPort(p.addr, port)
			l, err := net.Listen("tcp", addr)
			switch {
			case err == nil:
				_ = l.Close()
			case errors.Is(err, syscall.EADDRINUSE):
				return fmt.Errorf("%s is in use: end the other demo, or take other addresses: -net=127.78.0", addr)
			case errors.Is(err, syscall.EADDRNOTAVAIL):
				return fmt.Errorf("this machine has no address %s: give it one (on macOS: sudo ifconfig lo0 alias %s)", p.addr, p.addr)
			default:
				return fmt.Errorf("cannot listen at %s: %w", addr, err)
			}
		}
	}
	return nil
}

// start starts all agents, the first one first: the others join it, so it has to be up.
func (a *agents) start() error {
	logs, err := os.MkdirTemp("", "serf-demo-")
	if err != nil {
		return err
	}
	a.logs = logs
	for i, p := range a.list {
		if err := a.startOne(p); err != nil {
			return err
		}
		if i == 0 {
			if err := a.waitListening(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *agents) startOne(p *process) error {
	log, err := os.Create(filepath.Join(a.logs, p.name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	c := a.command(p)
	p.cmd = exec.Command(c[0], c[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = attributes()
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return err
	}
	p.ended = make(chan struct{})
	go func() {
		p.why = p.cmd.Wait()
		close(p.ended)
	}()
	return nil
}

// ended says why p ended although it should not have: in the last words of its log.
func (a *agents) ended(p *process) error {
	log, _ := os.ReadFile(filepath.Join(a.logs, p.name+".log"))
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return fmt.Errorf("the agent %s ended (%v): %s", p.name, p.why, lines[len(lines)-1])
}

// waitListening waits until p takes connections.
func (a *agents) waitListening(p *process) error {
	deadline := time.NewTimer(startTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(pollInterval / 10)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", p.rpcAddr()); err == nil {
			return c.Close()
		}
		select {
		case <-tick.C:
		case <-p.ended:
			return a.ended(p)
		case <-deadline.C:
			return fmt.Errorf("the agent %s does not listen at %s", p.name, p.rpcAddr())
		}
	}
}

// printMembers shows a command and its output.
func (a *agents) printMembers(ctx context.Context) error {
	args := []string{"members", "-rpc-addr=" + a.list[0].rpcAddr()}
	fmt.Fprintf(a.out, "\n$ %s %s\n", a.binary, strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, a.binary, args...)
	cmd.Stdout, cmd.Stderr = a.out, a.out
	return cmd.Run()
}

// end ends what still runs, by process id, removes the logs, and says so.
func (a *agents) end() {
	var names []string
	for _, p := range a.list {
		if p.running() {
			names = append(names, fmt.Sprintf("%s (%d)", p.name, p.pid()))
			_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may just have ended
		}
	}
	deadline := time.NewTimer(stopTimeout)
	defer deadline.Stop()
	for _, p := range a.list {
		if p.cmd == nil {
			continue
		}
		select {
		case <-p.ended:
		case <-deadline.C:
			deadline.Reset(0) // the others have had their time, too
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
	}
	if a.logs != "" {
		_ = os.RemoveAll(a.logs)
	}
	if len(names) > 0 {
		fmt.Fprintf(a.out, "\nEnded the processes of %s.\n", strings.Join(names, ", "))
	}
}
