package envelope

import (
	"errors"
	"fmt"

	"serf/swim/msgpack"
)

// readFields reads a body, which is a map, or an array with the values of the fields in order, and calls read for each
// value of a known field; others are skipped. Of a field that comes twice the last one counts. It fails with ErrShort or
// ErrBody.
func readFields(r *msgpack.Reader, fields [2]string, read func(field string) error) error {
	n, isMap, err := r.Container()
	for i := 0; i < n && err == nil; i++ {
		field := ""
		switch {
		case isMap:
			field, err = readKey(r, fields)
		case i < len(fields):
			field = fields[i]
		}
		switch {
		case err != nil:
		case field == "":
			err = r.Skip()
		default:
			err = read(field)
		}
	}
	return bodyError(err)
}

// readKey takes a key and returns the field it names, empty for an unknown one.
func readKey(r *msgpack.Reader, fields [2]string) (string, error) {
	key, err := r.Bytes()
	if err != nil {
		return "", err
	}
	for _, field := range fields {
		if string(key) == field {
			return field, nil
		}
	}
	return "", nil
}

// bodyError translates an error of the reader.
func bodyError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, msgpack.ErrShort):
		return ErrShort
	}
	return fmt.Errorf("%w: %w", ErrBody, err)
}
