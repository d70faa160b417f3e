package process

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

const childVariable = "PROCESS_TEST_CHILD"

// TestMain is also the program that tests start: it prints a line, and ends with status 3 when its standard input does.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		goleak.VerifyTestMain(m)
	}
	_, _ = os.Stdout.WriteString("up\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(3)
}

// child starts the program.
func child(t *testing.T) (p *Process, out *Output, end func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1")
	out = &Output{}
	cmd.Stdout = out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p, err = Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p, out, func() { _ = in.Close() }
}

func TestProcessIsFollowedToItsEnd(t *testing.T) {
	p, out, end := child(t)
	if !Poll(patience, time.Millisecond, func() bool { return strings.Contains(out.String(), "up\n") }) {
		t.Fatalf("got %q, want a line", out)
	}
	if _, err := p.Wait(0); !errors.Is(err, ErrRuns) || !p.Running() || p.PID() == os.Getpid() {
		t.Errorf("while it runs: %v, running %v", err, p.Running())
	}
	end()
	if status, err := p.Wait(patience); status != 3 || err != nil || p.Running() {
		t.Errorf("at its end: status %d, %v, running %v, want 3", status, err, p.Running())
	}
	if err := p.Signal(syscall.SIGTERM); err == nil {
		t.Error("a process that has ended takes a signal")
	}
	p.Kill() // does nothing
}

func TestKilledProcessIsGone(t *testing.T) {
	p, _, _ := child(t)
	p.Kill()
	if status, err := p.Wait(0); status != -1 || err != nil {
		t.Errorf("status %d, %v, want -1", status, err)
	}
}

func TestProgramThatIsMissingIsAnError(t *testing.T) {
	if _, err := Start(exec.Command("/nowhere/program")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}

func TestPollAsksUntilYesOrTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			yesAt int // call
			want  bool
			took  time.Duration
		}{{1, true, 0}, {4, true, 3 * time.Second}, {100, false, 11 * time.Second}} {
			calls, start := 0, time.Now()
			got := Poll(10*time.Second, time.Second, func() bool { calls++; return calls == tt.yesAt })
			if took := time.Since(start); got != tt.want || took != tt.took {
				t.Errorf("yes at call %d: got %v after %v, want %v after %v", tt.yesAt, got, took, tt.want, tt.took)
			}
		}
	})
}

func TestFreeAddressesAreDifferent(t *testing.T) {
	got, err := FreeAddresses("127.0.0.1", 50)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != 50 {
		t.Errorf("%d different addresses, want 50", n)
	}
}
