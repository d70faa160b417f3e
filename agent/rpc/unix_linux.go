package rpc

import (
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	// lockPatience bounds the wait for another agent that starts in the same directory. What takes longer is something else,
	// and not worth failing for.
	lockPatience = time.Second
	lockPause    = 10 * time.Millisecond
)

// restrict gives a socket its mode before it has a name: nobody else can connect in between.
func restrict(mode fs.FileMode) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var err error
		if e := raw.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), uint32(mode.Perm())) }); e != nil {
			return e
		}
		return err
	}
}

// lockDirectory keeps other agents from making a socket in dir until unlock. It leaves nothing behind.
func lockDirectory(dir string) (unlock func()) {
	d, err := os.Open(dir)
	if err != nil {
		return func() {} // to listen there will fail, and say why
	}
	for end := time.Now().Add(lockPatience); time.Now().Before(end); time.Sleep(lockPause) {
		if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
			break
		}
	}
	return func() { _ = d.Close() }
}

// processOf asks the kernel who is at the other end.
func processOf(nc *net.UnixConn) process {
	raw, err := nc.SyscallConn()
	if err != nil {
		return process{}
	}
	var cred *syscall.Ucred
	if e := raw.Control(func(fd uintptr) {
		cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); e != nil || err != nil {
		return process{}
	}
	return process{known: true, uid: int(cred.Uid), pid: int(cred.Pid)}
}
