package broadcast

import (
	"errors"
	"fmt"
	"math"
)

// BatchLenMax is how many messages one packet can hold; the count is one byte on the wire.
const BatchLenMax = 255

// Errors of Append.
var (
	// ErrFull says that a batch holds BatchLenMax messages.
	ErrFull = errors.New("batch is full")
	// ErrTooLarge says that a message exceeds a limit that the error names.
	ErrTooLarge = errors.New("message too large")
)

// Batch is one or more messages that leave in one packet. The zero Batch is empty and ready for use; Reset lets its
// memory be used again.
//
// Invariants: the sum of Sizes is len(Body); len(Sizes) ≤ BatchLenMax.
type Batch struct {
	// Body is the messages one behind the other.
	Body []byte
	// Sizes holds the length of each message in bytes, in order.
	Sizes []uint16
}

// Reset empties b and keeps its memory.
func (b *Batch) Reset() { b.Body, b.Sizes = b.Body[:0], b.Sizes[:0] }

// Len returns the number of messages.
func (b *Batch) Len() int { return len(b.Sizes) }

// Append adds a copy of m. It fails with ErrFull or ErrTooLarge (more than 65535 bytes, the 16-bit length word) and then
// b is unchanged.
func (b *Batch) Append(m []byte) error {
	if len(b.Sizes) == BatchLenMax {
		return ErrFull
	}
	if len(m) > math.MaxUint16 {
		return fmt.Errorf("broadcast: %w (%d > %d bytes)", ErrTooLarge, len(m), math.MaxUint16)
	}
	b.Body = append(b.Body, m...)
	b.Sizes = append(b.Sizes, uint16(len(m)))
	return nil
}

// All calls yield with each message in order until it returns false. The slices are parts of Body.
func (b *Batch) All(yield func(message []byte) bool) {
	off := 0
	for _, n := range b.Sizes {
		end := off + int(n)
		if !yield(b.Body[off:end:end]) {
			return
		}
		off = end
	}
}
