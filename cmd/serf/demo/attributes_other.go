//go:build !linux

package main

import "syscall"

// attributes has nothing to offer here: agents get Ctrl-C, too.
func attributes() *syscall.SysProcAttr { return nil }
