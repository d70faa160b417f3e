package handler

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestOrphansAreReapedAndScriptsKeepTheirStatus(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), inheritVariable+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "reaped\n") {
		t.Errorf("%v, output:\n%s", err, out)
	}
}

func init() { inherit = inheritOrphans }

// inheritOrphans runs scripts in a process that inherits the children of its children, like the first process of a container.
func inheritOrphans() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	var s shell
	s.reaper.on()
	defer s.close()
	var orphans []int
	for i := range 20 {
		o := s.run(context.Background(), request{script: "sh -c 'sleep 0.1 >/dev/null 2>&1 & echo $!'; exit " + strconv.Itoa(i+1), keep: 100})
		if want := fmt.Sprintf("exit status %d", i+1); o.err == nil || o.err.Error() != want {
			return fmt.Errorf("script ended with %v, want %s", o.err, want)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(o.output.bytes())))
		if err != nil {
			return err
		}
		orphans = append(orphans, pid)
	}
	deadline := time.Now().Add(patience)
	for _, pid := range orphans {
		for syscall.Kill(pid, 0) == nil { // a zombie is still there
			if time.Now().After(deadline) {
				return fmt.Errorf("process %d is still there", pid)
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	fmt.Println("reaped")
	return nil
}
