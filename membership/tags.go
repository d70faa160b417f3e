package membership

import (
	"errors"
	"fmt"
	"slices"

	"serf/swim/msgpack"
)

// tagsMagic is the first byte of metadata that holds a map of tags. Protocol 2 had only a role, in plain text, which
// never starts with it.
const tagsMagic = 0xff

// roleTag is the one tag that protocol 2 knows.
const roleTag = "role"

// Errors of CheckNodeName.
var (
	ErrNameCharacters = errors.New("node name has characters other than ASCII letters, digits, '-' and '.'")
	ErrNameTooLong    = errors.New("node name too long")
)

// AppendTags appends tags as the metadata of the gossip protocol has them. Keys are sorted: equal tags give equal bytes,
// so that setting them again changes nothing anywhere. Below version 3 only the role is written.
//
//	[0xff] map of string to string     versions 3 and up; a nil map is c0
//	role                               version 2
func AppendTags(dst []byte, version uint8, tags map[string]string) []byte {
	if version < 3 {
		return append(dst, tags[roleTag]...)
	}
	dst = append(dst, tagsMagic)
	if tags == nil {
		return append(dst, 0xc0)
	}
	keys := make([]string, 0, len(tags))
	for key := range tags { //order-free: sorted below
		keys = append(keys, key)
	}
	slices.Sort(keys)
	dst = msgpack.AppendMap(dst, len(keys))
	for _, key := range keys {
		dst = msgpack.AppendString(dst, key)
		dst = msgpack.AppendString(dst, tags[key])
	}
	return dst
}

// DecodeTags reads metadata. Whatever does not start with the magic byte is a role. An empty map is nil. On an error the
// pairs before it are returned with it.
func DecodeTags(meta []byte) (map[string]string, error) {
	if len(meta) == 0 || meta[0] != tagsMagic {
		return map[string]string{roleTag: string(meta)}, nil
	}
	r := msgpack.NewReader(meta[1:])
	fail := func(err error) error {
		return &DecodeError{Message: "tags", Offset: 1 + r.Offset(), Err: err}
	}
	n, isMap, err := r.Container()
	if err != nil {
		return nil, fail(err)
	}
	if !isMap {
		return nil, fail(msgpack.ErrType)
	}
	var tags map[string]string
	for range n {
		key, err := r.Bytes()
		if err != nil {
			return tags, fail(err)
		}
		value, err := r.Bytes()
		if err != nil {
			return tags, fail(err)
		}
		if tags == nil {
			tags = make(map[string]string, min(n, len(meta)/2))
		}
		tags[string(key)] = string(value)
	}
	return tags, nil
}

// CheckNodeName returns ErrNameCharacters or ErrNameTooLong, wrapped, when name is not one that every tool can handle.
// The empty name passes.
func CheckNodeName(name string) error {
	for i := range len(name) {
		if !nameByte(name[i]) {
			return fmt.Errorf("membership: %w: %q", ErrNameCharacters, name)
		}
	}
	if len(name) > NodeNameBytesMax {
		return fmt.Errorf("membership: %w (%d > %d bytes)", ErrNameTooLong, len(name), NodeNameBytesMax)
	}
	return nil
}

func nameByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.':
		return true
	}
	return false
}
