// Package interop runs agents of ours and of Debian's serf in one cluster, as real processes on loopback addresses.
//
// The tests need the build tag interop and Debian's package serf; `make interop` runs them. Every process is started
// with a death signal and killed by its pid when its test ends.
package interop
