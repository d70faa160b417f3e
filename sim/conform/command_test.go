//go:build conform

package conform

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// result is how a command ended.
type result struct {
	stdout, stderr string
	status         int
}

// all is everything that was printed. Where a message goes is a check of its own.
func (r result) all() string { return r.stdout + r.stderr }

// run runs the binary under test with arguments and waits for its end.
func (t *trial) run(args ...string) result { return t.runEnv(nil, args...) }

func (t *trial) runEnv(env []string, args ...string) result {
	ctx, cancel := context.WithTimeout(context.Background(), 2*within)
	defer cancel()
	cmd := exec.CommandContext(ctx, *agentPath, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Env = &stdout, &stderr, append(cleanEnv(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	r := result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	t.explain("serf "+strings.Join(args, " "), func() string { return r.stdout + r.stderr })
	if ctx.Err() != nil {
		t.failf("expected: serf %s ends within %s\nseen:     %s", strings.Join(args, " "), 2*within, r.all())
	}
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.failf("run %s: %v", *agentPath, err)
	}
	return r
}

// cli runs a client command against the agent; flags go before positional arguments, after the address.
func (a *agentProc) cli(command string, args ...string) result {
	return a.t.run(append([]string{command, "-rpc-addr=" + a.rpc}, args...)...)
}

// shared is an agent that checks use together which change nothing that others look at.
var shared struct {
	sync.Mutex
	trial *trial
	agent *agentProc
}

// sharedAgent is an agent called shared with tags role=web and dc=east, started when it is first needed and again
// when a check has brought it down.
func (t *trial) sharedAgent() *agentProc {
	shared.Lock()
	defer shared.Unlock()
	if shared.trial == nil || shared.agent.ended() {
		endShared()
		shared.trial = newTrial("shared", "")
		shared.trial.attempt(func(s *trial) {
			shared.agent = s.start(setup{node: "shared", args: []string{"-tag", "role=web", "-tag", "dc=east"}})
		})
	}
	if shared.trial.failure != "" {
		t.failf("start the shared agent: %s", shared.trial.failure)
	}
	a := *shared.agent
	a.t = t
	stdout, stderr := a.stdout, a.stderr
	t.explain("end of the shared agent", func() string {
		if !a.ended() {
			return "it runs"
		}
		return stdout.String() + stderr.String()
	})
	return &a
}

func stopShared() {
	shared.Lock()
	defer shared.Unlock()
	endShared()
}

func endShared() {
	if shared.trial != nil {
		shared.trial.finish()
	}
}
