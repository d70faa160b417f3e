package swim

import (
	"math/bits"
	"math/rand/v2"
)

// order walks the numbers below a power of two, each once, in a random order that costs a few words however many there
// are. A member that becomes known during a pass thus has a random place in it, unless its index lies beyond the pass.
// Up to smallPass numbers the order is uniform among all permutations; above, it is a keyed bijection.
type order struct {
	pos  uint32
	len  uint32 // a power of two; 0: no pass was begun
	bits uint8
	keys [3]uint32
	nib  uint64 // a permutation of up to 16 numbers, 4 bits each
}

// smallPass is how many numbers of 4 bits fit one word.
const smallPass = 16

// begin starts a pass over at least the numbers below n.
func (o *order) begin(n uint32, rng *rand.Rand) {
	o.pos = 0
	o.bits = uint8(bits.Len32(max(n, 1) - 1))
	o.len = 1 << o.bits
	if o.len <= smallPass {
		o.shuffle(rng)
		return
	}
	for i := range o.keys {
		o.keys[i] = rng.Uint32()
	}
}

// shuffle is Fisher and Yates' within one word.
func (o *order) shuffle(rng *rand.Rand) {
	var p [smallPass]uint64
	for i := range o.len {
		j := rng.Uint32N(i + 1)
		p[i] = p[j]
		p[j] = uint64(i)
	}
	o.nib = 0
	for i, v := range p {
		o.nib |= v << (4 * i)
	}
}

// next returns the next number of the pass, or false when the pass is over.
func (o *order) next() (uint32, bool) {
	if o.pos >= o.len {
		return 0, false
	}
	i := o.pos
	o.pos++
	if o.len <= smallPass {
		return uint32(o.nib>>(4*i)) & (smallPass - 1), true
	}
	return o.mix(i), true
}

// mix maps the numbers below len onto themselves: each step can be undone within o.bits bits.
func (o *order) mix(x uint32) uint32 {
	mask := o.len - 1
	for i, k := range o.keys {
		x = (x ^ k) & mask
		x = x * (0x9e3779b1 ^ k<<1) & mask // odd, hence invertible
		x ^= x >> (o.bits/2 + uint8(i&1))
	}
	return x
}
