package envelope

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// streamNotThisLayer are the vectors whose input is refused by whoever decodes the message.
var streamNotThisLayer = []string{
	"ping-stream-wrong-node", // member name
}

// isReply are the vectors that an initiator reads.
func isReply(v *vector) bool {
	return v.Name == "pushpull-label-encrypted-response" || strings.Contains(v.Name, "-reply-")
}

// scanned is what came out of a stream fed in pieces of n bytes and then ended.
func scanned(s *Scanner, stream []byte, n int) ([]byte, error) {
	for p := range slices.Chunk(stream, n) {
		if done, err := s.Feed(p); err != nil {
			return nil, err
		} else if done {
			break
		}
	}
	if err := s.End(); err != nil {
		return nil, err
	}
	return s.Message()
}

func TestStreamVectors(t *testing.T) {
	for _, file := range []string{"streams", "captures"} {
		for _, v := range loadVectors(t, file) {
			if v.Layer != "stream" {
				continue
			}
			t.Run(v.Name, func(t *testing.T) {
				for _, n := range []int{1, 7, len(v.Hex)} {
					s := NewScanner(v.config(), v.ring(t), !isReply(&v))
					got, err := scanned(s, v.Hex, n)
					if err != nil || typeNames[got[0]] != v.Decoded.Type {
						t.Fatalf("in pieces of %d: got %x and error %v, want a %s", n, got, err, v.Decoded.Type)
					}
					if v.Decoded.Type == "user" && !bytes.HasSuffix(got, v.Decoded.Payload) {
						t.Errorf("got %x, want payload %x", got, v.Decoded.Payload)
					}
				}
				checkStreamSealedAgain(t, v)
				checkStreamPrefixes(t, v)
			})
		}
	}
}

// checkStreamSealedAgain seals with the same nonce what was read, and compares bytes unless the reference compressed to
// more than there was.
func checkStreamSealedAgain(t *testing.T, v vector) {
	cfg, ring := v.config(), v.ring(t)
	message, err := scanned(NewScanner(cfg, ring, !isReply(&v)), v.Hex, len(v.Hex))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := cutLabel(v.Hex)
	var nonce fixedNonce
	if text[0] == typeEncrypt {
		cfg.Version0 = text[frameHeaderBytes] == 0
		copy(nonce[:], text[frameHeaderBytes+1:])
		data := appendFrameData(nil, text[:frameHeaderBytes], cfg.Label)
		if text, err = ring.open(nil, text[frameHeaderBytes:], data, true); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Compression = text[0] == typeCompress
	if len(text) > len(message) {
		cfg.Compression = false
		got, err := NewSealer(cfg, nonce).SealStream(nil, ring, message, !isReply(&v))
		if err != nil || len(got) >= len(v.Hex) {
			t.Errorf("got %d bytes and error %v, want less than %d: compression did not pay", len(got), err, len(v.Hex))
		}
		return
	}
	got, err := NewSealer(cfg, nonce).SealStream([]byte("before"), ring, message, !isReply(&v))
	if want := append([]byte("before"), v.Hex...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %x and error %v, want %x", got, err, want)
	}
}

// checkStreamPrefixes cuts the stream everywhere: it must be found incomplete, not wrong.
func checkStreamPrefixes(t *testing.T, v vector) {
	for n := range v.Hex {
		s := NewScanner(v.config(), v.ring(t), !isReply(&v))
		_, err := scanned(s, v.Hex[:n], max(n, 1))
		if n == 0 && !errors.Is(err, ErrEmpty) || n > 0 && !errors.Is(err, ErrShort) {
			t.Errorf("first %d bytes: got error %v, want ErrShort", n, err)
		}
		if text, ok := s.ReplyError(); ok {
			t.Errorf("first %d bytes: got reply %q, want none", n, text)
		}
	}
}

func TestStreamErrorVectors(t *testing.T) {
	seen := 0
	for _, v := range loadVectors(t, "stream-errors") {
		t.Run(v.Name, func(t *testing.T) {
			for _, n := range []int{1, 5, max(1, len(v.Hex))} {
				s := NewScanner(v.config(), v.ring(t), true)
				got, err := scanned(s, v.Hex, n)
				if slices.Contains(streamNotThisLayer, v.Name) {
					seen++
					if err != nil || !bytes.Equal(got, v.Hex) {
						t.Errorf("got %x and error %v, want the message", got, err)
					}
					continue
				}
				if r := (opened{err: err}); !r.refusedFor(t, v.Error) {
					t.Errorf("in pieces of %d: got %x and error %v, want refusal for %s", n, got, err, v.Error)
				}
				checkReply(t, &v, s)
			}
		})
	}
	if seen != 3*len(streamNotThisLayer) {
		t.Errorf("got %d runs of vectors of other layers, want %d", seen, 3*len(streamNotThisLayer))
	}
}

// replyTexts are the texts that the reference gives another wording.
var replyTexts = map[string]string{
	"compressed-cut-lzw":  "input too short",
	"encrypted-too-small": "payload is too small to decrypt: 28 (input too short)",
}

func checkReply(t *testing.T, v *vector, s *Scanner) {
	t.Helper()
	text, ok := s.ReplyError()
	if want := len(v.Decoded.ReplyHex) > 0; ok != want {
		t.Fatalf("got reply %v (%q), want %v", ok, text, want)
	}
	if !ok {
		return
	}
	reply, err := scanned(NewScanner(v.config(), v.ring(t), false), v.Decoded.ReplyHex, 3)
	if err != nil || reply[0] != typeError {
		t.Fatalf("reply of the reference: got %x and error %v, want an error message", reply, err)
	}
	if want, ok := replyTexts[v.Name]; ok {
		if text != want {
			t.Errorf("got reply %q, want %q", text, want)
		}
	} else if !bytes.HasSuffix(reply, []byte(text)) {
		t.Errorf("got reply %q, want that of %q", text, reply)
	}
}
