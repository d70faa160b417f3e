package membership

import "serf/swim/msgpack"

// decoder reads one message. Its strings are parts of one copy of the whole message, so that a push/pull of thousands of
// members costs one allocation for their names; what is kept for long has to be cloned.
type decoder struct {
	message string
	r       msgpack.Reader
	bytes   []byte
	whole   string // bytes, once somebody wanted a string
	room    int    // how many more list elements and map entries the message may hold
}

// elementsMax is how many list elements and map entries one message may hold in all: 20 MiB of empty ones would
// otherwise become a gigabyte of structures. The gossip protocol allows as many members in one exchange.
const elementsMax = 1 << 20

// newDecoder starts behind the type byte of b, which must be want.
func newDecoder(message string, want messageType, b []byte) (*decoder, error) {
	if len(b) == 0 {
		return nil, &DecodeError{Message: message, Err: ErrMessageEmpty}
	}
	if b[0] != byte(want) {
		return nil, &DecodeError{Message: message, Err: ErrMessageType}
	}
	return &decoder{message: message, r: msgpack.NewReader(b[1:]), bytes: b[1:], room: elementsMax}, nil
}

// fields reads a structure: a map, whose unknown keys are skipped and where the last of equal keys wins, or a list in
// the order of names, short or long. Nil is the zero structure. It calls read with the index in names for each known
// field; what read takes of the input is the field's value.
func (d *decoder) fields(names []string, read func(field int) error) error {
	n, isMap, err := d.r.Container()
	if err != nil {
		return d.fail("", err)
	}
	for i := range n {
		field := i
		if isMap {
			key, err := d.r.Bytes()
			if err != nil {
				return d.fail("", err)
			}
			field = indexOf(names, key)
		}
		if field < 0 || field >= len(names) {
			if err := d.r.Skip(); err != nil {
				return d.fail("", err)
			}
			continue
		}
		if err := read(field); err != nil {
			return d.fail(names[field], err)
		}
	}
	return nil
}

func indexOf(names []string, key []byte) int {
	for i, name := range names {
		if name == string(key) {
			return i
		}
	}
	return -1
}

// fail dresses err with where it happened, unless an inner structure already has.
func (d *decoder) fail(field string, err error) error {
	if _, dressed := err.(*DecodeError); dressed {
		return err
	}
	return &DecodeError{Message: d.message, Field: field, Offset: 1 + d.r.Offset(), Err: err}
}

// text reads a string.
func (d *decoder) text() (string, error) {
	p, err := d.r.Bytes()
	if err != nil {
		return "", err
	}
	// A list of small integers is a string too, but no part of the message.
	end := d.r.Offset()
	if d.whole == "" {
		d.whole = string(d.bytes)
	}
	if from := end - len(p); from >= 0 && d.whole[from:end] == string(p) {
		return d.whole[from:end], nil
	}
	return string(p), nil
}

// list reads the header of a list and returns its length; a map of n pairs counts as a list of 2n elements. Nil gives -1.
func (d *decoder) list() (int, error) {
	if d.r.IsNil() {
		return -1, nil
	}
	n, isMap, err := d.r.Container()
	if isMap {
		n *= 2
	}
	if err != nil {
		return 0, err
	}
	return n, d.take(n)
}

// take counts n elements that are about to be read.
func (d *decoder) take(n int) error {
	if n > len(d.r.Rest()) { // each needs a byte at least
		return msgpack.ErrShort
	}
	if d.room -= n; d.room < 0 {
		return ErrElements
	}
	return nil
}
