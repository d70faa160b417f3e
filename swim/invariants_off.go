//go:build !invariants

package swim

// invariants switches costly checks on and scribbles over the bytes of effects once they are no longer valid.
const invariants = false
