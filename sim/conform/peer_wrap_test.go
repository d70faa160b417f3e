//go:build conform

package conform

import (
	"bytes"
	"compress/lzw"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// wrapping is what a peer puts around its messages.
type wrapping struct {
	key   []byte // nil: plaintext
	label string
}

// compound packs messages into one, with their lengths in front.
func compound(messages ...[]byte) []byte {
	b := []byte{typeCompound, byte(len(messages))}
	for _, m := range messages {
		b = binary.BigEndian.AppendUint16(b, uint16(len(m)))
	}
	return append(b, slices.Concat(messages...)...)
}

func compress(plain []byte) []byte {
	var b bytes.Buffer
	w := lzw.NewWriter(&b, lzw.LSB, 8)
	_, err := w.Write(plain)
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
	return message(typeCompress, compressed{Buf: b.Bytes()})
}

// inflate undoes compress; b begins behind the type byte.
func inflate(b []byte) ([]byte, error) {
	var c compressed
	if _, err := decode(b, &c); err != nil {
		return nil, err
	}
	if c.Algo != 0 {
		return nil, fmt.Errorf("compression algorithm %d", c.Algo)
	}
	return io.ReadAll(lzw.NewReader(bytes.NewReader(c.Buf), lzw.LSB, 8))
}

func checksum(payload []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{typeCRC}, crc32.ChecksumIEEE(payload)), payload...)
}

func labelled(label string, payload []byte) []byte {
	return slices.Concat([]byte{typeLabel, byte(len(label))}, []byte(label), payload)
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return a
}

// seal encrypts with a version of the format; version 0 pads to whole blocks.
func seal(version byte, key, plain, authenticated []byte) []byte {
	if version == 0 {
		pad := aes.BlockSize - len(plain)%aes.BlockSize
		plain = append(slices.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	}
	nonce := make([]byte, 12)
	rand.Read(nonce) // never fails
	return gcm(key).Seal(append([]byte{version}, nonce...), nonce, plain, authenticated)
}

// open undoes seal.
func open(key, b, authenticated []byte) ([]byte, error) {
	if len(b) < 29 || b[0] > 1 {
		return nil, errors.New("not an encrypted payload")
	}
	plain, err := gcm(key).Open(nil, b[1:13], b[13:], authenticated)
	if err != nil || b[0] == 1 || len(plain) == 0 {
		return plain, err
	}
	return plain[:len(plain)-int(plain[len(plain)-1])], nil
}

// packet wraps messages as this peer sends them: bare or compound, encrypted, labelled.
func (w wrapping) packet(messages ...[]byte) []byte {
	b := messages[0]
	if len(messages) > 1 {
		b = compound(messages...)
	}
	if w.key != nil {
		b = seal(1, w.key, b, []byte(w.label))
	}
	if w.label != "" {
		b = labelled(w.label, b)
	}
	return b
}

// stream wraps a message for a connection, without label header.
func (w wrapping) stream(m []byte) []byte {
	if w.key == nil {
		return m
	}
	header := binary.BigEndian.AppendUint32([]byte{typeEncrypt}, uint32(len(m)+29))
	return append(header, seal(1, w.key, m, append(slices.Clone(header), w.label...))...)
}

// received is one message out of a packet.
type received struct {
	kind   byte
	body   []byte
	layers string // what was around it, outermost first: "label encrypt crc compress compound"
	packet []byte // the whole datagram
	parts  int    // messages in the compound, 1 for a bare message
}

// unwrap takes a datagram apart.
func (w wrapping) unwrap(datagram []byte) ([]received, error) {
	b, layers := datagram, ""
	if len(b) > 1 && b[0] == typeLabel {
		b, layers = b[2+int(b[1]):], "label "
	}
	if w.key != nil {
		plain, err := open(w.key, b, []byte(w.label))
		if err != nil {
			return nil, err
		}
		b, layers = plain, layers+"encrypt "
	}
	if len(b) > 5 && b[0] == typeCRC {
		if crc32.ChecksumIEEE(b[5:]) != binary.BigEndian.Uint32(b[1:]) {
			return nil, errors.New("wrong checksum")
		}
		b, layers = b[5:], layers+"crc "
	}
	if len(b) > 0 && b[0] == typeCompress {
		plain, err := inflate(b[1:])
		if err != nil {
			return nil, err
		}
		b, layers = plain, layers+"compress "
	}
	return split(b, layers, datagram)
}

func split(b []byte, layers string, datagram []byte) ([]received, error) {
	if len(b) == 0 {
		return nil, errors.New("empty message")
	}
	if b[0] != typeCompound {
		return []received{{kind: b[0], body: b[1:], layers: layers, packet: datagram, parts: 1}}, nil
	}
	n := int(b[1])
	lengths, rest := b[2:], b[2+2*n:]
	messages := make([]received, 0, n)
	for i := range n {
		length := int(binary.BigEndian.Uint16(lengths[2*i:]))
		m := rest[:length]
		rest = rest[length:]
		messages = append(messages, received{kind: m[0], body: m[1:], layers: layers + "compound ", packet: datagram, parts: n})
	}
	return messages, nil
}
