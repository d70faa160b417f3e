package sim

import (
	"bytes"
	"fmt"
	"slices"

	"serf/transport/envelope"
)

// useKeys takes the keys, primary first, into use.
func (h *host) useKeys(keys [][]byte) {
	h.keys = keys
	if h.world.options.Direct || len(keys) == 0 {
		return
	}
	ring, err := envelope.NewKeyring(keys[1:], keys[0])
	if err != nil {
		panic(fmt.Sprintf("sim: keyring: %v", err)) // the member checks keys
	}
	h.ring = ring
}

// primary is the key with which this host encrypts; nil when it does not.
func (h *host) primary() []byte {
	if len(h.keys) == 0 {
		return nil
	}
	return h.keys[0]
}

// opens reports whether this host can read what is encrypted with key.
func (h *host) opens(key []byte) bool {
	return key == nil || slices.ContainsFunc(h.keys, func(k []byte) bool { return bytes.Equal(k, key) })
}

// Keys are the keys of host i, the one that it encrypts with first.
func (w *World) Keys(i int) [][]byte { return w.hosts[i].keys }
