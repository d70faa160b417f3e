//go:build unix

package sim

import (
	"syscall"
	"time"
)

// processorTime is how long this process has had a processor, the work of the kernel for it left out.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return time.Since(started)
	}
	return time.Duration(u.Utime.Nano())
}
