//go:build !linux

package main

// monotonicMicroseconds returns nothing where there is no systemd.
func monotonicMicroseconds() int64 { return 0 }
