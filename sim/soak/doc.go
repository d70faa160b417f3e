//go:build linux

// Command soak runs five real agents on loopback for a long time and holds them to two promises: what an agent takes does not grow,
// and every accepted event comes to each member once.
//
//	go run ./sim/soak -serf bin/serf -for 30m
//
// Two agents stay; they are measured, and send events and queries all the time. The other three are restarted, killed, or leave
// and come back, in turn. Keys are rotated, RPC clients come and go, some without a word, and a handler takes two seconds for
// each of its events.
//
// An event has to come once to each member that knew all others before it was sent and still ran patience later. What the
// watcher of a member gets twice in one life is an error, always.
//
// Resident memory, goroutines, descriptors and the bytes of snapshot and keyring are sampled; a line is fitted to the samples
// after a warm-up. The status is 1 when one rises more than its tolerance, an event was lost or told twice, or a step of the
// run failed. Ctrl-C ends it early, with the report so far. The agents die with the program, however it ends.
package main
