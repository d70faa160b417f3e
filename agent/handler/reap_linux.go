package handler

import (
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reaper lets no process stay a zombie whose parent has ended before it and that has become a child of this one, as all such
// do when this is the first process of a container. It never takes the exit status of a script: those it knows, and whoever
// waits for them gets it. Nothing else in the process may start others while a reaper is on. The zero value is off.
type reaper struct {
	mu    sync.Mutex // over start, so that no script is unknown
	known map[int]struct{}

	signals chan os.Signal // nil: off
	wg      sync.WaitGroup
}

// on makes r work until off.
func (r *reaper) on() {
	r.known = make(map[int]struct{})
	r.signals = make(chan os.Signal, 1)
	signal.Notify(r.signals, syscall.SIGCHLD)
	r.wg.Go(func() {
		for range r.signals {
			r.sweep()
		}
	})
}

func (r *reaper) off() {
	if r.signals == nil {
		return
	}
	signal.Stop(r.signals)
	close(r.signals)
	r.wg.Wait()
	r.signals = nil
}

// start starts cmd.
func (r *reaper) start(cmd *exec.Cmd) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := cmd.Start()
	if err == nil && r.known != nil {
		r.known[cmd.Process.Pid] = struct{}{}
	}
	return err
}

// waited tells that cmd, which was started, has been waited for.
func (r *reaper) waited(cmd *exec.Cmd) {
	r.mu.Lock()
	if r.known == nil {
		r.mu.Unlock()
		return
	}
	delete(r.known, cmd.Process.Pid)
	r.mu.Unlock()
	r.sweep() // a script that was not waited for yet hides the zombies behind it
}

// sweep reaps until nothing is left or the next one is a script.
func (r *reaper) sweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		pid := zombie()
		if _, script := r.known[pid]; pid == 0 || script {
			return
		}
		_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	}
}

// zombie returns a child that has ended and was not waited for; 0 when there is none.
func zombie() int {
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil); err != nil {
		return 0
	}
	// The process id is the first field of the union behind three numbers; it is aligned like a pointer.
	const (
		numbers = 3 * unsafe.Sizeof(info.Signo)
		pointer = unsafe.Sizeof(uintptr(0))
		offset  = (numbers + pointer - 1) / pointer * pointer
	)
	return int(*(*int32)(unsafe.Add(unsafe.Pointer(&info), offset)))
}
