//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// observation is that an agent printed what it heard.
type observation struct {
	at   time.Time
	what string // "event NAME" or "failed NAME"
}

// cluster is real agents on addresses of their own.
type cluster struct {
	path   string
	agents []*agent

	mu   sync.Mutex
	seen []observation
}

type agent struct {
	name, bind, rpc string
	cmd             *exec.Cmd
	ended           chan struct{} // closed when its output has ended
}

var (
	eventLine  = regexp.MustCompile(`agent: Received event: user-event: (\S+)`)
	failedLine = regexp.MustCompile(`serf: EventMemberFailed(?: \(forced\))?: (\S+)`)
)

// newCluster starts n agents and waits until all know each other.
func newCluster(ctx context.Context, path string, n int) (*cluster, error) {
	c := &cluster{path: path}
	for i := range n {
		host := fmt.Sprintf("127.92.1.%d", i+1)
		a := &agent{name: fmt.Sprintf("n%05d", i)}
		var err error
		if a.bind, err = freePort(host); err == nil {
			a.rpc, err = freePort(host)
		}
		if err != nil {
			return c, err
		}
		c.agents = append(c.agents, a)
		if err := c.start(a); err != nil {
			return c, err
		}
	}
	return c, c.agree(ctx)
}

func (c *cluster) start(a *agent) error {
	a.cmd = exec.Command(c.path, "agent", "-node="+a.name, "-bind="+a.bind, "-rpc-addr="+a.rpc, "-log-level=debug",
		"-retry-join="+c.agents[0].bind, "-retry-interval=1s")
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	a.cmd.Stderr = a.cmd.Stdout
	if err := a.cmd.Start(); err != nil {
		return err
	}
	a.ended = make(chan struct{})
	go c.read(a, out)
	return nil
}

func (c *cluster) read(a *agent, out io.Reader) {
	defer close(a.ended)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		for what, pattern := range map[string]*regexp.Regexp{"event ": eventLine, "failed ": failedLine} {
			if m := pattern.FindStringSubmatch(lines.Text()); m != nil {
				c.mu.Lock()
				c.seen = append(c.seen, observation{time.Now(), what + m[1]})
				c.mu.Unlock()
			}
		}
	}
}

// kill ends an agent at once.
func (a *agent) kill() {
	if a.ended == nil {
		return
	}
	_ = a.cmd.Process.Kill() // it may have ended
	<-a.ended
	_ = a.cmd.Wait() // killed: the status says so
	a.ended = nil
}

func (c *cluster) stop() {
	for _, a := range c.agents {
		a.kill()
	}
}

// when returns at what times something was heard, in order.
func (c *cluster) when(what string) (list []time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.seen {
		if o.what == what {
			list = append(list, o.at)
		}
	}
	return list
}

// await waits until so many have heard it, or the limit has passed.
func (c *cluster) await(ctx context.Context, what string, count int, limit time.Duration) []time.Time {
	for end := time.Now().Add(limit); ctx.Err() == nil && time.Now().Before(end) && len(c.when(what)) < count; {
		pause(ctx, 50*time.Millisecond)
	}
	return c.when(what)
}

// agree waits until every agent shows all others as alive.
func (c *cluster) agree(ctx context.Context) error {
	for end := time.Now().Add(3 * time.Minute); ctx.Err() == nil; pause(ctx, time.Second) {
		wrong := ""
		for _, a := range c.agents {
			out, _ := exec.CommandContext(ctx, c.path, "members", "-status=alive", "-rpc-addr="+a.rpc).Output() // no lines then
			if strings.Count(string(out), "\n") != len(c.agents) {
				wrong = a.name
				break
			}
		}
		if wrong == "" {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s does not show all %d agents as alive", wrong, len(c.agents))
		}
	}
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func freePort(host string) (string, error) {
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
