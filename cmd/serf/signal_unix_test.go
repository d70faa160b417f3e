//go:build unix

package main

import (
	"io"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"
)

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
