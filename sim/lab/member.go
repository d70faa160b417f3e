//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"serf/agent/rpc"
)

// logLinesMax is how much of a member's log is kept for the case that the scenario fails.
const logLinesMax = 400

// member is an agent on a host of its own. It keeps its name and host when it is started again.
type member struct {
	lab  *lab
	name string
	host *host
	path string // of the binary
	args []string
	// wrapper is a command before the agent's, such as prlimit.
	wrapper []string

	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended

	mu   sync.Mutex
	log  []string
	down bool // by the scenario's doing: nobody is blamed for seeing that
}

// rpcAddr is where the member's RPC listens.
func (m *member) rpcAddr() string { return net.JoinHostPort(m.host.addr, strconv.Itoa(rpcPort)) }

// gossipAddr is where others reach it.
func (m *member) gossipAddr() string { return net.JoinHostPort(m.host.addr, strconv.Itoa(gossipPort)) }

// file is the path of a file of the member's own.
func (m *member) file(name string) string { return filepath.Join(m.lab.dir, m.name, name) }

// write makes a file of the member's own.
func (m *member) write(name, content string) error {
	return os.WriteFile(m.file(name), []byte(content), 0o600)
}

// start runs the member and waits until it answers.
func (m *member) start(extra ...string) {
	m.spawn(extra...)
	m.lab.eventually(m.name+" answers", 30*time.Second, func() error { return m.ask(func(*rpc.Client, context.Context) error { return nil }) })
}

// spawn runs the member.
func (m *member) spawn(extra ...string) {
	args := append([]string{"netns", "exec", m.host.name()}, m.wrapper...)
	args = append(args, m.path, "agent", "-node="+m.name, "-bind="+m.gossipAddr(),
		"-rpc-addr="+m.rpcAddr(), "-log-level=debug")
	args = append(args, m.args...)
	m.run(append(args, extra...))
}

// run starts the process and reads what it prints.
func (m *member) run(args []string) {
	m.cmd = exec.Command("ip", args...)
	m.cmd.Dir = m.lab.dir
	output, err := m.cmd.StdoutPipe()
	m.lab.must(err)
	m.cmd.Stderr = m.cmd.Stdout
	m.lab.must(m.cmd.Start())
	m.setDown(false)
	m.ended = make(chan struct{})
	go m.read(output, m.cmd, m.ended)
}

// read follows the output of one process to its end.
func (m *member) read(output io.Reader, cmd *exec.Cmd, ended chan<- struct{}) {
	defer close(ended)
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		m.mu.Lock()
		m.log = append(m.log, line)
		if len(m.log) > logLinesMax {
			m.log = append(m.log[:0], m.log[len(m.log)-logLinesMax/2:]...)
		}
		m.mu.Unlock()
		m.lab.observe(m, line)
	}
	_ = cmd.Wait() // how it ended is in ProcessState
}

// kill ends the process at once.
func (m *member) kill() {
	m.setDown(true)
	m.signal(syscall.SIGKILL)
	<-m.ended
}

// leave stops the process by SIGINT, on which it leaves the cluster, and returns its exit status.
func (m *member) leave() int {
	m.setDown(true)
	m.signal(syscall.SIGINT)
	select {
	case <-m.ended:
	case <-time.After(20 * time.Second):
		m.lab.fail(fmt.Errorf("%s still runs 20 s after SIGINT", m.name))
	}
	return m.cmd.ProcessState.ExitCode()
}

func (m *member) signal(s syscall.Signal) { m.lab.must(m.cmd.Process.Signal(s)) }

// running reports whether the process is there.
func (m *member) running() bool {
	select {
	case <-m.ended:
		return false
	default:
		return m.cmd != nil
	}
}

func (m *member) setDown(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

func (m *member) isDown() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.down
}

// ask talks to the member over RPC.
func (m *member) ask(f func(c *rpc.Client, ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(m.lab.ctx, 10*time.Second)
	defer cancel()
	c, err := rpc.Dial(ctx, rpc.Options{Addr: m.rpcAddr()})
	if err != nil {
		return err
	}
	defer c.Close()
	return f(c, ctx)
}

// statuses returns what the member knows of all.
func (m *member) statuses() (map[string]string, error) {
	statuses := make(map[string]string)
	err := m.ask(func(c *rpc.Client, ctx context.Context) error {
		members, err := c.Members(ctx)
		for _, other := range members {
			statuses[other.Name] = other.Status
		}
		return err
	})
	return statuses, err
}

// lines returns the log that is kept.
func (m *member) lines() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.log...)
}

// count returns how many lines hold text.
func count(lines []string, text string) (n int) {
	for _, line := range lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}
