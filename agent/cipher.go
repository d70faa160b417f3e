package agent

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"

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
