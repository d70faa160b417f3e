//go:build unix

package handler

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// command returns the run of script in a process group of its own. The whole group is killed when ctx ends.
func command(ctx context.Context, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	return cmd
}

// stdinUnread says whether err means that a script ended or closed its standard input before it had read all of it.
func stdinUnread(err error) bool { return errors.Is(err, syscall.EPIPE) }
