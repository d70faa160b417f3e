package envelope

import "encoding/binary"

const (
	// NonceBytes is the length of a nonce of AES-GCM.
	NonceBytes = 12
	// NonceSeedBytes is the length of a nonce of XChaCha20-Poly1305, and of what a NonceCounter starts from.
	NonceSeedBytes = 24
)

// NonceSource gives out nonces. Under one key no nonce may ever be used twice, by whatever member of the cluster.
type NonceSource interface {
	// NextNonce fills dst, which is NonceBytes or NonceSeedBytes long, with the next nonce of that length.
	NextNonce(dst []byte)
}

// NonceCounter is a NonceSource that counts up from a random start. It costs next to nothing, and unlike independent
// random nonces the risk of a repetition does not grow with the square of the packets sent, only with the square of the
// number of counters. It belongs to one goroutine.
type NonceCounter struct {
	prefix  [NonceSeedBytes - 8]byte
	counter uint64
}

var _ NonceSource = (*NonceCounter)(nil)

// NewNonceCounter returns a counter that starts at seed: the last eight bytes are counted up, as many of the others as there is
// room for stand before them. Seed must be drawn at random for each counter.
func NewNonceCounter(seed [NonceSeedBytes]byte) *NonceCounter {
	c := &NonceCounter{counter: binary.BigEndian.Uint64(seed[NonceSeedBytes-8:])}
	copy(c.prefix[:], seed[:])
	return c
}

// NextNonce writes the current value and counts.
func (c *NonceCounter) NextNonce(dst []byte) {
	at := len(dst) - 8
	copy(dst[:at], c.prefix[:])
	binary.BigEndian.PutUint64(dst[at:], c.counter)
	c.counter++
}
