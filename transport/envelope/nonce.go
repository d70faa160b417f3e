package envelope

import "encoding/binary"

// NonceBytes is the length of a nonce.
const NonceBytes = 12

// NonceSource gives out nonces. Under one key no nonce may ever be used twice, by whatever member of the cluster.
type NonceSource interface {
	// NextNonce writes the next nonce to dst.
	NextNonce(dst *[NonceBytes]byte)
}

// NonceCounter is a NonceSource that counts up from a random start. It costs next to nothing, and unlike independent
// random nonces the risk of a repetition does not grow with the square of the packets sent, only with the square of the
// number of counters. It belongs to one goroutine.
type NonceCounter struct {
	prefix  [4]byte
	counter uint64
}

var _ NonceSource = (*NonceCounter)(nil)

// NewNonceCounter returns a counter that starts at seed: the first four bytes stay, the other eight are counted up. Seed
// must be drawn at random for each counter.
func NewNonceCounter(seed [NonceBytes]byte) *NonceCounter {
	return &NonceCounter{prefix: [4]byte(seed[:4]), counter: binary.BigEndian.Uint64(seed[4:])}
}

// NextNonce writes the current value and counts.
func (c *NonceCounter) NextNonce(dst *[NonceBytes]byte) {
	copy(dst[:4], c.prefix[:])
	binary.BigEndian.PutUint64(dst[4:], c.counter)
	c.counter++
}
