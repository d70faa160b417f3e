package swim

import (
	"pgregory.net/rapid"

	"serf/sim/proof"
)

// drawOptional returns nil for empty, which is how an omitted field is decoded.
func drawOptional(t *rapid.T, label string) []byte {
	if b := proof.DrawName(t, label); len(b) > 0 {
		return b
	}
	return nil
}
