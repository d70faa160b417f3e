//go:build linux

// Command lab is the fault laboratory: it runs members as real processes in network namespaces of their own, breaks the
// network, the processes and the disks under them, and compares what happens with a bound.
//
//	go run ./sim/lab -list
//	go run ./sim/lab -run 'kill|partition' -out lab.html
//
// It needs root on Linux, iproute2 and nftables. Debian's serf joins where a scenario wants it.
//
// # Model
//
// The laboratory is one process in namespaces of its own (network, mounts, processes), which holds the switch; each host is a
// further network namespace on it:
//
//	lab ─ br0 10.91.255.254/16 ─┬─ h1 eth0 10.91.0.1   serf agent
//	                            ├─ h2 eth0 10.91.0.2   serf agent
//	                            └─ …
//
// Members are watched through what they print: each line about a member's change is an observation with a time. RPC goes
// over the switch, where no fault touches it. When the laboratory ends, by whatever cause, the kernel ends its processes and
// takes its namespaces and mounts away.
//
// # Scenarios
//
// A scenario is a function in a file scenario_*.go that is listed in scenarios. It starts members, does something to them, and
// reports checks: what was promised, within what bound, and what was measured.
package main
