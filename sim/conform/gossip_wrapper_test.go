//go:build conform

package conform

import (
	"bytes"
	"strings"
)

var wrapperChecks = []check{
	{"6", "compressed-ping-is-answered", "a compressed message is inflated and handled", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, compress(p.ping(a, 1)))
		p.awaitAck(1)
	}},
	{"6", "compressed-compound", "the whole compound is compressed at once", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, compress(compound(p.ping(a, 1), p.ping(a, 2))))
		p.awaitAck(1)
		p.awaitAck(2)
	}},
	{"6", "long-lzw-streams-grow-their-codes", "codes grow from 9 to 12 bits, then the dictionary is cleared", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		filler := make([]byte, 30000) // hardly compressible, so that the dictionary fills several times
		for i, x := 0, uint32(1); i < len(filler); i++ {
			x = x*1664525 + 1013904223
			filler[i] = byte(x >> 24)
		}
		p.raw(a, compress(compound(p.ping(a, 1), append([]byte{99}, filler...), p.ping(a, 2))))
		p.awaitAck(1)
		p.awaitAck(2)
	}},
	{"6", "unknown-algorithm-is-an-error", "any algorithm but 0 is an error", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		c := decodeAs[compressed](compress(p.ping(a, 1))[1:])
		c.Algo = 1
		p.raw(a, message(typeCompress, c))
		p.fence(a, 2)
		p.never("no ack to a packet of unknown compression", isAck(1))
	}},
	{"6", "lzw-without-end-code-is-rejected", "a stream that stops without the end code is rejected", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		c := decodeAs[compressed](compress(p.ping(a, 1))[1:])
		c.Buf = c.Buf[:len(c.Buf)-2]
		p.raw(a, message(typeCompress, c))
		p.fence(a, 2)
		p.never("no ack to a truncated packet", isAck(1))
	}},
	{"6", "bytes-behind-the-end-code-are-ignored", "bytes after the end code are ignored", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		c := decodeAs[compressed](compress(p.ping(a, 1))[1:])
		c.Buf = append(c.Buf, 1, 2, 3)
		p.raw(a, message(typeCompress, c))
		p.awaitAck(1)
	}},
	{"6", "empty-lzw-is-harmless", "an inflated length of zero is an error", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.raw(a, compress(nil))
		p.fence(a, 1)
	}},
	{"6", "packets-are-compressed-only-if-shorter", "compression is used only if the result is strictly shorter", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.fence(a, 1)
		m := p.awaitAck(1)
		t.expect(!strings.Contains(m.layers, "compress") || len(m.packet) < len(m.body)+1, "a packet not longer than its message", m.packet)
	}},
	{"6", "repetitive-gossip-is-compressed", "compression is tried on every packet", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.join(a)
		a.cli("event", "-coalesce=false", "deploy", strings.Repeat("a", 400))
		m := p.await("the user event", isSerf(serfUserEvent))
		t.expect(strings.Contains(m.layers, "compress"), "the event in a compressed packet", m.layers)
	}},
	{"6", "disable-compression", "with compression off packets are not compressed", func(t *trial) {
		a, p := t.agent("-disable-compression"), t.peer("p1")
		p.join(a)
		a.cli("event", "-coalesce=false", "deploy", strings.Repeat("a", 400))
		m := p.await("the user event", isSerf(serfUserEvent))
		t.lacks("layers of the packet", m.layers, "compress")
	}},
	{"6", "disabled-compression-still-reads", "a node without compression reads compressed packets", func(t *trial) {
		a, p := t.agent("-disable-compression"), t.peer("p1")
		p.raw(a, compress(p.ping(a, 1)))
		p.awaitAck(1)
	}},
	{"7", "checksummed-ping-is-answered", "receivers accept a checksum around every message", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, checksum(p.ping(a, 1)))
		p.awaitAck(1)
	}},
	{"7", "checksum-over-the-compressed-form", "the checksum is over the compressed form", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, checksum(compress(p.ping(a, 1))))
		p.awaitAck(1)
	}},
	{"7", "wrong-checksum-is-dropped", "mismatch: packet dropped", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		b := checksum(p.ping(a, 1))
		b[4] ^= 1
		p.raw(a, b)
		p.fence(a, 2)
		p.never("no ack to a packet with a wrong checksum", isAck(1))
	}},
	{"7", "short-checksum-is-dropped", "type 12 with fewer than 5 bytes is an unknown type", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, []byte{typeCRC, 1, 2})
		p.fence(a, 1)
	}},
	{"7", "checksum-over-nothing-is-harmless", "a valid checksum over nothing is an error", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.raw(a, checksum(nil))
		p.fence(a, 1)
	}},
	{"2", "checksum-inside-a-compound-is-unknown", "type 12 inside a compound is not understood", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, compound(p.ping(a, 1), checksum(p.ping(a, 2))))
		p.awaitAck(1)
		p.fence(a, 3)
		p.never("no ack to a checksummed part", isAck(2))
	}},
	{"2", "checksum-inside-compression-is-unknown", "type 12 inside compression is not understood", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, compress(checksum(p.ping(a, 2))))
		p.fence(a, 3)
		p.never("no ack to a checksum inside compression", isAck(2))
	}},
	{"7", "gossip-carries-a-checksum", "gossip to a peer with pmax 5 is checksummed", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.join(a)
		p.await("a checksummed packet", func(m received) bool { return strings.Contains(m.layers, "crc") })
	}},
	{"7", "no-checksum-for-old-peers", "peers with pmax below 5 get no checksum", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		old := p.self(1)
		old.Vsn = []byte{1, 4, 2, 2, 5, 5}
		p.pushPull(a, true, serfState(serfStateFields{}), old)
		a.awaitStatus(p.name, "alive")
		a.cli("event", "-coalesce=false", "deploy")
		p.await("the user event", isSerf(serfUserEvent))
		p.never("no packet has a checksum", func(m received) bool { return strings.Contains(m.layers, "crc") })
	}},
	{"9", "labelled-packet-to-an-unlabelled-agent-is-dropped", "the label must equal the configured one", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, labelled("blue", p.ping(a, 1)))
		p.fence(a, 2)
		p.never("no ack to a labelled packet", isAck(1))
	}},
	{"9", "malformed-labels-are-dropped", "length 0, or fewer bytes than announced: dropped", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, append([]byte{typeLabel, 0}, p.ping(a, 1)...))
		p.raw(a, append([]byte{typeLabel, 255}, p.ping(a, 1)...))
		p.raw(a, []byte{typeLabel, 4})
		p.fence(a, 2)
		p.never("no ack to a packet with a malformed label", isAck(1))
	}},
	{"9", "labelled-stream-to-an-unlabelled-agent-is-closed", "a stream with another label is closed without a reply", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.closes(a, labelled("blue", message(typePing, ping{SeqNo: 1, Node: a.node})))
	}},
	{"10.3", "gossip-stays-in-the-packet-budget", "packets are filled to 1400 bytes, 5 more for a checksum", func(t *trial) {
		a, p := t.agent("-disable-compression"), t.peer("p1")
		p.join(a)
		for i := range 12 {
			r := a.cli("event", "-coalesce=false", string(rune('a'+i)), strings.Repeat("x", 300))
			t.equal("status of event", r.status, 0)
		}
		seen := map[string]bool{}
		t.eventually("all twelve events", func() (any, bool) {
			for _, m := range p.since(0) {
				if isSerf(serfUserEvent)(m) {
					seen[decodeAs[userEvent](m.body[1:]).Name] = true
				}
				t.expect(len(m.packet) <= 1405, "a packet of at most 1405 bytes", len(m.packet))
			}
			return sortedKeys(seen), len(seen) == 12
		})
	}},
	{"6", "inflated-bomb-does-no-harm", "a decompression bomb does not stop the agent", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.raw(a, compress(bytes.Repeat([]byte{typeUser}, 8<<20)))
		p.fence(a, 1)
	}},
}
