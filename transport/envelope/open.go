package envelope

import (
	"encoding/binary"
	"slices"
)

// Opener unwraps what is received. It holds the scratch memory of one goroutine: about 42 KiB, and at most 64 KiB more for
// each of decrypted and inflated data.
type Opener struct {
	cfg      Config
	data     []byte // authenticated: versionXChaCha, then the label
	inflater inflater
	// text is the decrypted packet, inflated all its inflated parts; out of both go the messages.
	text, inflated []byte
	replays        *NonceMemory
	senders        *senders // nil while the ring had one key
	// first is the key to be tried first, used the one that opened the last packet, -1 if none did.
	first, used int
	stats       Stats
}

// NewOpener returns an Opener. It panics if cfg is not valid.
func NewOpener(cfg Config) *Opener {
	cfg = cfg.mustBeValid()
	o := &Opener{cfg: cfg, data: packetData(cfg.Label)}
	if cfg.ReplayWindow > 0 {
		o.replays = NewNonceMemory(cfg.ReplayWindow)
	}
	return o
}

// OpenPacket unwraps one datagram, which it does not modify. The messages are valid until the next OpenPacket, and as long
// as the datagram.
//
// It fails, and nothing but Stats has changed, with ErrEmpty, ErrLabel, ErrVersion, ErrShort, ErrPadding, ErrNoKey,
// ErrReplay, ErrChecksum, ErrType, ErrBody, ErrAlgorithm, ErrCode or ErrTooLarge. Parts of a compound that fail do so alone, see
// Messages.
func (o *Opener) OpenPacket(ring *Keyring, datagram []byte) (Messages, error) {
	m, layer, err := o.open(ring, datagram)
	if err != nil {
		o.stats.count(err)
		return Messages{}, &DecodeError{layer, err}
	}
	o.stats.Opened++
	return m, nil
}

// Stats returns the counters.
func (o *Opener) Stats() Stats { return o.stats }

func (o *Opener) open(ring *Keyring, b []byte) (m Messages, layer string, err error) {
	o.used = -1
	if len(b) == 0 {
		return m, "packet", ErrEmpty
	}
	label, b, err := cutLabel(b)
	if err == nil {
		err = o.cfg.checkLabel(label)
	}
	if err != nil {
		return m, "label", err
	}
	if ring.Len() > 0 {
		if b, err = o.decrypt(ring, b); err != nil {
			return m, "encrypt", err
		}
	}
	if b, err = cutChecksum(b); err != nil {
		return m, "checksum", err
	}
	return o.unwrap(b)
}

// decrypt returns the text of payload. With AcceptPlaintext what does not decrypt is returned as it is.
func (o *Opener) decrypt(ring *Keyring, payload []byte) ([]byte, error) {
	o.text = slices.Grow(o.text[:0], len(payload))
	text, used, err := ring.openBy(o.first, o.text, payload, o.data, o.cfg.AcceptVersion0 || o.cfg.Version0)
	o.used = used
	if err == nil && o.replays != nil && o.replays.Seen(payload[1:sealHeaderBytes(payload[0])]) {
		return nil, ErrReplay
	}
	if err != nil && o.cfg.AcceptPlaintext {
		o.stats.Plaintext++
		return payload, nil
	}
	return text, err
}

// unwrap takes one layer of compression and one of compound off b.
func (o *Opener) unwrap(b []byte) (m Messages, layer string, err error) {
	o.inflated = o.inflated[:0]
	m.opener = o
	if len(b) == 0 {
		return m, "packet", ErrEmpty
	}
	if b[0] == typeCompress {
		m.wrapped = true
		if b, err = o.decompress(b); err != nil {
			return m, "compress", err
		}
	}
	if b[0] == typeCompound {
		m.words, m.rest, err = cutCompound(b)
		return m, "compound", err
	}
	m.single = b
	return m, "packet", checkMessage(b)
}

// decompress inflates one part behind those of the same packet, within the limit for all of them.
func (o *Opener) decompress(b []byte) ([]byte, error) {
	at := len(o.inflated)
	out, _, err := o.inflater.decompress(o.inflated, b, o.cfg.PacketInflatedBytesMax)
	if err != nil {
		return nil, err
	}
	o.inflated = out
	return out[at:len(out):len(out)], nil
}

// Messages are the messages of one packet. Next returns them in order; parts of a compound that cannot be unwrapped are
// passed over and counted.
type Messages struct {
	opener *Opener
	// single is the only message of a packet without compound.
	single []byte
	// words are the lengths not yet used, rest the bytes they measure.
	words, rest []byte
	// wrapped says that a compress layer lies around the compound, so that its parts may have none.
	wrapped   bool
	truncated int
	rejected  int
}

// Next returns the next message, type byte first, and false after the last.
func (m *Messages) Next() ([]byte, bool) {
	if single := m.single; single != nil {
		m.single = nil
		return single, true
	}
	for len(m.words) > 0 {
		n := int(binary.BigEndian.Uint16(m.words))
		if n > len(m.rest) {
			m.truncated = len(m.words) / 2
			m.opener.stats.PartTruncated += uint64(m.truncated)
			m.words = nil
			break
		}
		part := m.rest[:n:n]
		m.words, m.rest = m.words[2:], m.rest[n:]
		part, err := m.part(part)
		if err == nil {
			return part, true
		}
		m.rejected++
		m.opener.stats.PartRejected++
		m.opener.stats.count(err)
	}
	return nil, false
}

// Truncated returns how many parts of a compound were missing, known when Next has returned false.
func (m *Messages) Truncated() int { return m.truncated }

// Rejected returns how many parts of a compound were refused so far.
func (m *Messages) Rejected() int { return m.rejected }

// part returns the message in one part of a compound.
func (m *Messages) part(b []byte) ([]byte, error) {
	if len(b) > 0 && b[0] == typeCompress && !m.wrapped {
		var err error
		if b, err = m.opener.decompress(b); err != nil {
			return nil, err
		}
	}
	return b, checkMessage(b)
}

// checkMessage fails with ErrEmpty, or with ErrType for a wrapper where a message must be.
func checkMessage(b []byte) error {
	if len(b) == 0 {
		return ErrEmpty
	}
	switch b[0] {
	case typeCompound, typeCompress, typeEncrypt, typeChecksum, typeLabel:
		return ErrType
	}
	return nil
}
