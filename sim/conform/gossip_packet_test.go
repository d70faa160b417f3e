//go:build conform

package conform

import (
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strings"
)

func gossipChecks() []check {
	return slices.Concat(packetChecks, toleranceChecks(), wrapperChecks, encryptionChecks(), streamChecks, stateChecks,
		accusationChecks, probeChecks, helperChecks, disseminationChecks)
}

var packetChecks = []check{
	{"2", "unknown-type-is-dropped", "any other type in a packet is dropped", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		for _, kind := range []byte{14, 15, 100, 200, 243, 255} {
			p.raw(a, []byte{kind, 0x80})
		}
		p.fence(a, 1)
		p.never("no error reply to a packet", isKind(typeErr))
	}},
	{"2", "stream-types-in-packets-are-dropped", "push-pull, encrypt and err are no packet messages", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		for _, kind := range []byte{typePushPull, typeEncrypt, typeErr} {
			p.raw(a, []byte{kind, 0x80})
		}
		p.fence(a, 1)
		p.never("no error reply to a packet", isKind(typeErr))
	}},
	{"1", "empty-datagram-is-dropped", "a datagram of 0 bytes is dropped", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, nil)
		p.fence(a, 1)
	}},
	{"1", "one-byte-datagrams-are-dropped", "a type byte without a body is dropped", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		for kind := range 256 {
			p.raw(a, []byte{byte(kind)})
		}
		p.fence(a, 9)
	}},
	{"1", "packets-leave-from-the-bound-port", "the source port of every packet equals the bound port", func(t *trial) {
		a := t.sharedAgent()
		conn, err := net.Dial("udp", a.gossip()) // a connected socket receives from that address and port alone
		t.must(err, "open a socket")
		defer conn.Close()
		answer := t.overSocket(conn, message(typePing, ping{SeqNo: 5, Node: a.node}))
		t.equal("type of the answer", answer[0], byte(typeAck))
	}},
	{"4.1", "ack-repeats-seq", "an ack answers a ping with the same sequence number", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		for _, seq := range []uint32{0, 1, 127, 128, 255, 256, 65535, 65536, 1<<32 - 1} {
			p.send(a, p.ping(a, seq))
			p.awaitAck(seq)
		}
	}},
	{"4.1", "ping-for-another-name-has-no-answer", "a receiver whose name differs drops the ping", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.send(a, message(typePing, ping{SeqNo: 7, Node: "other", SourceAddr: p.addr(), SourcePort: 7946, SourceNode: p.name}))
		p.fence(a, 8)
		p.never("no ack to a ping for another name", isAck(7))
	}},
	{"4.1", "names-are-case-sensitive", "a receiver whose name differs in case drops the ping", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.send(a, message(typePing, ping{SeqNo: 7, Node: strings.ToUpper(a.node)}))
		p.fence(a, 8)
		p.never("no ack to a ping for another name", isAck(7))
	}},
	{"4.1", "ping-for-nobody-is-answered", "an empty Node is accepted by everyone", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.send(a, message(typePing, ping{SeqNo: 9}))
		p.awaitAck(9)
	}},
	{"4.1", "ack-goes-to-the-source-fields", "the ack goes to SourceAddr and SourcePort when both are there", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.elsewhere(a, p.ping(a, 11))
		p.awaitAck(11)
	}},
	{"4.1", "ack-goes-to-the-udp-source", "without source fields the ack goes to the UDP source", func(t *trial) {
		a := t.sharedAgent()
		conn, err := net.Dial("udp", a.gossip())
		t.must(err, "open a socket")
		defer conn.Close()
		answer := t.overSocket(conn, message(typePing, ping{SeqNo: 12, Node: a.node}))
		t.equal("sequence number", decodeAs[ack](answer[1:]).SeqNo, uint32(12))
	}},
	{"4.1", "source-port-0-means-the-udp-source", "an address without a port is not used", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		conn, err := net.Dial("udp", a.gossip())
		t.must(err, "open a socket")
		defer conn.Close()
		answer := t.overSocket(conn, message(typePing, ping{SeqNo: 13, Node: a.node, SourceAddr: p.addr()}))
		t.equal("sequence number", decodeAs[ack](answer[1:]).SeqNo, uint32(13))
	}},
	{"4.3", "ack-bytes", "an ack is the map {Payload, SeqNo} in the profile of section 3", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.send(a, p.ping(a, 70000))
		m := p.awaitAck(70000)
		t.equal("bytes of the ack", m.body, body(decodeAs[ack](m.body)))
		t.equal("keys", sortedKeys(decodeAs[map[string]any](m.body)), []string{"Payload", "SeqNo"})
	}},
	{"3.1", "seq-uses-the-shortest-unsigned-form", "unsigned integers use the shortest of fixint, cc, cd and ce", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		for _, c := range []struct {
			seq  uint32
			wire string
		}{{5, "05"}, {200, "ccc8"}, {300, "cd012c"}, {70000, "ce00011170"}} {
			p.send(a, p.ping(a, c.seq))
			m := p.awaitAck(c.seq)
			t.contains("the ack's bytes", hex.EncodeToString(m.body), "a55365714e6f"+c.wire)
		}
	}},
	{"4.9", "empty-user-message-is-harmless", "a user message may be empty", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.send(a, []byte{typeUser})
		p.fence(a, 1)
	}},
	{"5", "every-part-of-a-compound-is-handled", "a compound holds complete messages", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.send(a, p.ping(a, 1), p.ping(a, 2), p.ping(a, 3))
		for seq := uint32(1); seq <= 3; seq++ {
			p.awaitAck(seq)
		}
	}},
	{"5", "compound-of-127-parts", "the count is one byte", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		parts := slices.Repeat([][]byte{{typeUser}}, 126)
		p.send(a, append(parts, p.ping(a, 127))...)
		p.awaitAck(127)
	}},
	{"5", "compound-of-128-parts", "the count is one byte", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		parts := slices.Repeat([][]byte{{typeUser}}, 127)
		p.send(a, append(parts, p.ping(a, 128))...)
		p.awaitAck(128)
	}},
	{"5", "compound-of-255-parts", "a compound has at most 255 parts", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		parts := slices.Repeat([][]byte{{typeUser}}, 254)
		p.send(a, append(parts, p.ping(a, 255))...)
		p.awaitAck(255)
	}},
	{"5", "compound-of-none-is-a-no-op", "count 0 is a no-op", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, []byte{typeCompound, 0})
		p.fence(a, 1)
	}},
	{"5", "complete-parts-of-a-truncated-compound-count", "if the data runs out, the complete parts are processed", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		whole := compound(p.ping(a, 1), p.ping(a, 2), p.ping(a, 3))
		p.raw(a, whole[:len(whole)-4])
		p.fence(a, 4)
		p.awaitAck(1)
		p.awaitAck(2)
		p.never("no ack to the part that is cut off", isAck(3))
	}},
	{"5", "compound-without-its-lengths-is-dropped", "fewer than 2 x count length bytes: whole compound dropped", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, append([]byte{typeCompound, 200}, p.ping(a, 1)...))
		p.fence(a, 2)
		p.never("no ack to a part of a compound without lengths", isAck(1))
	}},
	{"5", "bytes-behind-the-last-part-are-ignored", "bytes after the last part are ignored", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, append(compound(p.ping(a, 1), p.ping(a, 2)), p.ping(a, 3)...))
		p.awaitAck(1)
		p.awaitAck(2)
		p.fence(a, 4)
		p.never("no ack to what follows the parts", isAck(3))
	}},
	{"5", "an-empty-part-spoils-only-itself", "a zero-length part is an error for that part only", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.raw(a, compound(p.ping(a, 1), nil, p.ping(a, 2)))
		p.awaitAck(1)
		p.awaitAck(2)
	}},
	{"5", "an-unknown-part-spoils-only-itself", "an unknown type drops that submessage", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, compound(p.ping(a, 1), []byte{99, 1, 2}, p.ping(a, 2)))
		p.awaitAck(1)
		p.awaitAck(2)
	}},
	{"3.2", "an-undecodable-part-spoils-only-itself", "on a body error the message is dropped, other parts of the compound continue", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, compound(p.ping(a, 1), []byte{typePing, 0xc1}, p.ping(a, 2)))
		p.awaitAck(1)
		p.awaitAck(2)
	}},
}

// overSocket sends a datagram and returns the answer.
func (t *trial) overSocket(conn net.Conn, datagram []byte) []byte {
	_, err := conn.Write(datagram)
	t.must(err, "send a packet")
	b := make([]byte, 65536)
	t.must(conn.SetDeadline(timeout()), "set a deadline")
	n, err := conn.Read(b)
	t.expect(err == nil && n > 1, "an answer at the sending socket", fmt.Sprint(err))
	messages, err := wrapping{}.unwrap(b[:n])
	t.must(err, "open the answer")
	return append([]byte{messages[0].kind}, messages[0].body...)
}

// elsewhere sends a message from another port of the peer's host.
func (p *peer) elsewhere(a *agentProc, m []byte) {
	conn, err := net.ListenPacket("udp", p.ip+":0")
	p.t.must(err, "open a second socket")
	defer conn.Close()
	to, err := net.ResolveUDPAddr("udp", a.gossip())
	p.t.must(err, "resolve")
	_, err = conn.WriteTo(m, to)
	p.t.must(err, "send a packet")
}
