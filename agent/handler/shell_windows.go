package handler

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"syscall"
)

// errorNoData is what writing to a pipe without a reader gives.
const errorNoData = syscall.Errno(232)

// command returns the run of script. It is killed with the processes that it has started when ctx ends. The command line is
// given as it is: cmd does not understand the quoting that Go would use.
func command(ctx context.Context, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: "cmd /C " + script}
	cmd.Cancel = func() error {
		if err := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run(); err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	return cmd
}

// stdinUnread says whether err means that a script ended or closed its standard input before it had read all of it.
func stdinUnread(err error) bool {
	return errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, errorNoData)
}
