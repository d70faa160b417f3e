//go:build linux

// Command calibrate holds the simulator against reality: it runs real agents as processes on loopback addresses, and as many
// simulated members, and compares how fast events spread and how soon crashes are known.
//
//	go run ./sim/calibrate -serf bin/serf -agents 30
package main
