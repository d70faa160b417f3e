package envelope

import (
	"crypto/cipher"
	"slices"
)

// An encrypted payload is
//
//	version   [1]      0: text padded to 16 bytes, 1: text as it is
//	nonce     [12]
//	box       [n+16]   AES-GCM
//
// The version is not authenticated, so whoever accepts 0 must look closely at the padding.
const (
	sealHeaderBytes = 1 + NonceBytes
	tagBytes        = 16
	padBytes        = 16
	// sealedBytesMin1 and sealedBytesMin0 are the shortest payloads, and the most that encryption adds.
	sealedBytesMin1 = sealHeaderBytes + tagBytes
	sealedBytesMin0 = sealedBytesMin1 + padBytes
)

// encryptedBytes returns the length of a payload around n bytes of text.
func encryptedBytes(n int, version0 bool) int {
	if version0 {
		n += padBytes - n%padBytes
	}
	return n + sealedBytesMin1
}

// encrypt turns the text dst[at+sealHeaderBytes:] into an encrypted payload that begins at dst[at].
func (s *Sealer) encrypt(dst []byte, at int, aead cipher.AEAD, aad []byte) []byte {
	dst[at] = 1
	textAt := at + sealHeaderBytes
	if s.cfg.Version0 {
		dst[at] = 0
		dst = appendPadding(dst, len(dst)-textAt)
	}
	dst = slices.Grow(dst, tagBytes)
	nonce := dst[at+1 : textAt]
	s.nonces.NextNonce((*[NonceBytes]byte)(nonce))
	box := aead.Seal(dst[textAt:textAt], nonce, dst[textAt:], aad)
	return dst[:textAt+len(box)]
}

// open decrypts a payload into the memory of dst, which must not overlap it unless the ring has one key and dst is the
// text's own place: a failed try clears dst. Keys are tried in order. It fails with ErrEmpty, ErrVersion, ErrShort,
// ErrPadding or ErrNoKey.
func (r *Keyring) open(dst, payload, aad []byte, accept0 bool) ([]byte, error) {
	if err := checkPayload(payload, accept0); err != nil {
		return nil, err
	}
	nonce, box := payload[1:sealHeaderBytes], payload[sealHeaderBytes:]
	for _, aead := range r.aeads {
		text, err := aead.Open(dst[:0], nonce, box, aad)
		if err != nil {
			continue
		}
		if payload[0] == 0 {
			return cutPadding(text)
		}
		return text, nil
	}
	return nil, ErrNoKey
}

// checkPayload looks at what can be seen without a key.
func checkPayload(payload []byte, accept0 bool) error {
	switch {
	case len(payload) == 0:
		return ErrEmpty
	case payload[0] > 1, payload[0] == 0 && !accept0:
		return ErrVersion
	case len(payload) < sealedBytesMin1, payload[0] == 0 && len(payload) < sealedBytesMin0:
		return ErrShort
	case payload[0] == 0 && (len(payload)-sealedBytesMin1)%padBytes != 0:
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

// cutPadding removes the padding of an authentic text. It fails with ErrPadding unless every byte of it is right.
func cutPadding(text []byte) ([]byte, error) {
	if len(text) == 0 {
		return nil, ErrPadding
	}
	pad := int(text[len(text)-1])
	if pad == 0 || pad > padBytes || pad > len(text) {
		return nil, ErrPadding
	}
	end := len(text) - pad
	for _, c := range text[end:] {
		if int(c) != pad {
			return nil, ErrPadding
		}
	}
	return text[:end], nil
}
