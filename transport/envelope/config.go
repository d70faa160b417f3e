package envelope

import (
	"errors"
	"fmt"
)

// Defaults of the limits in Config, and limits of the format.
const (
	// CompressBytesMin is below what compression is not tried: the wrapper alone costs 16 bytes, and a ping never shrinks.
	CompressBytesMin = 150
	// PacketInflatedBytesMax is what one datagram may become; no sender packs more than a datagram holds.
	PacketInflatedBytesMax = 64 << 10
	// StreamBytesMax is how long a stream message may be, plain or inflated; reference peers allow 40 MiB of inflated ones, but
	// no frame above 20. A state of a hundred thousand members is shorter.
	StreamBytesMax = 21 << 20
	// FrameBytesMax is how long an encrypted stream frame may be; reference peers refuse more.
	FrameBytesMax = 20 << 20
	// LabelBytesMax is set by the length byte of the label header.
	LabelBytesMax = 255
	// DatagramBytesMax is the largest UDP payload over IPv4.
	DatagramBytesMax = 65507
)

// Config says how packets and streams of a member are wrapped. Both ends of a cluster need the same Label and a common
// key; all else may differ. The zero value is usable: no label, no compression, default limits. It is copied by the
// constructors and never modified.
type Config struct {
	// Label separates clusters that share a network; at most 255 bytes, empty means none. It is authenticated but not
	// secret, and worth something only together with a key.
	Label string
	// SkipInboundLabelCheck says that something in front of the member has already taken the label header away: headers
	// are refused then, but Label still counts as authenticated data.
	SkipInboundLabelCheck bool
	// Compression allows to compress what is sent. Receivers understand both.
	Compression bool
	// AcceptPlaintext lets input pass that is not encrypted although there is a key. For the time of a migration.
	AcceptPlaintext bool
	// SendPlaintext sends unencrypted although there is a key. For the time of a migration.
	SendPlaintext bool
	// Version0 encrypts with padding, for members that speak gossip protocol 1. It implies AcceptVersion0.
	Version0 bool
	// AcceptVersion0 takes encryption version 0 as well. The version byte is not authenticated, so leave it off where no
	// protocol 1 member is left.
	AcceptVersion0 bool

	// Cipher says how to encrypt. Version0 is for AESGCM alone.
	Cipher Cipher
	// ReplayWindow is how many of the encrypted packets opened last are known again, at least; a repeated one is refused. 0 lets
	// repetitions pass.
	ReplayWindow int

	// CompressBytesMin is the shortest plaintext that is worth the try; 0 means the constant of that name.
	CompressBytesMin int
	// PacketInflatedBytesMax bounds what the compressed parts of one packet become together; 0 means the constant of that
	// name.
	PacketInflatedBytesMax int
	// StreamBytesMax bounds a stream message before and after inflating; 0 means the constant of that name.
	StreamBytesMax int
	// FrameBytesMax bounds an encrypted stream frame; 0 means the constant of that name.
	FrameBytesMax int
}

// Default returns the configuration of the reference: compression on, no label.
func Default() Config { return Config{Compression: true}.withDefaults() }

// Validate reports all problems at once: a label of more than 255 bytes, an unknown cipher, Version0 with another cipher than
// AESGCM, negative limits.
func (c Config) Validate() error {
	var errs []error
	if len(c.Label) > LabelBytesMax {
		errs = append(errs, fmt.Errorf("envelope: label too long (%d > %d bytes)", len(c.Label), LabelBytesMax))
	}
	if int(c.Cipher) >= len(ciphers) {
		errs = append(errs, fmt.Errorf("envelope: unknown %v", c.Cipher))
	}
	if c.Cipher != AESGCM && c.Version0 {
		errs = append(errs, fmt.Errorf("envelope: Version0 has no cipher %v", c.Cipher))
	}
	for _, l := range []struct {
		name  string
		value int
	}{
		{"ReplayWindow", c.ReplayWindow},
		{"CompressBytesMin", c.CompressBytesMin},
		{"PacketInflatedBytesMax", c.PacketInflatedBytesMax},
		{"StreamBytesMax", c.StreamBytesMax},
		{"FrameBytesMax", c.FrameBytesMax},
	} {
		if l.value < 0 {
			errs = append(errs, fmt.Errorf("envelope: %s must not be negative (%d)", l.name, l.value))
		}
	}
	return errors.Join(errs...)
}

// Overhead returns how many bytes the wrappers add to the compound body of a packet at most: label, encryption as soon as
// ring holds a key (a key may be in use at the next packet), and checksum. What is left of a packet budget is the budget
// of its messages.
func (c Config) Overhead(ring *Keyring) int {
	n := labelOverhead(c.Label) + checksumHeaderBytes
	switch {
	case ring.Len() == 0:
	default:
		n += sealedBytesMin(c.version())
	}
	return n
}

// version returns the version of the payloads that c makes.
func (c Config) version() byte {
	switch {
	case c.Cipher == XChaCha20:
		return versionXChaCha
	case c.Version0:
		return versionPadded
	}
	return versionAES
}

// withDefaults returns c with its zero limits filled in.
func (c Config) withDefaults() Config {
	fill := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	fill(&c.CompressBytesMin, CompressBytesMin)
	fill(&c.PacketInflatedBytesMax, PacketInflatedBytesMax)
	fill(&c.StreamBytesMax, StreamBytesMax)
	fill(&c.FrameBytesMax, FrameBytesMax)
	return c
}

// mustBeValid ends the process on a configuration that its caller had to validate.
func (c Config) mustBeValid() Config {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	return c.withDefaults()
}
