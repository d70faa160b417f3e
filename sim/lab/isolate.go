//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolatedMark is the environment variable by which the process in the namespaces knows that it is there.
const isolatedMark = "SERF_LAB_ISOLATED"

func isolated() bool { return os.Getenv(isolatedMark) != "" && os.Getpid() == 1 }

// isolate runs the program again as the first process of new namespaces, and ends as that does. Nothing outlives it: with the first
// process of a namespace all others end, and with the last the mounts and network devices go.
func isolate() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root: run it as root")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), isolatedMark+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	signal.Ignore(os.Interrupt) // the terminal sends it to both
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot make namespaces: %w", err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		os.Exit(exit.ExitCode())
	}
	return err
}

// mountPrivate gives the process its own /proc and its own list of network namespaces.
func mountPrivate() error {
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"none", "/", "", unix.MS_REC | unix.MS_PRIVATE},
		{"proc", "/proc", "proc", 0},
		{"tmpfs", "/run", "tmpfs", 0},
	} {
		if err := unix.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	return nil
}
