package main

import "syscall"

// attributes keeps Ctrl-C from the agents, which the demo ends itself, and lets the kernel end them if the demo cannot.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
