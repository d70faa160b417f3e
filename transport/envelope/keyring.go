package envelope

import (
	"bytes"
	"slices"
)

// Keyring is an ordered list of keys; the first is the primary, the only one that encrypts. It is immutable and safe for
// concurrent use: whoever changes keys swaps the pointer. A nil or empty Keyring means that encryption is off.
//
// Invariants: keys are distinct, each is 16, 24 or 32 bytes long.
type Keyring struct {
	keys []ringKey
}

// NewKeyring returns a ring with primary first, then keys in order without duplicates. The bytes are copied. Without keys
// and primary the ring is empty. It fails with ErrNoPrimary or ErrKeySize.
func NewKeyring(keys [][]byte, primary []byte) (*Keyring, error) {
	r := new(Keyring)
	if len(primary) == 0 {
		if len(keys) > 0 {
			return nil, ErrNoPrimary
		}
		return r, nil
	}
	if err := r.append(primary); err != nil {
		return nil, err
	}
	for _, key := range keys {
		if err := r.append(key); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Add returns a ring with key at its end; the first key of a ring becomes its primary. A key that is there already changes
// nothing. It fails with ErrKeySize.
func (r *Keyring) Add(key []byte) (*Keyring, error) {
	next := r.clone()
	if err := next.append(key); err != nil {
		return nil, err
	}
	return next, nil
}

// Use returns a ring with key as primary, the others in their order. It fails with ErrUnknownKey.
func (r *Keyring) Use(key []byte) (*Keyring, error) {
	i := r.index(key)
	if i < 0 {
		return nil, ErrUnknownKey
	}
	next := r.clone()
	k := next.keys[i]
	next.keys = slices.Insert(slices.Delete(next.keys, i, i+1), 0, k)
	return next, nil
}

// Remove returns a ring without key; a key that is not there changes nothing. It fails with ErrPrimaryKey.
func (r *Keyring) Remove(key []byte) (*Keyring, error) {
	i := r.index(key)
	if i == 0 {
		return nil, ErrPrimaryKey
	}
	next := r.clone()
	if i > 0 {
		next.keys = slices.Delete(next.keys, i, i+1)
	}
	return next, nil
}

// Len returns the number of keys.
func (r *Keyring) Len() int {
	if r == nil {
		return 0
	}
	return len(r.keys)
}

// Keys returns copies of the keys, the primary first.
func (r *Keyring) Keys() [][]byte {
	keys := make([][]byte, r.Len())
	for i := range keys {
		keys[i] = bytes.Clone(r.keys[i].key)
	}
	return keys
}

// Primary returns a copy of the primary key, nil if the ring is empty.
func (r *Keyring) Primary() []byte {
	if r.Len() == 0 {
		return nil
	}
	return bytes.Clone(r.keys[0].key)
}

// append adds a copy of key, unless it is there.
func (r *Keyring) append(key []byte) error {
	if r.index(key) >= 0 {
		return nil
	}
	k, err := newRingKey(key)
	if err != nil {
		return err
	}
	r.keys = append(r.keys, k)
	return nil
}

func (r *Keyring) index(key []byte) int {
	if r == nil {
		return -1
	}
	return slices.IndexFunc(r.keys, func(k ringKey) bool { return bytes.Equal(k.key, key) })
}

// clone returns a ring whose lists may be changed; the keys and their ciphers are shared.
func (r *Keyring) clone() *Keyring {
	if r == nil {
		return new(Keyring)
	}
	return &Keyring{keys: slices.Clone(r.keys)}
}
