package agent

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"serf/agent/journal"
	"serf/swim"
	"serf/transport/envelope"
)

const (
	// packetReplayWindow is how many packets are remembered, at least, so that a repeated one is dropped: about 2 MiB when so
	// many have come, hours of an idle member's.
	packetReplayWindow = 96 << 10
	// streamReplayWindow is the same for requests on streams.
	streamReplayWindow = 4 << 10
	// sealedWarnAt is how many messages under one key make a warning: nonces of AES-GCM have 96 bits and many members draw
	// them, so a key should have been changed long before a cluster has sealed 2^32.
	sealedWarnAt = 1 << 30
)

// streamReplays knows the requests that came on streams lately.
type streamReplays struct {
	mu     sync.Mutex
	memory *envelope.NonceMemory
}

// seen reports whether a request came before under the nonce of its frame; nil, of a plain one, never did.
func (s *streamReplays) seen(nonce []byte) bool {
	if nonce == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory == nil {
		s.memory = envelope.NewNonceMemory(streamReplayWindow)
	}
	return s.memory.Seen(nonce)
}

// sealed counts what was encrypted with the primary key, since the agent started or took it into use.
type sealed struct {
	key   atomic.Pointer[[]byte]
	count atomic.Uint64
}

// use begins to count anew when the primary key of ring is another one.
func (s *sealed) use(ring *envelope.Keyring) {
	primary := ring.Primary()
	if last := s.key.Load(); last != nil && string(*last) == string(primary) {
		return
	}
	s.key.Store(&primary)
	s.count.Store(0)
}

// countSealed counts one encrypted message, and warns once when there are many.
func (a *Agent) countSealed() {
	if a.Keyring().Len() == 0 || a.sealed.count.Add(1) != sealedWarnAt || a.envelope.Cipher != envelope.AESGCM {
		return
	}
	a.log.Printf(journal.Warn, "agent", "the encryption key has sealed %d messages here: change it (serf keys), or use the cipher %v",
		uint64(sealedWarnAt), envelope.XChaCha20)
}

// encryptionStats tells with what, and how much, this member has encrypted.
func (a *Agent) encryptionStats(ring *envelope.Keyring) map[string]string {
	return map[string]string{
		"cipher":          a.envelope.Cipher.String(),
		"keys":            strconv.Itoa(ring.Len()),
		"messages_sealed": strconv.FormatUint(a.sealed.count.Load(), 10),
	}
}

// checkCipher names a peer that cannot read what this member sends, by what it answered on a stream.
func (a *Agent) checkCipher(peer netip.AddrPort, reply []byte) {
	if a.envelope.Cipher == envelope.AESGCM || len(reply) == 0 || swim.MessageType(reply[0]) != swim.TypeError {
		return
	}
	if !strings.Contains(string(reply), "encryption version") {
		return
	}
	name := peer.String()
	for _, m := range a.Members() {
		if m.Addr == peer {
			name = plain(m.Name) + " " + name
		}
	}
	a.log.Limited("cipher", journal.Err, "memberlist", "%s cannot read what this member sends: it does not know the cipher %v. "+
		"Replace its program, or use encrypt_cipher %v here", name, a.envelope.Cipher, envelope.AESGCM)
}
