//go:build unix

package main

import (
	"os"
	"syscall"
)

// handledSignals are the ones that do not end the process at once.
var handledSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1}

// isDumpSignal says whether s asks for telemetry.
func isDumpSignal(s os.Signal) bool { return s == syscall.SIGUSR1 }
