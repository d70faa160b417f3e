package coordinate

import (
	"errors"
	"fmt"
	"time"

	"serf/swim/msgpack"
)

// PayloadBytes is the length of a payload as AppendPayload writes it, ShortPayloadBytes as AppendShortPayload does.
const (
	PayloadBytes      = 130
	ShortPayloadBytes = PayloadBytes - 4*(3+Dimensions)
)

// version is the first byte of a payload. Reference peers ignore another.
const version = 1

// Errors of DecodePayload besides DecodeError. They are compared with errors.Is.
var (
	ErrPayloadEmpty = errors.New("coordinate: no payload")
	ErrVersion      = errors.New("coordinate: unknown payload version")
	ErrDimensions   = errors.New("coordinate: wrong number of dimensions")
)

// DecodeError says why a payload was not understood. Test the cause with errors.Is: it is one of the errors of package
// msgpack.
type DecodeError struct {
	Field  string // as on the wire; empty when the failure is not in a field
	Offset int    // bytes from the start of the payload
	Err    error
}

// Error returns for instance `coordinate: payload: Vec: wrong type at byte 8`.
func (e *DecodeError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("coordinate: payload: %v at byte %d", e.Err, e.Offset)
	}
	return fmt.Sprintf("coordinate: payload: %s: %v at byte %d", e.Field, e.Err, e.Offset)
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// AppendShortPayload appends c as an acknowledgement of ours carries it: ShortPayloadBytes bytes. It is AppendPayload with
// numbers of 32 bits, which reference peers read as well: they tell a place to within some nanoseconds.
func AppendShortPayload(dst []byte, c *Coordinate) []byte {
	dst = append(dst, version)
	dst = msgpack.AppendMap(dst, 4)
	dst = msgpack.AppendFloat32(msgpack.AppendString(dst, "Adjustment"), float32(c.Adjustment))
	dst = msgpack.AppendFloat32(msgpack.AppendString(dst, "Error"), float32(c.Error))
	dst = msgpack.AppendFloat32(msgpack.AppendString(dst, "Height"), float32(c.Height))
	dst = msgpack.AppendArray(msgpack.AppendString(dst, "Vec"), Dimensions)
	for _, x := range c.Vec {
		dst = msgpack.AppendFloat32(dst, float32(x))
	}
	return dst
}

// AppendPayload appends c as an acknowledgement of the reference carries it: PayloadBytes bytes.
func AppendPayload(dst []byte, c *Coordinate) []byte {
	dst = append(dst, version)
	dst = msgpack.AppendMap(dst, 4)
	dst = msgpack.AppendFloat(msgpack.AppendString(dst, "Adjustment"), c.Adjustment)
	dst = msgpack.AppendFloat(msgpack.AppendString(dst, "Error"), c.Error)
	dst = msgpack.AppendFloat(msgpack.AppendString(dst, "Height"), c.Height)
	dst = msgpack.AppendArray(msgpack.AppendString(dst, "Vec"), Dimensions)
	for _, x := range c.Vec {
		dst = msgpack.AppendFloat(dst, x)
	}
	return dst
}

// DecodePayload reads a payload. What it returns may be hostile and has not passed Check. The error is ErrPayloadEmpty,
// ErrVersion, a *DecodeError, or ErrDimensions when the payload is well formed but not of this space.
func DecodePayload(b []byte) (Coordinate, error) {
	switch {
	case len(b) == 0:
		return Coordinate{}, ErrPayloadEmpty
	case b[0] != version:
		return Coordinate{}, ErrVersion
	}
	d := decoder{r: msgpack.NewReader(b[1:])}
	if field, err := d.body(); err != nil {
		return Coordinate{}, &DecodeError{Field: field, Offset: 1 + d.r.Offset(), Err: err}
	}
	if d.dimensions != Dimensions {
		return Coordinate{}, ErrDimensions
	}
	return d.c, nil
}

// HandleAck takes in that a probe of node was acknowledged after rtt with payload, and returns how far this node moved.
// The error is that of DecodePayload or Update; then only a counter has changed.
func (c *Client) HandleAck(node string, payload []byte, rtt time.Duration, u Uniform) (moved time.Duration, err error) {
	other, err := DecodePayload(payload)
	if err != nil {
		c.stats.refuse(err)
		return 0, err
	}
	return c.Update(node, &other, rtt, u)
}

type decoder struct {
	r          msgpack.Reader
	c          Coordinate
	dimensions int
}

// fieldNames is the order of fields in a body that is a list.
var fieldNames = [...]string{"Vec", "Error", "Adjustment", "Height"}

// body reads a map, whose unknown keys are skipped and where the last of equal keys wins, or a list, short or long. Nil is
// a coordinate of no dimensions. It returns the field in which it failed.
func (d *decoder) body() (field string, err error) {
	n, isMap, err := d.r.Container()
	if err != nil {
		return "", err
	}
	for i := range n {
		if isMap {
			key, err := d.r.Bytes()
			if err != nil {
				return "", err
			}
			i = fieldIndex(key)
		}
		if i >= len(fieldNames) {
			if err := d.r.Skip(); err != nil {
				return "", err
			}
			continue
		}
		if err := d.field(i); err != nil {
			return fieldNames[i], err
		}
	}
	return "", nil
}

// fieldIndex returns len(fieldNames) for a key that is not known.
func fieldIndex(key []byte) int {
	for i, name := range fieldNames {
		if name == string(key) {
			return i
		}
	}
	return len(fieldNames)
}

func (d *decoder) field(i int) (err error) {
	switch fieldNames[i] {
	case "Vec":
		err = d.vec()
	case "Error":
		d.c.Error, err = d.r.Float()
	case "Adjustment":
		d.c.Adjustment, err = d.r.Float()
	case "Height":
		d.c.Height, err = d.r.Float()
	}
	return err
}

// vec reads a list of any length and keeps what has room; a map of n pairs counts as a list of 2n numbers.
func (d *decoder) vec() error {
	n, isMap, err := d.r.Container()
	if err != nil {
		return err
	}
	room := len(d.r.Rest()) // each number needs a byte at least
	if isMap {
		n, room = 2*min(n, room+1), room&^1
	}
	if n > room {
		return msgpack.ErrShort
	}
	d.dimensions = n
	d.c.Vec = [Dimensions]float64{}
	for i := range n {
		x, err := d.r.Float()
		if err != nil {
			return err
		}
		if i < Dimensions {
			d.c.Vec[i] = x
		}
	}
	return nil
}
