package main

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The tests of this file run one after another, before those that run in parallel: goleak sees all goroutines.

func TestAgentLeavesNothingBehind(t *testing.T) {
	for _, tt := range []struct {
		name   string
		args   []string
		end    func(*runningAgent)
		status int
	}{
		{"interrupted", nil, func(a *runningAgent) { a.signals <- os.Interrupt }, 0},
		{"terminated", nil, func(a *runningAgent) { a.signals <- syscall.SIGTERM }, 1},
		{"context", nil, func(a *runningAgent) { a.stop() }, 1},
		{"joining in the background", []string{"-retry-join=127.0.0.1:1"}, func(a *runningAgent) { a.stop() }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			a := startAgent(program{}, "n1", tt.args...)
			defer a.stop()
			if _, err := a.logged(banner); err != nil {
				t.Fatal(err)
			}
			tt.end(a)
			status, err := a.ended()
			if err != nil || status != tt.status {
				t.Errorf("exit status %d, %v, want %d; output:\n%s", status, err, tt.status, a.out)
			}
		})
	}
}

func TestFailedStartLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, args := range [][]string{{"-rpc-addr=nonsense"}, {"-join=127.0.0.1:1"}, {"-protocol=9"}, {"-bind=192.0.2.1:0"}} {
		a := startAgent(program{}, "n1", args...)
		if status, err := a.ended(); err != nil || status != 1 {
			t.Errorf("%v: exit status %d, %v, want 1", args, status, err)
		}
		a.stop()
	}
}

func TestLeaveThatTakesTooLongIsCutOff(t *testing.T) {
	n1 := startAgent(program{}, "n1", "-leave-timeout=1ns")
	defer n1.stop()
	m, err := n1.logged(banner)
	if err != nil {
		t.Fatal(err)
	}
	n2 := startAgent(program{}, "n2", "-join="+m[1]) // without it there is nobody to wait for
	defer n2.stop()
	if _, err := n2.logged("Join completed"); err != nil {
		t.Fatal(err)
	}
	n1.signals <- os.Interrupt
	status, err := n1.ended()
	if err != nil || status != 1 {
		t.Errorf("exit status %d, %v, want 1; output:\n%s", status, err, n1.out)
	}
	n2.stop()
	if _, err := n2.ended(); err != nil {
		t.Error(err)
	}
}

// TestSignalsReachAProcess starts the program itself, which subscribes to real signals.
func TestSignalsReachAProcess(t *testing.T) {
	for _, tt := range []struct {
		signal syscall.Signal
		status int
		want   string
	}{
		{syscall.SIGINT, 0, "==> Caught signal: interrupt\n==> Gracefully shutting down agent...\n"},
		{syscall.SIGTERM, 1, "==> Caught signal: terminated\n"},
	} {
		cmd := exec.Command("serf", "agent", "-node=n1", "-bind=127.0.0.1:0", "-rpc-addr=127.0.0.1:0")
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		readUntil(t, stdout, `EventMemberJoin`)
		for _, s := range []syscall.Signal{syscall.SIGUSR1, tt.signal} { // the first one must not end it
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
		rest, _ := io.ReadAll(stdout)
		_ = cmd.Wait()
		kill.Stop()
		if got := cmd.ProcessState.ExitCode(); got != tt.status || !regexp.MustCompile(tt.want).Match(rest) {
			t.Errorf("%v: exit status %d, want %d; output %q, want %q in it", tt.signal, got, tt.status, rest, tt.want)
		}
	}
}

// readUntil reads from r until what was read matches expr.
func readUntil(t *testing.T, r io.Reader, expr string) {
	t.Helper()
	re := regexp.MustCompile(expr)
	var text []byte
	buf := make([]byte, 4096)
	for !re.Match(text) {
		n, err := r.Read(buf)
		text = append(text, buf[:n]...)
		if err != nil {
			t.Fatalf("%v after %q", err, text)
		}
	}
}
