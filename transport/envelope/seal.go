package envelope

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Sealer wraps what is sent. It holds the scratch memory of one goroutine, about 20 KiB once it has compressed a packet.
type Sealer struct {
	cfg      Config
	nonces   NonceSource
	deflater deflater
	// packed is compressed data on its way into a packet.
	packed []byte
	// data is the authenticated data of packets: versionXChaCha, then the label.
	data []byte
	// frameData is that of a stream frame: versionXChaCha, type byte, length, label.
	frameData []byte
}

// NewSealer returns a Sealer that takes its nonces from nonces. It panics if cfg is not valid.
func NewSealer(cfg Config, nonces NonceSource) *Sealer {
	cfg = cfg.mustBeValid()
	return &Sealer{cfg: cfg, nonces: nonces, data: packetData(cfg.Label)}
}

// SealPacket appends to dst the packet that carries the messages of body, one behind the other, whose lengths are sizes:
// one bare, several as a compound. It is compressed if that is worth it, checksummed if checksum says so (only peers of
// gossip protocol 5 and above understand that), and encrypted with the primary key of ring, if any. Neither body nor ring
// is kept.
//
// It fails with ErrEmpty, ErrShort (sizes do not add up to body) and ErrTooLarge (more than 255 messages, or more than a
// datagram holds), and then the result is dst as it was.
func (s *Sealer) SealPacket(dst []byte, ring *Keyring, body []byte, sizes []uint16, checksum bool) ([]byte, error) {
	if err := checkSizes(body, sizes); err != nil {
		return dst, &DecodeError{"packet", err}
	}
	start := len(dst)
	dst = slices.Grow(dst, len(body)+2+2*len(sizes)+s.cfg.Overhead(ring))
	dst = appendLabel(dst, s.cfg.Label)
	payloadAt := len(dst)
	encrypted := ring.Len() > 0 && !s.cfg.SendPlaintext
	if encrypted {
		dst = dst[:payloadAt+sealHeaderBytes(s.cfg.version())]
	}
	textAt := len(dst)
	if checksum {
		dst = dst[:textAt+checksumHeaderBytes]
	}
	bodyAt := len(dst)
	dst = s.compress(appendCompound(dst, body, sizes), bodyAt)
	if checksum {
		putChecksum(dst[textAt:])
	}
	if encrypted {
		dst = s.encrypt(dst, payloadAt, ring, s.data)
	}
	if n := len(dst) - start; n > DatagramBytesMax {
		return dst[:start], &DecodeError{"packet", fmt.Errorf("%w (%d > %d bytes)", ErrTooLarge, n, DatagramBytesMax)}
	}
	return dst, nil
}

// SealStream appends to dst all that one side of a stream writes to say message: the label if it is the initiator, then
// the message, compressed if that makes it shorter, in an encrypted frame if ring holds a key. Message is not kept.
//
// It fails with ErrEmpty, or with ErrTooLarge for what no peer would read, and then the result is dst as it was.
func (s *Sealer) SealStream(dst []byte, ring *Keyring, message []byte, initiator bool) ([]byte, error) {
	switch {
	case len(message) == 0:
		return dst, &DecodeError{"stream", ErrEmpty}
	case len(message) > s.cfg.StreamBytesMax:
		return dst, streamTooLarge(len(message), s.cfg.StreamBytesMax)
	}
	start := len(dst)
	dst = slices.Grow(dst, len(message)+frameHeaderBytes+s.cfg.Overhead(ring))
	if initiator {
		dst = appendLabel(dst, s.cfg.Label)
	}
	if ring.Len() == 0 || s.cfg.SendPlaintext {
		bodyAt := len(dst)
		return s.compress(append(dst, message...), bodyAt), nil
	}
	frameAt := len(dst)
	payloadAt := frameAt + frameHeaderBytes
	textAt := payloadAt + sealHeaderBytes(s.cfg.version())
	dst = s.compress(append(dst[:textAt], message...), textAt)
	n := encryptedBytes(len(dst)-textAt, s.cfg.version())
	if n > s.cfg.FrameBytesMax {
		return dst[:start], streamTooLarge(n, s.cfg.FrameBytesMax)
	}
	dst[frameAt] = typeEncrypt
	binary.BigEndian.PutUint32(dst[frameAt+1:], uint32(n))
	s.frameData = appendFrameData(s.frameData[:0], dst[frameAt:payloadAt], s.cfg.Label)
	return s.encrypt(dst, payloadAt, ring, s.frameData), nil
}

func streamTooLarge(n, limit int) error {
	return &DecodeError{"stream", fmt.Errorf("%w (%d > %d bytes)", ErrTooLarge, n, limit)}
}

// packetData returns the authenticated data of packets, behind versionXChaCha.
func packetData(label string) []byte { return append([]byte{versionXChaCha}, label...) }
