package sim

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"serf/membership"
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

// KeyOperation is a method of a member that changes the keys of all, such as (*membership.Cluster).InstallKey.
type KeyOperation func(c *membership.Cluster, now time.Time, token membership.Token, key []byte, relay uint8) error

// keyRelay is by how many other members each answer to a key operation comes as well. An operation succeeds only when no
// answer is lost, and of a hundred members one often is.
const keyRelay = 2

// ChangeKeys lets host i start a key operation and calls done when it is over, unless the host goes down before.
func (w *World) ChangeKeys(i int, op KeyOperation, key []byte, done func(*membership.Done)) error {
	h := w.hosts[i]
	return h.command(func(c *membership.Cluster, now time.Time) error { return op(c, now, h.token(done), key, keyRelay) })
}
