//go:build !unix

package main

import (
	"os"
	"syscall"
)

// handledSignals are the ones that do not end the process at once.
var handledSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// isDumpSignal says whether s asks for telemetry; there is no such signal here.
func isDumpSignal(os.Signal) bool { return false }
