package envelope

import "encoding/binary"

const (
	typeCompound = 7
	// compoundPartsMax is set by the count byte.
	compoundPartsMax = 255
)

// checkSizes fails with ErrEmpty without messages or with an empty one, with ErrTooLarge for more than a compound holds,
// and with ErrShort if body is not exactly as long as sizes say.
func checkSizes(body []byte, sizes []uint16) error {
	if len(sizes) == 0 {
		return ErrEmpty
	}
	if len(sizes) > compoundPartsMax {
		return ErrTooLarge
	}
	sum := 0
	for _, n := range sizes {
		if n == 0 {
			return ErrEmpty
		}
		sum += int(n)
	}
	if sum != len(body) {
		return ErrShort
	}
	return nil
}

// appendCompound appends the messages of body: one bare, several as
//
//	[7 count:1 size:2 ...] messages
func appendCompound(dst, body []byte, sizes []uint16) []byte {
	if len(sizes) > 1 {
		dst = append(dst, typeCompound, byte(len(sizes)))
		for _, n := range sizes {
			dst = binary.BigEndian.AppendUint16(dst, n)
		}
	}
	return append(dst, body...)
}

// cutCompound splits a compound, type byte first, into its length words and its messages. It fails with ErrShort if the
// words are not complete; the messages need not be.
func cutCompound(b []byte) (words, messages []byte, err error) {
	if len(b) < 2 {
		return nil, nil, ErrShort
	}
	end := 2 + 2*int(b[1])
	if len(b) < end {
		return nil, nil, ErrShort
	}
	return b[2:end], b[end:], nil
}
