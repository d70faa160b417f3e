package envelope

import "errors"

// Errors of this package, found with errors.Is behind a DecodeError. The first group has the texts of the reference: an
// acceptor sends them to the peer, and operators search for them.
var (
	// ErrEncrypted says that an encrypted stream came although there is no key.
	ErrEncrypted = errors.New("remote state is encrypted and encryption is not configured")
	// ErrNotEncrypted says that a plain stream came although there is a key.
	ErrNotEncrypted = errors.New("encryption is configured but remote state is not encrypted")
	// ErrNoKey says that no key of the ring authenticates the data.
	ErrNoKey = errors.New("no installed keys could decrypt the message")
	// ErrAlgorithm says that data is compressed in an unknown way.
	ErrAlgorithm = errors.New("cannot decompress unknown algorithm")
	// ErrKeySize refuses a key that is not 16, 24 or 32 bytes long.
	ErrKeySize = errors.New("key size must be 16, 24 or 32 bytes")
	// ErrUnknownKey says that a key is not on the ring.
	ErrUnknownKey = errors.New("requested key is not in the keyring")
	// ErrPrimaryKey refuses to remove the primary key.
	ErrPrimaryKey = errors.New("removing the primary key is not allowed")

	// ErrNoPrimary refuses keys without a primary.
	ErrNoPrimary = errors.New("keys given without a primary key")
	// ErrShort says that the input ended too early.
	ErrShort = errors.New("input too short")
	// ErrTooLarge says that a limit of Config or of the format is exceeded.
	ErrTooLarge = errors.New("larger than limit")
	// ErrEmpty says that there is no message where one must be.
	ErrEmpty = errors.New("message is empty")
	// ErrType says that a message or wrapper stands where it may not, or is none at all.
	ErrType = errors.New("unexpected message type")
	// ErrLabel says that the label is malformed, missing or not ours.
	ErrLabel = errors.New("label mismatch")
	// ErrVersion says that the encryption version is unknown or not accepted.
	ErrVersion = errors.New("encryption version not accepted")
	// ErrPadding says that the padding of encryption version 0 is invalid.
	ErrPadding = errors.New("invalid padding")
	// ErrReplay says that a packet with the same nonce was opened before.
	ErrReplay = errors.New("repeated packet")
	// ErrChecksum says that a packet was damaged on its way.
	ErrChecksum = errors.New("checksum mismatch")
	// ErrCode says that compressed data holds an impossible code.
	ErrCode = errors.New("invalid compression code")
	// ErrBody says that MessagePack around a message is malformed.
	ErrBody = errors.New("malformed body")
	// ErrLength says that a declared count or length is negative or absurd.
	ErrLength = errors.New("declared length out of range")
)

// DecodeError says in which layer the input was refused, and why.
type DecodeError struct {
	// Layer is "packet", "label", "encrypt", "checksum", "compress", "compound" or "stream".
	Layer string
	// Err is one of the errors of this package, or wraps one.
	Err error
}

// Error returns the text with the package in front.
func (e *DecodeError) Error() string { return "envelope: " + e.Layer + ": " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *DecodeError) Unwrap() error { return e.Err }
