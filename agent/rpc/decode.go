package rpc

import (
	"bytes"
	"math"

	"serf/swim/msgpack"
)

// decodeMap takes b, one whole map with text keys, and calls field for each key with the reader at its value. field has to
// take the value; for a key that it does not know it calls Skip.
func decodeMap(message string, b []byte, field func(key string, r *msgpack.Reader) error) error {
	r := msgpack.NewReader(b)
	n, err := mapHead(&r)
	if err != nil {
		return &DecodeError{message, "", r.Offset(), err}
	}
	for range n {
		key, err := r.Bytes()
		if err != nil {
			return &DecodeError{message, "", r.Offset(), err}
		}
		if err := field(string(key), &r); err != nil {
			return &DecodeError{message, string(key), r.Offset(), err}
		}
	}
	return nil
}

// mapHead takes the header of a map; nil is an empty one.
func mapHead(r *msgpack.Reader) (pairs int, err error) {
	n, isMap, err := r.Container()
	if err == nil && !isMap {
		err = msgpack.ErrType
	}
	return n, err
}

// arrayHead takes the header of an array; nil is an empty one.
func arrayHead(r *msgpack.Reader) (elements int, err error) {
	if r.IsNil() {
		return 0, nil
	}
	n, isMap, err := r.Container()
	if err == nil && isMap {
		err = msgpack.ErrType
	}
	return n, err
}

func decodeText(r *msgpack.Reader, to *string) error {
	p, err := r.Bytes()
	*to = string(p)
	return err
}

func decodeBool(r *msgpack.Reader, to *bool) (err error) {
	*to, err = r.Bool()
	return err
}

func decodeUint8(r *msgpack.Reader, to *uint8) error {
	u, err := r.Uint(math.MaxUint8)
	*to = uint8(u)
	return err
}

// decodeTexts takes an array of texts.
func decodeTexts(r *msgpack.Reader, to *[]string) error {
	n, err := arrayHead(r)
	if err != nil {
		return err
	}
	*to = nil
	if n > 0 {
		*to = make([]string, 0, min(n, len(r.Rest()))) // each takes a byte at least
	}
	for range n {
		var s string
		if err := decodeText(r, &s); err != nil {
			return err
		}
		*to = append(*to, s)
	}
	return nil
}

// decodeTextMap takes a map of texts; an empty one becomes nil.
func decodeTextMap(r *msgpack.Reader, to *map[string]string) error {
	n, err := mapHead(r)
	if err != nil {
		return err
	}
	*to = nil
	if n > 0 {
		*to = make(map[string]string, min(n, 16))
	}
	for range n {
		var key, value string
		if err := decodeText(r, &key); err != nil {
			return err
		}
		if err := decodeText(r, &value); err != nil {
			return err
		}
		(*to)[key] = value
	}
	return nil
}

// decodeBytes takes a byte string and copies it; the nil value is nil.
func decodeBytes(r *msgpack.Reader, to *[]byte) error {
	p, err := r.Bytes()
	*to = bytes.Clone(p)
	return err
}

// appendTexts appends an array of texts; nil is the nil value.
func appendTexts(dst []byte, texts []string) []byte {
	if texts == nil {
		return append(dst, 0xc0)
	}
	dst = msgpack.AppendArray(dst, len(texts))
	for _, s := range texts {
		dst = msgpack.AppendStr(dst, s)
	}
	return dst
}

// appendTextMapOrNil is appendTextMap but for nil, which becomes the nil value.
func appendTextMapOrNil(dst []byte, m map[string]string) []byte {
	if m == nil {
		return append(dst, 0xc0)
	}
	return appendTextMap(dst, m)
}
