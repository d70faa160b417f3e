// Package interop runs agents of ours and of Debian's serf in one cluster, as real processes on loopback addresses.
//
// Clients are crossed as well: every command line of cross_test.go is given to both sides' clients, against an agent of each, and what
// a script can see of it must be the same but for the differences that differences_test.go names with their reasons.
//
// The tests need the build tag interop and Debian's package serf; `make interop` runs them. Every process is started
// with a death signal and killed by its pid when its test ends.
package interop
