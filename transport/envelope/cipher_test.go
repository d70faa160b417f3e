package envelope

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

func sealOne(t *testing.T, cfg Config, ring *Keyring, message string) []byte {
	t.Helper()
	packet, err := NewSealer(cfg, new(NonceCounter)).SealPacket(nil, ring, []byte(message), []uint16{uint16(len(message))}, false)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// The layout is written down once more here, with nothing of the package but the bytes.
func TestXChaChaPacketLayout(t *testing.T) {
	cfg := Config{Label: "blue", Cipher: XChaCha20}
	packet := sealOne(t, cfg, mustRing(t, key16), "\x08hello")
	label, payload := packet[:6], packet[6:]
	if want := "\xf4\x04blue"; string(label) != want || payload[0] != 64 {
		t.Fatalf("got label %q and version %d, want %q and 64", label, payload[0], want)
	}
	key, err := hkdf.Key(sha256.New, key16, nil, "serf gossip xchacha20-poly1305", 32)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := aead.Open(nil, payload[1:25], payload[25:], []byte("\x40blue"))
	if err != nil || string(text) != "\x08hello" {
		t.Errorf("got text %q and error %v, want the message", text, err)
	}
}

// A fixed packet, so that the derivation of the key can never change unseen.
func TestXChaChaGolden(t *testing.T) {
	got := hex.EncodeToString(sealOne(t, Config{Cipher: XChaCha20}, mustRing(t, key32), "\x08hello"))
	want := "4000000000000000000000000000000000000000000000000031117ed5a53c11d4bb81964ca7d7cbac22c6016b24a8"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A cluster moves over one member at a time: with a key everybody opens both ciphers, whatever he sends.
func TestEveryCipherIsOpened(t *testing.T) {
	ring := mustRing(t, key16, key24, key32)
	for _, key := range [][]byte{key16, key24, key32} {
		for _, c := range []Cipher{AESGCM, XChaCha20} {
			packet := sealOne(t, Config{Cipher: c}, mustRing(t, key), "\x08hello")
			got := openAll(Config{}, ring, packet)
			if got.err != nil || len(got.messages) != 1 || string(got.messages[0]) != "\x08hello" {
				t.Errorf("%v with %d bytes of key: got %q and error %v", c, len(key), got.messages, got.err)
			}
		}
	}
}

// Whoever changes the version byte of a packet, so that it is read in another way, makes it worthless.
func TestRelabelledVersionDoesNotOpen(t *testing.T) {
	ring := mustRing(t, key32)
	for _, c := range []Cipher{AESGCM, XChaCha20} {
		for version := range 256 {
			packet := sealOne(t, Config{Cipher: c}, ring, "\x08hello\x08world, and enough to be no shorter")
			if packet[0] == byte(version) {
				continue
			}
			packet[0] = byte(version)
			if got := openAll(Config{}, ring, packet); got.err == nil {
				t.Errorf("%v as version %d: opened as %q", c, version, got.messages)
			}
		}
	}
}

func TestXChaChaStreamRoundTrip(t *testing.T) {
	ring := mustRing(t, key32, key16)
	for _, cfg := range []Config{{Cipher: XChaCha20}, {Cipher: XChaCha20, Label: "blue", Compression: true}} {
		message := append([]byte{typeUser}, msgpackUser(gossip(500))...)
		sealed, err := NewSealer(cfg, new(NonceCounter)).SealStream(nil, ring, message, true)
		if err != nil {
			t.Fatal(err)
		}
		s := NewScanner(Config{Label: cfg.Label}, ring, true)
		if done, err := s.Feed(sealed); !done || err != nil {
			t.Fatalf("got done %v and error %v, want a whole stream", done, err)
		}
		got, err := s.Message()
		if err != nil || !bytes.Equal(got, message) {
			t.Errorf("got %x and error %v, want %x", got, err, message)
		}
		if len(s.Nonce()) != NonceSeedBytes {
			t.Errorf("got nonce %x, want %d bytes", s.Nonce(), NonceSeedBytes)
		}
		for n := range sealed {
			s := NewScanner(Config{Label: cfg.Label}, ring, true)
			if done, err := s.Feed(sealed[:n]); done || err != nil {
				t.Errorf("prefix of %d: got done %v and error %v, want neither", n, done, err)
			}
			if err := s.End(); !errors.Is(err, ErrShort) && !errors.Is(err, ErrEmpty) {
				t.Errorf("prefix of %d: got error %v, want ErrShort", n, err)
			}
		}
	}
}

// msgpackUser returns the header of a user message and its body.
func msgpackUser(body []byte) []byte {
	header := append([]byte{0x81, 0xaa}, "UserMsgLen"...)
	return append(append(header, 0xcd, byte(len(body)>>8), byte(len(body))), body...)
}

func TestParseCipher(t *testing.T) {
	for _, c := range []Cipher{AESGCM, XChaCha20} {
		if got, err := ParseCipher(c.String()); got != c || err != nil {
			t.Errorf("%v: got %v and error %v", c, got, err)
		}
	}
	if _, err := ParseCipher("rot13"); err == nil {
		t.Error("rot13: got no error")
	}
}
