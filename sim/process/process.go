package process

import (
	"errors"
	"os"
	"os/exec"
	"time"
)

// Process is a program under way, or one that has ended.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the program has ended and all that it printed was read
}

// ErrRuns is the error of Wait when the program goes on.
var ErrRuns = errors.New("the program still runs")

// Start starts cmd. The program dies with this process, where the system can see to that.
func Start(cmd *exec.Cmd) (*Process, error) {
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended is in ProcessState
	}()
	return p, nil
}

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends s. It fails when the program has ended.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Kill ends the program as a crash would, and returns when it is gone. It may have ended before.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Running says whether the program is there.
func (p *Process) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Wait waits for the end and returns the exit status, -1 for one that a signal ended. After the limit it returns ErrRuns.
func (p *Process) Wait(limit time.Duration) (status int, err error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		if p.Running() {
			return 0, ErrRuns
		}
	}
	return p.cmd.ProcessState.ExitCode(), nil
}
