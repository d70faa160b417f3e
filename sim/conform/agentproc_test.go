//go:build conform

package conform

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"serf/sim/process"
)

// agentProc is a running agent under test.
type agentProc struct {
	t              *trial
	node, ip       string
	rpc            string // host:port
	args, env      []string
	process        *process.Process
	stdout, stderr *process.Output
}

// setup describes an agent. The zero value is an agent called n1 on an address of its own.
type setup struct {
	node   string   // "n1"
	ip     string   // a free one
	args   []string // added to the usual ones
	config string   // JSON, read before the flags
	env    []string
}

// agent starts an agent with more flags and waits until it is ready.
func (t *trial) agent(args ...string) *agentProc { return t.start(setup{args: args}) }

// start starts an agent and waits until it streams its log.
func (t *trial) start(s setup) *agentProc {
	a := t.launch(s)
	a.awaitOutput("Log data will now stream")
	return a
}

// launch starts an agent without waiting.
func (t *trial) launch(s setup) *agentProc {
	if s.node == "" {
		s.node = "n1"
	}
	if s.ip == "" {
		s.ip = freeAddress(t)
	}
	a := &agentProc{t: t, node: s.node, ip: s.ip, rpc: s.ip + ":7373", env: s.env}
	a.args = []string{"agent", "-node=" + s.node, "-bind=" + s.ip, "-rpc-addr=" + a.rpc, "-profile=local", "-log-level=debug"}
	if s.config != "" {
		file := filepath.Join(t.dir, fmt.Sprintf("%s-%s.json", s.node, s.ip))
		t.must(os.WriteFile(file, []byte(s.config), 0o600), "write configuration")
		a.args = append(a.args, "-config-file="+file)
	}
	a.args = append(a.args, s.args...)
	a.begin()
	return a
}

func (a *agentProc) begin() {
	a.stdout, a.stderr = &process.Output{}, &process.Output{}
	cmd := exec.Command(*agentPath, a.args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = a.stdout, a.stderr, append(cleanEnv(), a.env...)
	p, err := process.Start(cmd)
	a.t.must(err, "start the agent")
	a.t.cleanup(p.Kill)
	a.process = p
	stdout, stderr := a.stdout, a.stderr
	a.t.explain("agent "+strings.Join(a.args[1:], " "), func() string { return stdout.String() + stderr.String() })
}

// restart runs the same command line again after the process has ended.
func (a *agentProc) restart() {
	a.status()
	a.begin()
	a.awaitOutput("Log data will now stream")
}

// awaitOutput waits for a text on stdout.
func (a *agentProc) awaitOutput(text string) {
	a.t.eventually(fmt.Sprintf("%s prints %q", a.node, text), func() (any, bool) {
		out := a.stdout.String()
		return out, strings.Contains(out, text)
	})
}

// awaitCount waits until a text was printed so often.
func (a *agentProc) awaitCount(text string, n int) {
	a.t.eventually(fmt.Sprintf("%s prints %q %d times", a.node, text, n), func() (any, bool) {
		out := a.stdout.String()
		return out, strings.Count(out, text) >= n
	})
}

func (a *agentProc) signal(s syscall.Signal) { a.t.must(a.process.Signal(s), "signal the agent") }

// kill ends the process as a crash would.
func (a *agentProc) kill() { a.process.Kill() }

// status waits for the process to end.
func (a *agentProc) status() int {
	status, err := a.process.Wait(2 * within)
	if err != nil {
		a.t.failf("expected: the agent ends within %s\nseen:     %v", 2*within, err)
	}
	return status
}

// ended tells whether the process has ended.
func (a *agentProc) ended() bool { return !a.process.Running() }

// gossip is the address for packets and streams.
func (a *agentProc) gossip() string { return a.ip + ":7946" }

// cleanEnv is the environment without what could configure the binary under test.
func cleanEnv() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SERF_") {
			env = append(env, v)
		}
	}
	return env
}

// addresses remembers which loopback addresses this run has given away.
var addresses sync.Map

// freeAddress picks a loopback address that no other check uses. It is not tried out: a listening socket, closed a
// moment ago, may live on in a process that is just being started.
func freeAddress(t *trial) string {
	for range 100 {
		ip := fmt.Sprintf("127.%d.%d.%d", 64+rand.IntN(128), rand.IntN(256), 1+rand.IntN(254))
		if _, taken := addresses.LoadOrStore(ip, true); !taken {
			return ip
		}
	}
	t.failf("no loopback address was found that this run has not used")
	return ""
}
