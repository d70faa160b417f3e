package envelope

import (
	"crypto/subtle"
	"slices"
)

// An encrypted payload is
//
//	version   [1]      0: text padded to 16 bytes, 1: text as it is
//	nonce     [12]
//	box       [n+16]   AES-GCM
//
// or
//
//	version   [1]      64
//	nonce     [24]
//	box       [n+16]   XChaCha20-Poly1305; the version is authenticated data, too
//
// Versions 0 and 1 are not authenticated, so whoever accepts 0 must look closely at the padding.
const (
	tagBytes = 16
	padBytes = 16
)

// encryptedBytes returns the length of a payload around n bytes of text.
func encryptedBytes(n int, version byte) int {
	if version == versionPadded {
		n += padBytes - n%padBytes
	}
	return n + sealHeaderBytes(version) + tagBytes
}

// encrypt turns the text behind the room for the header at dst[at] into an encrypted payload that begins at dst[at]. data is
// what it authenticates, behind versionXChaCha.
func (s *Sealer) encrypt(dst []byte, at int, ring *Keyring, data []byte) []byte {
	version := s.cfg.version()
	textAt := at + sealHeaderBytes(version)
	dst[at] = version
	if version == versionPadded {
		dst = appendPadding(dst, len(dst)-textAt)
	}
	dst = slices.Grow(dst, tagBytes)
	nonce := dst[at+1 : textAt]
	s.nonces.NextNonce(nonce)
	box := ring.keys[0].aead(version).Seal(dst[textAt:textAt], nonce, dst[textAt:], authenticated(version, data))
	return dst[:textAt+len(box)]
}

// open is openBy with the keys in their order.
func (r *Keyring) open(dst, payload, data []byte, accept0 bool) ([]byte, error) {
	text, _, err := r.openBy(0, dst, payload, data, accept0)
	return text, err
}

// openBy decrypts a payload into the memory of dst, which must not overlap it unless the ring has one key and dst is the
// text's own place: a failed try clears dst. data is what is authenticated, behind versionXChaCha. The key at index first, if there
// is one, is tried before the others, which follow in their order. It returns the index of the key that fits, or -1, and fails with
// ErrEmpty, ErrVersion, ErrShort, ErrPadding or ErrNoKey.
func (r *Keyring) openBy(first int, dst, payload, data []byte, accept0 bool) (text []byte, used int, err error) {
	if err := checkPayload(payload, accept0); err != nil {
		return nil, -1, err
	}
	if first >= len(r.keys) {
		first = 0
	}
	version := payload[0]
	header := sealHeaderBytes(version)
	data = authenticated(version, data)
	for turn := range r.keys {
		i := turnOf(turn, first)
		text, err := r.keys[i].aead(version).Open(dst[:0], payload[1:header], payload[header:], data)
		if err != nil {
			continue
		}
		if version == versionPadded {
			text, err = cutPadding(text)
		}
		return text, i, err
	}
	return nil, -1, ErrNoKey
}

// turnOf returns the index of the key that is tried in a turn: first, then the others in their order.
func turnOf(turn, first int) int {
	switch {
	case turn == 0:
		return first
	case turn <= first:
		return turn - 1
	}
	return turn
}

// checkPayload looks at what can be seen without a key.
func checkPayload(payload []byte, accept0 bool) error {
	if len(payload) == 0 {
		return ErrEmpty
	}
	version := payload[0]
	switch {
	case version == versionPadded && !accept0, version > versionAES && version != versionXChaCha:
		return ErrVersion
	case len(payload) < sealedBytesMin(version):
		return ErrShort
	case version == versionPadded && (len(payload)-sealedBytesMin(version))%padBytes != 0:
		return ErrPadding
	}
	return nil
}

// appendPadding appends 1 to 16 bytes, each of which is their number, to a text of n bytes.
func appendPadding(dst []byte, n int) []byte {
	pad := padBytes - n%padBytes
	for range pad {
		dst = append(dst, byte(pad))
	}
	return dst
}

// cutPadding removes the padding of an authentic text. It fails with ErrPadding unless every byte of it is right. What it looks at
// hangs on the length of the text alone, and it decides once, at the end: its time does not tell what is wrong.
func cutPadding(text []byte) ([]byte, error) {
	if len(text) == 0 {
		return nil, ErrPadding
	}
	last := text[len(text)-1]
	pad := int(last)
	looked := min(padBytes, len(text))
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, looked)
	for i, c := range text[len(text)-looked:] {
		before := subtle.ConstantTimeLessOrEq(pad, looked-1-i) // it does not belong to the padding
		good &= before | subtle.ConstantTimeByteEq(c, last)
	}
	if good == 0 {
		return nil, ErrPadding
	}
	return text[:len(text)-pad], nil
}
