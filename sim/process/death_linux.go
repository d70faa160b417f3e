package process

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the kernel end the program when this process cannot do so any more.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
