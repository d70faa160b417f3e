package envelope

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// hexBytes are written as hex digits in the vectors.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vector is one entry of a file in testdata/vectors.
type vector struct {
	Name    string
	Layer   string
	Hex     hexBytes
	Error   string
	Decoded struct {
		Plain    hexBytes
		Messages []vectorMessage
		Layers   []string
		Type     string
		Payload  hexBytes
		ReplyHex hexBytes `json:"reply_hex"`
		Accepts  bool     `json:"reference_accepts"`
	}
	Config struct {
		Keys            []hexBytes
		Label           string
		SkipCheck       bool  `json:"skip_inbound_label_check"`
		VerifyIncoming  *bool `json:"gossip_verify_incoming"`
		ProtocolVersion int   `json:"protocol_version"`
	}
}

type vectorMessage struct {
	Type    string
	Payload hexBytes
	Count   int
}

// typeNames are the words of the vectors for the type bytes.
var typeNames = map[byte]string{
	0: "ping", 1: "indirect-ping", 2: "ack", 3: "suspect", 4: "alive", 5: "dead", 6: "push-pull", 8: "user", 11: "nack",
}

// errorWords are the words of the vectors for errors; only that the input is refused is required of us, but it should be
// for the same reason.
var errorWords = map[string][]error{
	"malformed": {ErrShort}, "algorithm": {ErrAlgorithm}, "truncated": {ErrShort}, "code": {ErrCode}, "crc": {ErrChecksum},
	"type": {ErrType}, "empty": {ErrEmpty}, "version": {ErrVersion}, "key": {ErrNoKey}, "short": {ErrShort},
	"label": {ErrLabel}, "label-empty": {ErrLabel}, "label-truncated": {ErrLabel, ErrShort}, "double-label": {ErrLabel},
	"padding": {ErrPadding}, "size": {ErrTooLarge, ErrLength}, "encryption": {ErrEncrypted, ErrNotEncrypted},
	"eof": {ErrShort, ErrEmpty}, "decode": {ErrBody},
}

func loadVectors(t testing.TB, name string) []vector {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "vectors", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(data, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) == 0 {
		t.Fatalf("%s: no vectors", name)
	}
	return vs
}

// config returns the configuration of the receiver, which takes both encryption versions as the reference does.
func (v *vector) config() Config {
	return Config{
		Label:                 v.Config.Label,
		SkipInboundLabelCheck: v.Config.SkipCheck,
		AcceptPlaintext:       v.Config.VerifyIncoming != nil && !*v.Config.VerifyIncoming,
		AcceptVersion0:        true,
		CompressBytesMin:      1,
	}
}

func (v *vector) ring(t testing.TB) *Keyring {
	t.Helper()
	var keys [][]byte
	for _, k := range v.Config.Keys {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil
	}
	return mustRing(t, keys...)
}

func mustRing(t testing.TB, keys ...[]byte) *Keyring {
	t.Helper()
	r, err := NewKeyring(keys, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// opened is all that comes out of one packet.
type opened struct {
	messages            [][]byte
	truncated, rejected int
	stats               Stats
	err                 error
}

func openAll(cfg Config, ring *Keyring, packet []byte) (r opened) {
	o := NewOpener(cfg)
	before := bytes.Clone(packet)
	m, err := o.OpenPacket(ring, packet)
	if err == nil {
		for b, ok := m.Next(); ok; b, ok = m.Next() {
			r.messages = append(r.messages, bytes.Clone(b))
		}
		r.truncated, r.rejected = m.Truncated(), m.Rejected()
	}
	if !bytes.Equal(before, packet) {
		panic("OpenPacket has modified its input")
	}
	r.stats, r.err = o.Stats(), err
	return r
}

// refusedFor says whether the packet, or its only part, was refused for one of the errors that word stands for.
func (r *opened) refusedFor(t *testing.T, word string) bool {
	want, ok := errorWords[word]
	if !ok {
		t.Fatalf("unknown error word %q", word)
	}
	return slices.ContainsFunc(want, func(e error) bool {
		if r.err != nil {
			return errors.Is(r.err, e)
		}
		return len(r.messages) == 0 && r.rejected == 1 && *r.stats.counter(e) == 1
	})
}

// check compares what came out with the messages of a vector, of which it knows the type and for user messages all.
func (r *opened) check(t *testing.T, want []vectorMessage) {
	t.Helper()
	rejected, truncated, at := 0, 0, 0
	for i, w := range want {
		switch {
		case w.Type == "invalid":
			rejected++
			continue
		case w.Type == "truncated-parts":
			truncated += w.Count
			continue
		case at >= len(r.messages):
			t.Fatalf("got %d messages, want number %d to be %s", len(r.messages), i, w.Type)
		}
		got := r.messages[at]
		at++
		if typeNames[got[0]] != w.Type {
			t.Errorf("message %d: got type %d, want %s", i, got[0], w.Type)
		}
		if w.Type == "user" && !bytes.Equal(got[1:], w.Payload) {
			t.Errorf("message %d: got payload %x, want %x", i, got[1:], w.Payload)
		}
	}
	if r.err != nil || at != len(r.messages) || rejected != r.rejected || truncated != r.truncated {
		t.Errorf("got %d messages, %d rejected, %d truncated, error %v, want %d, %d, %d and none",
			len(r.messages), r.rejected, r.truncated, r.err, at, rejected, truncated)
	}
}

// fixedNonce is a NonceSource that gives out the nonce of a vector.
type fixedNonce [NonceBytes]byte

func (n fixedNonce) NextNonce(dst []byte) { copy(dst, n[:]) }
