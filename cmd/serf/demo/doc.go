// Demo shows a cluster at work: it starts five agents on loopback addresses, tells what happens to them, and ends them when
// it ends. make demo runs it.
//
// Start with run. An agents value owns the processes, a watcher asks one of them for the members and words what changed.
package main
