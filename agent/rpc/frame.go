package rpc

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"serf/swim/msgpack"
)

const (
	// guestBytesMax bounds a request before login: nobody without the key can make the agent hold more.
	guestBytesMax = 64 << 10
	// requestBytesMax bounds a request after login.
	requestBytesMax = 1 << 20
	// replyBytesMax bounds a reply; a cluster of a million members stays below it.
	replyBytesMax = 512 << 20
	// readStepBytes is how much of a declared length is allocated before its bytes have come.
	readStepBytes = 4 << 10
)

// readValue appends the bytes of the next MessagePack value of r to dst, of which then at most bytesMax are new. It
// returns io.EOF when r ends before the value, io.ErrUnexpectedEOF when it ends inside, ErrTooLarge as soon as a declared
// length shows that the value does not fit, and msgpack.ErrReserved for a byte that begins no value. What r has lost
// after an error is unspecified.
func readValue(r *bufio.Reader, dst []byte, bytesMax int) ([]byte, error) {
	limit := uint64(len(dst) + bytesMax)
	start := len(dst)
	for due := uint64(1); due > 0; due-- {
		c, err := r.ReadByte()
		if err != nil {
			return dst, inside(err, len(dst) > start)
		}
		dst = append(dst, c)
		shape := shapes[c]
		if shape.invalid {
			return dst, msgpack.ErrReserved
		}
		payload, children := uint64(shape.payload), uint64(shape.children)
		if shape.length > 0 {
			if dst, err = readBytes(r, dst, uint64(shape.length)); err != nil {
				return dst, err
			}
			n := bigEndian(dst[len(dst)-int(shape.length):])
			payload, children = payload+n*uint64(shape.payloadPer), children+n*uint64(shape.childrenPer)
		}
		due += children
		// Every value still due has one byte at least.
		if uint64(len(dst))+payload+due-1 > limit {
			return dst, fmt.Errorf("value of more than %d bytes is %w", bytesMax, ErrTooLarge)
		}
		if dst, err = readBytes(r, dst, payload); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// readBytes appends n bytes of r to dst; n is a declared length and may be absurd.
func readBytes(r *bufio.Reader, dst []byte, n uint64) ([]byte, error) {
	for n > 0 {
		step := int(min(n, readStepBytes))
		dst = slices.Grow(dst, step)
		if _, err := io.ReadFull(r, dst[len(dst):len(dst)+step]); err != nil {
			return dst, inside(err, true)
		}
		dst = dst[:len(dst)+step]
		n -= uint64(step)
	}
	return dst, nil
}

// inside turns the end of the input into an unexpected one when a value has begun.
func inside(err error, begun bool) error {
	if begun && err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func bigEndian(p []byte) (n uint64) {
	for _, c := range p {
		n = n<<8 | uint64(c)
	}
	return n
}

// shape says what follows the first byte of a value.
type shape struct {
	invalid     bool
	length      uint8 // bytes of a length field
	payload     uint8 // bytes after it, whatever the length says
	children    uint8 // values after it, likewise
	payloadPer  uint8 // bytes per unit of length
	childrenPer uint8 // values per unit of length
}

var shapes = makeShapes()

func makeShapes() (t [256]shape) {
	t[0xc1].invalid = true
	for i := range uint8(16) {
		t[0x80|i].children = 2 * i // fixmap
		t[0x90|i].children = i     // fixarray
	}
	for i := range uint8(32) {
		t[0xa0|i].payload = i // fixstr
	}
	for i := range 3 {
		t[0xc4+i] = shape{length: 1 << i, payloadPer: 1}             // bin
		t[0xc7+i] = shape{length: 1 << i, payload: 1, payloadPer: 1} // ext
		t[0xd9+i] = shape{length: 1 << i, payloadPer: 1}             // str
	}
	for i := range 2 {
		t[0xdc+i] = shape{length: 2 << i, childrenPer: 1} // array
		t[0xde+i] = shape{length: 2 << i, childrenPer: 2} // map
		t[0xca+i].payload = 4 << i                        // float
	}
	for i := range 4 {
		t[0xcc+i].payload = 1 << i // uint
		t[0xd0+i].payload = 1 << i // int
	}
	for i := range 5 {
		t[0xd4+i].payload = 1 + 1<<i // fixext
	}
	return t
}
