//go:build conform

package conform

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// testKey is a key of a length: the bytes 0, 1, 2 and so on from a start.
func testKey(start, length int) []byte {
	key := make([]byte, length)
	for i := range key {
		key[i] = byte(start + i)
	}
	return key
}

func keyText(key []byte) string { return base64.StdEncoding.EncodeToString(key) }

// keyringFile writes a keyring file.
func (t *trial) keyringFile(keys ...[]byte) string {
	var texts []string
	for _, k := range keys {
		texts = append(texts, keyText(k))
	}
	b, err := json.Marshal(texts)
	t.must(err, "encode")
	file := filepath.Join(t.dir, "keyring.json")
	t.must(os.WriteFile(file, b, 0o600), "write the keyring")
	return file
}

// encrypted starts an agent with a key and a peer that has it too.
func (t *trial) encrypted(key []byte) (*agentProc, *peer) {
	return t.agent("-encrypt=" + keyText(key)), t.peer("p1", wrapping{key: key})
}

var key1, key2 = testKey(0, 32), testKey(100, 32)

func encryptionChecks() []check {
	var checks []check
	for _, c := range []struct {
		name   string
		length int
	}{{"aes-128", 16}, {"aes-192", 24}, {"aes-256", 32}} {
		checks = append(checks, check{"8", c.name, "the key length selects AES-128, 192 or 256", func(t *trial) {
			a, p := t.encrypted(testKey(0, c.length))
			p.fence(a, 1)
		}})
	}
	return append(checks, cipherChecks...)
}

var cipherChecks = []check{
	{"8.1", "replies-are-version-1", "a sender of protocol 2 uses encryption version 1", func(t *trial) {
		a, p := t.encrypted(key1)
		p.send(a, p.ping(a, 1))
		m := p.awaitAck(1)
		t.equal("first byte of the packet", m.packet[0], byte(1))
	}},
	{"8.1", "version-1-has-29-bytes-overhead", "version byte, nonce of 12, tag of 16", func(t *trial) {
		a, p := t.encrypted(key1)
		p.send(a, p.ping(a, 1))
		m := p.awaitAck(1)
		if !strings.Contains(m.layers, "compress") && m.parts == 1 {
			t.equal("length of the packet", len(m.packet), len(m.body)+1+29)
		}
	}},
	{"8.1", "nonces-differ", "any unique nonce", func(t *trial) {
		a, p := t.encrypted(key1)
		seen := map[string]bool{}
		for seq := uint32(1); seq <= 20; seq++ {
			p.send(a, p.ping(a, seq))
			nonce := string(p.awaitAck(seq).packet[1:13])
			t.expect(!seen[nonce], "a nonce used once", []byte(nonce))
			seen[nonce] = true
		}
	}},
	{"8.3", "plaintext-is-dropped", "packets that fail decryption are dropped", func(t *trial) {
		a, p := t.encrypted(key1)
		p.raw(a, p.ping(a, 1))
		p.fence(a, 2)
		p.never("no ack to a plaintext ping", isAck(1))
	}},
	{"8.3", "wrong-key-is-dropped", "no key authenticates: error", func(t *trial) {
		a, p := t.encrypted(key1)
		p.raw(a, seal(1, key2, p.ping(a, 1), nil))
		p.fence(a, 2)
		p.never("no ack to a packet under another key", isAck(1))
	}},
	{"8.3", "version-above-1-is-dropped", "version > 1: error", func(t *trial) {
		a, p := t.encrypted(key1)
		b := seal(1, key1, p.ping(a, 1), nil)
		b[0] = 2
		p.raw(a, b)
		p.fence(a, 2)
		p.never("no ack to encryption version 2", isAck(1))
	}},
	{"8.3", "short-payloads-are-dropped", "length below 29: error", func(t *trial) {
		a, p := t.encrypted(key1)
		for n := range 29 {
			p.raw(a, bytes.Repeat([]byte{1}, n))
		}
		p.fence(a, 1)
	}},
	{"8.3", "tampered-box-is-dropped", "the ciphertext is authenticated", func(t *trial) {
		a, p := t.encrypted(key1)
		b := seal(1, key1, p.ping(a, 1), nil)
		b[20] ^= 1
		p.raw(a, b)
		p.fence(a, 2)
		p.never("no ack to a tampered packet", isAck(1))
	}},
	{"8.2", "packets-have-no-authenticated-data-without-label", "the authenticated data is the label", func(t *trial) {
		a, p := t.encrypted(key1)
		p.raw(a, seal(1, key1, p.ping(a, 1), []byte("blue")))
		p.fence(a, 2)
		p.never("no ack to a packet sealed under a label", isAck(1))
	}},
	{"19", "version-0-with-false-padding-is-dropped", "padding is validated whole: 1 to 16 bytes, all equal", func(t *trial) {
		a, p := t.encrypted(key1)
		// Version 1 carries the text unpadded; relabelled 0 its last byte would be taken as a number of bytes to drop.
		b := seal(1, key1, append(p.ping(a, 1), bytes.Repeat([]byte{3}, 16)...), nil)
		b[0] = 0
		p.raw(a, b)
		p.fence(a, 2)
		p.never("no ack to a packet whose padding is wrong", isAck(1))
	}},
	{"8.3", "empty-plaintext-is-harmless", "an encrypted packet of nothing is dropped", func(t *trial) {
		a, p := t.encrypted(key1)
		p.raw(a, seal(1, key1, nil, nil))
		p.fence(a, 1)
	}},
	{"8.5", "every-key-of-the-ring-opens", "every key on the ring is tried, the primary first", func(t *trial) {
		a := t.agent("-keyring-file=" + t.keyringFile(key1, key2))
		p := t.peer("p1", wrapping{key: key1})
		p.raw(a, seal(1, key2, p.ping(a, 1), nil))
		p.awaitAck(1) // opened with key1
	}},
	{"8.5", "the-primary-seals", "the primary key is the only one used to encrypt", func(t *trial) {
		a := t.agent("-keyring-file=" + t.keyringFile(key2, key1))
		p := t.peer("p1", wrapping{key: key2})
		p.raw(a, seal(1, key1, p.ping(a, 1), nil))
		p.awaitAck(1) // opened with key2
	}},
	{"10.1", "checksum-lies-inside-encryption", "compress, then checksum, then encrypt", func(t *trial) {
		a, p := t.encrypted(key1)
		p.raw(a, seal(1, key1, checksum(compress(p.ping(a, 1))), nil))
		p.awaitAck(1)
	}},
	{"10.2", "checksum-outside-encryption-is-dropped", "decrypt comes before the checksum", func(t *trial) {
		a, p := t.encrypted(key1)
		p.raw(a, checksum(seal(1, key1, p.ping(a, 1), nil)))
		p.fence(a, 2)
		p.never("no ack to a checksum around encryption", isAck(1))
	}},
	{"11.1", "encrypted-push-pull", "a stream is 0a, length, sealed message; type, length and label are authenticated", func(t *trial) {
		a, p := t.encrypted(key1)
		r := p.request(a, pushPull(true, serfState(serfStateFields{}), p.self(1)))
		t.equal("type of the reply", r.kind, byte(typePushPull))
		t.contains("layers of the reply", r.layers, "encrypt")
	}},
	{"11.1", "encrypted-stream-ping", "any stream message may be encrypted", func(t *trial) {
		a, p := t.encrypted(key1)
		r := p.request(a, message(typePing, ping{SeqNo: 31, Node: a.node}))
		t.equal("ack", decodeAs[ack](r.body).SeqNo, uint32(31))
	}},
	{"11.1", "compressed-inside-encryption", "message, compress, encrypt", func(t *trial) {
		a, p := t.encrypted(key1)
		r := p.request(a, compress(message(typePing, ping{SeqNo: 32, Node: a.node})))
		t.equal("ack", decodeAs[ack](r.body).SeqNo, uint32(32))
	}},
	{"11.2", "plain-stream-to-an-encrypted-agent-is-refused", "encryption is configured but the stream is not encrypted: error reply", func(t *trial) {
		a, p := t.encrypted(key1)
		text := p.refuses(a, message(typePing, ping{SeqNo: 1, Node: a.node}))
		t.contains("error", text, "encryption is configured but remote state is not encrypted")
	}},
	{"11.3", "error-replies-are-encrypted", "the error is encrypted by the responder's own rules", func(t *trial) {
		a, p := t.encrypted(key1)
		r, err := p.exchange(a, message(typePing, ping{SeqNo: 1, Node: a.node}))
		t.must(err, "read the reply")
		t.contains("layers of the error", r.layers, "encrypt")
	}},
	{"11.2", "encrypted-stream-to-a-plain-agent-is-refused", "encrypted but encryption not configured: error reply", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		text := p.refuses(a, wrapping{key: key1}.stream(message(typePing, ping{SeqNo: 1, Node: a.node})))
		t.contains("error", text, "remote state is encrypted and encryption is not configured")
	}},
	{"11.2", "stream-under-another-key-is-refused", "no key decrypts: error reply", func(t *trial) {
		a, p := t.encrypted(key1)
		text := p.refuses(a, wrapping{key: key2}.stream(message(typePing, ping{SeqNo: 1, Node: a.node})))
		t.contains("error", text, "no installed keys could decrypt the message")
	}},
	{"11.2", "length-above-20-mib-is-refused", "a frame above 20971520 bytes: error reply", func(t *trial) {
		a, p := t.encrypted(key1)
		p.refuses(a, []byte{typeEncrypt, 0x01, 0x40, 0x00, 0x01})
	}},
	{"11.3", "truncated-frame-is-closed-silently", "an encrypted frame that ends early counts as end of file", func(t *trial) {
		a, p := t.encrypted(key1)
		frame := p.stream(message(typePing, ping{SeqNo: 1, Node: a.node}))
		p.closesAfterEnd(a, frame[:len(frame)-3])
	}},
	{"8.2", "stream-without-authenticated-header-is-refused", "type byte and length are authenticated", func(t *trial) {
		a, p := t.encrypted(key1)
		m := message(typePing, ping{SeqNo: 1, Node: a.node})
		box := seal(1, key1, m, nil)
		p.refuses(a, append([]byte{typeEncrypt, 0, 0, 0, byte(len(box))}, box...))
	}},
	{"8", "encrypted-cluster-of-scripted-peer", "an encrypted member is probed and gossiped to under the key", func(t *trial) {
		a, p := t.encrypted(key1)
		p.join(a)
		p.await("a ping under the key", isKind(typePing))
		a.cli("event", "-coalesce=false", "deploy")
		p.await("the user event", isSerf(serfUserEvent))
		t.equal("packets that could not be opened", p.unreadable(), 0)
	}},
}
