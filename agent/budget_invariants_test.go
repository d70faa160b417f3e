//go:build invariants

package agent

// pingAllocsMax is how many allocations the answer to a ping may cost; the checks of the machine need some.
const pingAllocsMax = 32
