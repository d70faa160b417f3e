package envelope

import (
	"encoding/binary"

	"serf/swim/msgpack"
)

// Message types that a stream may carry. The envelope must know their structure, for only it tells where they end.
const (
	typePing     = 0
	typeAck      = 2
	typePushPull = 6
	typeUser     = 8
	typeError    = 13
)

// Limits of what a header may declare; reference peers refuse more.
const (
	nodesMax     = 1 << 20
	userBytesMax = 20 << 20
)

// plan is the structure of a message behind its type byte: so many MessagePack values, then so many raw bytes. The first
// value may be a header that tells more.
type plan struct {
	values uint64
	raw    int
	// header names the fields of the header that declare lengths, nil without header.
	header *headerFields
	// wrapper says that it is a compress message.
	wrapper bool
}

// headerFields are the names of the number of values and the number of raw bytes, in order of declaration; an unused one
// is empty and names no field.
type headerFields struct {
	names [2]string
	raw   int // index of the raw length in names
}

var (
	pushPullHeader = &headerFields{names: [2]string{"Nodes", "UserStateLen"}, raw: 1}
	userHeader     = &headerFields{names: [2]string{"UserMsgLen"}, raw: 0}
)

// planOf returns the structure of a message of type t, and whether such a message may come at all: requests for an
// acceptor, replies for an initiator.
func planOf(t byte, acceptor bool) (p plan, ok bool) {
	p.values = 1
	switch t {
	case typePushPull:
		p.header = pushPullHeader
		return p, true
	case typeCompress:
		p.wrapper = true
		return p, true
	case typeUser:
		p.header = userHeader
		return p, acceptor
	case typePing:
		return p, acceptor
	case typeAck, typeError:
		return p, !acceptor
	}
	return p, false
}

// stepBody goes on over the values, then over the raw bytes.
func (s *Scanner) stepBody() bool {
	limit := s.start + s.cfg.StreamBytesMax
	done, err := s.walk.over(s.buf, &s.off, limit)
	if err == nil && s.plan.raw > limit-s.off {
		err = ErrTooLarge
	}
	if err != nil {
		s.fail(err, false)
		return false
	}
	if !done {
		return false
	}
	if s.plan.header != nil {
		return s.readHeader()
	}
	s.off += s.plan.raw
	s.plan.raw = 0
	if len(s.buf) < s.off {
		return false
	}
	s.stage = StageDone
	return true
}

// readHeader replaces the plan by what the header declares.
func (s *Scanner) readHeader() bool {
	var counts [2]int64
	header := s.plan.header
	r := msgpack.NewReader(s.buf[s.start+1 : s.off])
	err := readFields(&r, header.names, func(field string) (err error) {
		i := 0
		if field == header.names[1] {
			i = 1
		}
		counts[i], err = r.Int()
		return err
	})
	values, raw := counts[0], counts[header.raw]
	if header.raw == 0 {
		values = 0
	}
	if err == nil && (values < 0 || values > nodesMax || raw < 0 || raw > userBytesMax) {
		err = ErrLength
	}
	if err != nil {
		s.fail(err, false)
		return false
	}
	s.walk.left = uint64(values)
	s.plan = plan{raw: int(raw)}
	return true
}

// walker steps over MessagePack values as they come in.
type walker struct {
	// left counts the values still due in the innermost open container, open those in the containers around it.
	left uint64
	open []uint64
}

// over moves off over the values due, as far as b reaches, and says whether it is past the last. It fails with ErrBody
// for what is no MessagePack or nests too deep, and with ErrTooLarge when a value would end beyond limit.
func (w *walker) over(b []byte, off *int, limit int) (done bool, err error) {
	for *off <= len(b) {
		for w.left == 0 {
			if len(w.open) == 0 {
				return true, nil
			}
			w.left = w.open[len(w.open)-1]
			w.open = w.open[:len(w.open)-1]
		}
		size, children, err := valueHead(b[*off:])
		if size == 0 || err != nil {
			return false, bodyError(err)
		}
		if size > uint64(limit-*off) {
			return false, ErrTooLarge
		}
		*off += int(size)
		w.left--
		if children == 0 {
			continue
		}
		if len(w.open) == msgpack.DepthMax {
			return false, bodyError(msgpack.ErrDepth)
		}
		w.open = append(w.open, w.left)
		w.left = children
	}
	return false, nil
}

// valueHead measures the value at the front of b: its size in bytes, for a container that of its header, and how many
// values follow inside. Size 0 means that b is too short to tell.
func valueHead(b []byte) (size, children uint64, err error) {
	if len(b) == 0 {
		return 0, 0, nil
	}
	switch c := b[0]; {
	case c < 0x80, c >= 0xe0, c == 0xc0, c == 0xc2, c == 0xc3:
		return 1, 0, nil
	case c <= 0x8f:
		return 1, 2 * uint64(c&0x0f), nil
	case c <= 0x9f:
		return 1, uint64(c & 0x0f), nil
	case c <= 0xbf:
		return 1 + uint64(c&0x1f), 0, nil
	case c == 0xc1:
		return 0, 0, msgpack.ErrReserved
	case c >= 0xca && c <= 0xd8:
		return scalarSizes[c-0xca], 0, nil
	}
	return declaredHead(b)
}

// scalarSizes are the sizes of floats, integers and fixed extensions, from ca on.
var scalarSizes = [...]uint64{5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18}

// declaredHead measures a value whose length is declared behind its first byte.
func declaredHead(b []byte) (size, children uint64, err error) {
	c := b[0]
	if c >= 0xdc {
		n, head := declared(b, 2<<(c&1))
		if c >= 0xde {
			n *= 2
		}
		return head, n, nil
	}
	var n, head, extra uint64
	switch {
	case c <= 0xc6: // bin
		n, head = declared(b, 1<<(c-0xc4))
	case c <= 0xc9: // ext: a type byte precedes the data
		n, head = declared(b, 1<<(c-0xc7))
		extra = 1
	default: // str
		n, head = declared(b, 1<<(c-0xd9))
	}
	if head == 0 {
		return 0, 0, nil
	}
	return head + extra + n, 0, nil
}

// declared reads a length of width bytes and returns the size of the header up to its end, 0 if b is too short.
func declared(b []byte, width int) (n, head uint64) {
	if len(b) < 1+width {
		return 0, 0
	}
	switch width {
	case 1:
		n = uint64(b[1])
	case 2:
		n = uint64(binary.BigEndian.Uint16(b[1:]))
	default:
		n = uint64(binary.BigEndian.Uint32(b[1:]))
	}
	return n, uint64(1 + width)
}
