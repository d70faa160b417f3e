//go:build interop

package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"serf/agent/rpc"
	"serf/sim/process"
)

const (
	// convergeWithin is how long a change may take to be seen by all: detection on the local profile takes about 5 s,
	// and the machine may be busy.
	convergeWithin = 60 * time.Second
	pollEvery      = 150 * time.Millisecond

	install = "Debian's serf is needed as a peer: apt-get install -y serf"
)

// side is one of the two implementations.
type side struct {
	name string // "ours" or "theirs"
	path string // of the binary
}

var (
	ours, theirs side
	subnet       = fmt.Sprintf("127.%d.%d", 64+rand.IntN(128), rand.IntN(256))
	hosts        struct {
		sync.Mutex
		next int
	}
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "serf-interop-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	ours = side{"ours", filepath.Join(dir, "serf")}
	if out, err := exec.Command("go", "build", "-o", ours.path, "serf/cmd/serf").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	path, err := exec.LookPath("/usr/bin/serf")
	if err != nil {
		return 1, fmt.Errorf("%w\n%s", err, install)
	}
	theirs = side{"theirs", path}
	out, err := exec.Command(theirs.path, "version").Output()
	if err != nil || !bytes.HasPrefix(out, []byte("0.8.2-dev\n")) {
		return 1, fmt.Errorf("%s is not the expected peer (%q, %v)\n%s", path, out, err, install)
	}
	return m.Run(), nil
}

// host returns a loopback address that no other agent of this run uses.
func host() string {
	hosts.Lock()
	defer hosts.Unlock()
	hosts.next++
	return fmt.Sprintf("%s.%d", subnet, hosts.next)
}

// agent is one running process.
type agent struct {
	side
	node      string
	bind, rpc string // host:port; rpc may be that of a Unix socket
	netns     string // network namespace that it runs in; empty: that of the test
	args      []string
	process   *process.Process
	log       *process.Output
}

// newAgent prepares an agent of s with a name and addresses of its own.
func newAgent(t *testing.T, s side, node string, args ...string) *agent {
	t.Helper()
	addrs, err := process.FreeAddresses(host(), 2)
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{side: s, node: node, bind: addrs[0], rpc: addrs[1]}
	a.args = append([]string{"agent", "-node=" + node, "-bind=" + a.bind, "-rpc-addr=" + a.rpc, "-profile=local"}, args...)
	return a
}

// start runs an agent under a name of its own and waits until it answers over RPC.
func start(t *testing.T, s side, node string, args ...string) *agent {
	t.Helper()
	a := newAgent(t, s, node, append([]string{"-log-level=debug"}, args...)...)
	a.start(t)
	return a
}

func (a *agent) start(t *testing.T) {
	t.Helper()
	a.log = &process.Output{}
	cmd := a.command(context.Background(), a.path, a.args...)
	cmd.Stdout, cmd.Stderr = a.log, a.log
	p, err := process.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	a.process = p
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("log of %s (%s):\n%s", a.node, a.name, tail(a.log.String(), 60))
		}
	})
	eventually(t, a.node+" answers over RPC", func() error {
		if a.netns != "" {
			return a.command(context.Background(), ours.path, "info", "-rpc-addr="+a.rpc).Run()
		}
		network, address, err := rpc.ParseAddress(a.rpc)
		if err != nil {
			return err
		}
		conn, err := net.Dial(network, address)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// command prepares a program to run where a runs.
func (a *agent) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	if a.netns != "" {
		path, args = "ip", append([]string{"netns", "exec", a.netns, path}, args...)
	}
	return exec.CommandContext(ctx, path, args...)
}

// kill ends the process at once, as a crash would.
func (a *agent) kill() { a.process.Kill() }

// waitExit waits for the process to end and returns its status.
func (a *agent) waitExit(t *testing.T) int {
	t.Helper()
	status, err := a.process.Wait(convergeWithin)
	if err != nil {
		t.Fatalf("%s (%s): %v", a.node, a.name, err)
	}
	return status
}

// cli runs a client command of s against a.
func (a *agent) cli(t *testing.T, s side, command string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), convergeWithin)
	defer cancel()
	cmd := a.command(ctx, s.path, append([]string{command, "-rpc-addr=" + a.rpc}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatalf("%s %s against %s: %v", s.name, command, a.node, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// must is cli for a command that has to succeed.
func (a *agent) must(t *testing.T, s side, command string, args ...string) string {
	t.Helper()
	out, code := a.cli(t, s, command, args...)
	if code != 0 {
		t.Fatalf("%s %s %v against %s (%s): exit %d\n%s", s.name, command, args, a.node, a.name, code, out)
	}
	return out
}

// member is what `members -format=json` prints of one.
type member struct {
	Name   string            `json:"name"`
	Addr   string            `json:"addr"`
	Tags   map[string]string `json:"tags"`
	Status string            `json:"status"`
}

// members asks a with the client of s.
func (a *agent) members(t *testing.T, s side) (map[string]member, error) {
	t.Helper()
	out, code := a.cli(t, s, "members", "-format=json")
	if code != 0 {
		return nil, fmt.Errorf("members: exit %d: %s", code, out)
	}
	var list struct {
		Members []member `json:"members"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		return nil, fmt.Errorf("members: %w in %s", err, out)
	}
	byName := make(map[string]member)
	for _, m := range list.Members {
		byName[m.Name] = m
	}
	return byName, nil
}

// sees waits until every viewer lists each node of want with that status, and nobody else.
func sees(t *testing.T, viewers []*agent, want map[string]string) {
	t.Helper()
	for _, v := range viewers {
		eventually(t, fmt.Sprintf("%s (%s) sees %v", v.node, v.name, want), func() error {
			got, err := v.members(t, v.side)
			if err != nil {
				return err
			}
			for node, status := range want {
				if got[node].Status != status {
					return fmt.Errorf("%s is %q, want %q", node, got[node].Status, status)
				}
			}
			if len(got) != len(want) {
				return fmt.Errorf("%d members, want %d", len(got), len(want))
			}
			return nil
		})
	}
}

// eventually polls until check succeeds and fails the test with its last error when that takes too long.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	var err error
	if !process.Poll(convergeWithin, pollEvery, func() bool { err = check(); return err == nil }) {
		t.Fatalf("not within %v: %s: %v", convergeWithin, what, err)
	}
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
