// Package eventbus holds what a cluster tells its applications: the Event and the Member it is about, coalescing of
// bursts, and the bounded Ring from which a subscriber reads.
//
// Start with Event and NewRing.
package eventbus
