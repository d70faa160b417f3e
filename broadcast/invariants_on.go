//go:build invariants

package broadcast

const invariants = true
