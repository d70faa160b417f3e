package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// Cipher says how a member encrypts. What it receives is opened whatever the cipher, as long as a key of the ring fits.
type Cipher uint8

const (
	// AESGCM is AES in Galois/counter mode, the only cipher that the reference knows. Its nonces of 96 bits are drawn by
	// many members under one key, so that a key should not seal more than 2^32 messages.
	AESGCM Cipher = iota
	// XChaCha20 is XChaCha20-Poly1305: with nonces of 192 bits a key never wears out.
	XChaCha20
)

// ciphers are the names that configurations use.
var ciphers = [...]string{AESGCM: "aes-gcm", XChaCha20: "xchacha20-poly1305"}

// ParseCipher returns the cipher with that name: "aes-gcm" or "xchacha20-poly1305".
func ParseCipher(name string) (Cipher, error) {
	for c, n := range ciphers {
		if n == name {
			return Cipher(c), nil
		}
	}
	return 0, fmt.Errorf("unknown cipher %q: it must be %s or %s", name, ciphers[AESGCM], ciphers[XChaCha20])
}

// String returns the name of c.
func (c Cipher) String() string {
	if int(c) < len(ciphers) {
		return ciphers[c]
	}
	return fmt.Sprintf("cipher(%d)", uint8(c))
}

// Versions of an encrypted payload.
const (
	versionPadded  = 0
	versionAES     = 1
	versionXChaCha = 64
)

// xchachaInfo separates the key of XChaCha20-Poly1305 from the key of the ring, which AES uses as it is.
const xchachaInfo = "serf gossip xchacha20-poly1305"

// ringKey is a key with its ciphers, made once for the life of the key.
type ringKey struct {
	key     []byte
	aes     cipher.AEAD
	xchacha cipher.AEAD
}

// newRingKey copies key. It fails with ErrKeySize.
func newRingKey(key []byte) (ringKey, error) {
	if n := len(key); n != 16 && n != 24 && n != 32 {
		return ringKey{}, ErrKeySize
	}
	e := ringKey{key: append([]byte(nil), key...)}
	block, err1 := aes.NewCipher(e.key)
	derived, err2 := hkdf.Key(sha256.New, e.key, nil, xchachaInfo, chacha20poly1305.KeySize)
	if err := errors.Join(err1, err2); err != nil {
		return ringKey{}, err
	}
	e.aes, err1 = cipher.NewGCM(block)
	e.xchacha, err2 = chacha20poly1305.NewX(derived)
	return e, errors.Join(err1, err2)
}

// aead returns the cipher for payloads of a version.
func (e *ringKey) aead(version byte) cipher.AEAD {
	if version == versionXChaCha {
		return e.xchacha
	}
	return e.aes
}

// nonceBytes returns how long the nonce of a payload is.
func nonceBytes(version byte) int {
	if version == versionXChaCha {
		return chacha20poly1305.NonceSizeX
	}
	return NonceBytes
}

// sealHeaderBytes returns what stands before the box of a payload: version and nonce.
func sealHeaderBytes(version byte) int { return 1 + nonceBytes(version) }

// sealedBytesMin returns the length of the shortest payload, which is the most that encryption adds.
func sealedBytesMin(version byte) int {
	n := sealHeaderBytes(version) + tagBytes
	if version == versionPadded {
		n += padBytes
	}
	return n
}

// authenticated returns the data that a payload authenticates beside its text. data begins with versionXChaCha: only that
// version authenticates its own number.
func authenticated(version byte, data []byte) []byte {
	if version == versionXChaCha {
		return data
	}
	return data[1:]
}
