package envelope

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// notThisLayer are the vectors whose input is refused by whoever decodes the message; the envelope must hand the message
// over as it is. The number is how many messages.
var notThisLayer = map[string]int{
	"type-unknown":             1, // message type
	"type-push-pull-in-packet": 1, // message type
	"type-err-in-packet":       1, // message type
	"alive-undecodable":        1, // message body
	"ping-for-other-node":      1, // member name
	"enc-without-keyring":      1, // message body: the version byte looks like an indirect ping
	"enc-v0-without-keyring":   1, // message body: the version byte looks like a ping
	// What looks like 44 parts of 2 bytes are length words of other parts, each of a known type and broken inside.
	"compound-300-count-overflow": 44,
}

// nested are the vectors that the reference accepts and we refuse: one wrapper inside another of its kind, which no sender
// makes and which multiplies what one datagram can do. The number is how many messages remain.
var nested = map[string]int{
	"double-compressed": 0,
	"compound-nested":   1, // the part beside the inner compound
}

func TestPacketVectors(t *testing.T) {
	seen := 0
	for _, file := range []string{"packets", "compound", "captures"} {
		for _, v := range loadVectors(t, file) {
			if v.Layer == "stream" {
				continue
			}
			t.Run(v.Name, func(t *testing.T) {
				got := openAll(v.config(), v.ring(t), v.Hex)
				remain, isNested := nested[v.Name]
				want, passes := notThisLayer[v.Name]
				switch {
				case isNested:
					seen++
					if len(got.messages) != remain || got.stats.Type != 1 {
						t.Errorf("got %d messages and %d refused, want %d and 1", len(got.messages), got.stats.Type, remain)
					}
				case passes:
					seen++
					if got.err != nil || len(got.messages) != want {
						t.Errorf("got %d messages and error %v, want %d and none", len(got.messages), got.err, want)
					}
				case v.Error != "":
					if !got.refusedFor(t, v.Error) {
						t.Errorf("got %d messages and error %v, want refusal for %s", len(got.messages), got.err, v.Error)
					}
				default:
					got.check(t, v.Decoded.Messages)
				}
			})
		}
	}
	if want := len(nested) + len(notThisLayer); seen != want {
		t.Errorf("got %d vectors of the exception lists, want %d", seen, want)
	}
}

func TestCompressVectors(t *testing.T) {
	for _, v := range loadVectors(t, "compress") {
		t.Run(v.Name, func(t *testing.T) {
			got, _, err := new(inflater).decompress(nil, v.Hex, PacketInflatedBytesMax)
			if v.Error != "" || len(v.Decoded.Plain) == 0 {
				word := v.Error
				if word == "" {
					word = "empty" // legal data, but it holds no message
				}
				if r := (opened{err: err}); !r.refusedFor(t, word) {
					t.Errorf("got %x and error %v, want refusal for %s", got, err, word)
				}
				return
			}
			if err != nil || !bytes.Equal(got, v.Decoded.Plain) {
				t.Fatalf("got %x and error %v, want %x", got, err, v.Decoded.Plain)
			}
			if v.Name == "compress-trailing" {
				return // the other direction makes no trailing bytes
			}
			packed, _ := deflated(new(deflater), v.Decoded.Plain)
			if got := appendCompress(nil, packed); !bytes.Equal(got, v.Hex) {
				t.Errorf("encoded: got %x, want %x", got, v.Hex)
			}
		})
	}
}

// TestSealedPacketVectors seals again what was opened, with the same nonce, and compares bytes.
func TestSealedPacketVectors(t *testing.T) {
	// made are the vectors that no sender makes: no configuration gives them.
	made := []string{"compound-of-compressed", "compound-zero-parts", "compound-1", "compound-trailing", "compound-empty-part",
		"compound-300-count-overflow", "compound-truncated-last", "compound-truncated-two"}
	sealed := 0
	for _, file := range []string{"packets", "compound", "captures"} {
		for _, v := range loadVectors(t, file) {
			if v.Layer == "stream" || v.Error != "" || slices.Contains(made, v.Name) || isNested(v.Name) {
				continue
			}
			t.Run(v.Name, func(t *testing.T) { checkSealedAgain(t, v) })
			sealed++
		}
	}
	if sealed < 60 {
		t.Errorf("got %d vectors sealed again, want 60 at least", sealed)
	}
}

func isNested(name string) bool { _, ok := nested[name]; return ok }

func checkSealedAgain(t *testing.T, v vector) {
	cfg, ring := v.config(), v.ring(t)
	if v.Name == "verify-incoming-off-plain" {
		cfg.SendPlaintext = true
	}
	if v.Name == "enc-v1-secondary-key" {
		ring = mustRing(t, v.Config.Keys[1])
	}
	messages := openAll(cfg, v.ring(t), v.Hex)
	var body []byte
	var sizes []uint16
	for _, m := range messages.messages {
		body, sizes = append(body, m...), append(sizes, uint16(len(m)))
	}
	var nonce fixedNonce
	text, err := []byte(v.Hex), error(nil)
	if _, text, err = cutLabel(text); err != nil {
		t.Fatal(err)
	}
	if ring.Len() > 0 && !cfg.SendPlaintext {
		cfg.Version0 = text[0] == 0
		copy(nonce[:], text[1:])
		if text, err = ring.open(nil, text, packetData(cfg.Label), true); err != nil {
			t.Fatal(err)
		}
	}
	checksum := text[0] == typeChecksum
	if text, err = cutChecksum(text); err != nil {
		t.Fatal(err)
	}
	cfg.Compression = text[0] == typeCompress
	if cfg.SkipInboundLabelCheck {
		t.Log("the label header was taken away on the way")
		v.Hex = append(appendLabel(nil, cfg.Label), v.Hex...)
	}
	got, err := NewSealer(cfg, nonce).SealPacket(nil, ring, body, sizes, checksum)
	if err != nil || !bytes.Equal(got, v.Hex) {
		t.Errorf("got %x and error %v, want %x", got, err, v.Hex)
	}
}

func TestEncryptedLengthVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/vectors/formulas.json")
	if err != nil {
		t.Fatal(err)
	}
	var formulas struct {
		Lengths []struct{ Plain, V0, V1 int } `json:"encrypted_length"`
	}
	if err := json.Unmarshal(data, &formulas); err != nil || len(formulas.Lengths) == 0 {
		t.Fatalf("got %d lengths and error %v, want some and none", len(formulas.Lengths), err)
	}
	for _, v := range formulas.Lengths {
		if got := encryptedBytes(v.Plain, versionAES); got != v.V1 {
			t.Errorf("%d bytes, version 1: got %d, want %d", v.Plain, got, v.V1)
		}
		if got := encryptedBytes(v.Plain, versionPadded); got != v.V0 {
			t.Errorf("%d bytes, version 0: got %d, want %d", v.Plain, got, v.V0)
		}
	}
}
