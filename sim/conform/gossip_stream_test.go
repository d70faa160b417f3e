//go:build conform

package conform

import (
	"bytes"
	"strings"
	"time"
)

var streamChecks = []check{
	{"11.3", "stream-ping-is-acknowledged", "a ping over a stream is answered with an ack that echoes SeqNo", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		r := p.request(a, message(typePing, ping{SeqNo: 99, Node: a.node}))
		t.equal("type of the reply", r.kind, byte(typeAck))
		t.equal("sequence number", decodeAs[ack](r.body).SeqNo, uint32(99))
	}},
	{"4.3", "stream-acks-have-no-payload", "the payload of acks over streams is nil", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		r := p.request(a, message(typePing, ping{SeqNo: 99, Node: a.node}))
		t.equal("bytes of the ack", r.body, body(ack{SeqNo: 99}))
	}},
	{"11.3", "stream-ping-for-nobody-is-acknowledged", "an empty Node is accepted", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		r := p.request(a, message(typePing, ping{SeqNo: 98}))
		t.equal("sequence number", decodeAs[ack](r.body).SeqNo, uint32(98))
	}},
	{"11.3", "stream-ping-for-another-name-is-closed", "another name: close without reply", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.closes(a, message(typePing, ping{SeqNo: 1, Node: "other"}))
	}},
	{"11.3", "unknown-stream-types-are-closed", "anything else: close", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		for _, kind := range []byte{typeIndirectPing, typeAck, typeSuspect, typeAlive, typeDead, typeCompound, typeNack, typeCRC, typeErr, 77} {
			p.closes(a, []byte{kind, 0x80})
		}
	}},
	{"11.3", "a-stream-without-a-byte-is-closed", "closed before any byte: silently closed", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.closesAfterEnd(a, nil)
	}},
	{"11.2", "compressed-request", "if the type is 9 the message is inflated", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		r := p.request(a, compress(message(typePing, ping{SeqNo: 97, Node: a.node})))
		t.equal("sequence number", decodeAs[ack](r.body).SeqNo, uint32(97))
	}},
	{"11.3", "lzw-without-end-code-is-refused", "a complete compress map with bad data gets an error reply", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		c := decodeAs[compressed](compress(message(typePing, ping{SeqNo: 97, Node: a.node}))[1:])
		c.Buf = c.Buf[:len(c.Buf)-2]
		p.refuses(a, message(typeCompress, c))
	}},
	{"11.3", "unknown-compression-is-refused", "an unknown algorithm gets an error reply", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		c := decodeAs[compressed](compress(message(typePing, ping{SeqNo: 97, Node: a.node}))[1:])
		c.Algo = 3
		p.refuses(a, message(typeCompress, c))
	}},
	{"18", "stream-that-inflates-to-nothing-is-refused", "a stream that inflates to nothing gets an error reply", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.refuses(a, compress(nil))
	}},
	{"4.9", "user-message-over-a-stream-is-delivered", "type 8, a map with UserMsgLen, then the bytes", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		m := message(serfUserEvent, userEvent{LTime: 5, Name: "by-stream"})
		conn := t.dial(a.gossip())
		_, err := conn.Write(append(message(typeUser, userHeader{len(m)}), m...))
		t.must(err, "write a stream")
		a.awaitOutput("Received event: user-event: by-stream")
		p.fence(a, 1)
	}},
	{"4.9", "empty-user-stream-is-harmless", "length 0: nothing is delivered", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.closes(a, message(typeUser, userHeader{0}))
	}},
	{"11.5", "reply-is-a-push-pull", "request and reply have the same layout", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		r := p.request(a, pushPull(true, serfState(serfStateFields{}), p.self(1)))
		t.equal("type of the reply", r.kind, byte(typePushPull))
		s, err := parseState(r.body)
		t.must(err, "parse")
		t.expect(len(s.user) > 0 && s.user[0] == serfPushPull, "the state of the Serf layer at the end", s.user)
	}},
	{"3.1", "signed-fields-use-signed-forms", "signed fields never use the unsigned family: 128 is d1 00 80", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		r := p.request(a, pushPull(true, serfState(serfStateFields{}), p.self(1)))
		s, err := parseState(r.body)
		t.must(err, "parse")
		t.equal("bytes of the reply", r.body, pushPull(true, s.user, s.nodes...)[1:])
	}},
	{"11.5", "reply-lists-the-responder", "the list contains every entry, including the sender itself", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		s := p.pushPull(a, true, nil, p.self(1))
		n, ok := s.node(a.node)
		t.expect(ok, "an entry of the agent", s)
		t.equal("state", n.State, stateAlive)
		t.equal("port", n.Port, uint16(7946))
		t.expect(strings.HasSuffix(string(n.Addr), string(netIP(a.ip))), "the agent's address", n.Addr)
	}},
	{"12.7", "first-incarnation-is-1", "start: bootstrap alive with incarnation 1", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		n, _ := p.pushPull(a, true, nil, p.self(1)).node(a.node)
		t.equal("incarnation", n.Incarnation, uint32(1))
	}},
	{"4.6", "default-versions", "a Serf node with default settings sends 01 05 02 02 05 05", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		n, _ := p.pushPull(a, true, nil, p.self(1)).node(a.node)
		t.equal("versions", n.Vsn, versions)
	}},
	{"4.6", "protocol-changes-the-last-version-byte", "dcur is the Serf protocol", func(t *trial) {
		a, p := t.agent("-protocol=4"), t.peer("p1")
		n, _ := p.pushPull(a, true, nil, p.self(1)).node(a.node)
		t.equal("versions", n.Vsn, []byte{1, 5, 2, 2, 5, 4})
	}},
	{"11.5", "reply-precedes-the-merge", "the responder sends its own state before it merges the request", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		s := p.pushPull(a, true, nil, p.self(1))
		_, ok := s.node(p.name)
		t.expect(!ok && len(s.nodes) == 1, "a reply without the newcomer", s)
		a.awaitStatus(p.name, "alive")
		_, ok = p.pushPull(a, true, nil, p.self(1)).node(p.name)
		t.expect(ok, "the newcomer in the next reply", ok)
	}},
	{"11.5", "join-is-copied", "Join in the reply is copied from the request", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		t.equal("Join", p.pushPull(a, true, nil, p.self(1)).header.Join, true)
		t.equal("Join", p.pushPull(a, false, nil, p.self(1)).header.Join, false)
	}},
	{"11.5", "no-user-part-is-fine", "the application blob comes only if non-empty", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.pushPull(a, true, nil, p.self(1))
		a.awaitStatus(p.name, "alive")
	}},
	{"11.5", "compressed-push-pull", "the whole message is compressed as one unit", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		r := p.request(a, compress(pushPull(true, serfState(serfStateFields{}), p.self(1))))
		t.equal("type of the reply", r.kind, byte(typePushPull))
		a.awaitStatus(p.name, "alive")
	}},
	{"11.5", "port-0-is-the-own-port", "received ports of 0 are replaced by the local BindPort", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		n := p.self(1)
		n.Port = 0
		p.pushPull(a, true, nil, n)
		a.awaitStatus(p.name, "alive")
		m, _ := a.member(p.name)
		t.equal("port", m.Port, uint16(7946))
	}},
	{"11.3", "negative-node-count-is-closed", "Nodes below 0: close without reply", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.closes(a, message(typePushPull, pushPullHeader{Nodes: -1, Join: true}))
		p.fence(a, 1)
	}},
	{"11.5", "huge-node-count-is-closed", "Nodes above 1048576: close without reply", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.closes(a, message(typePushPull, pushPullHeader{Nodes: 1048577, Join: true}))
		p.fence(a, 1)
	}},
	{"11.5", "huge-user-state-is-closed", "UserStateLen above 20971520: close without reply", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.closes(a, append(message(typePushPull, pushPullHeader{UserStateLen: 20971521, Join: true}), 0))
		p.fence(a, 1)
	}},
	{"11.3", "truncated-push-pull-is-closed", "errors after the type is known are not reported", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		m := pushPull(true, nil, p.self(1))
		p.closesAfterEnd(a, m[:len(m)-5])
	}},
	{"11.3", "undecodable-push-pull-is-closed", "a bad header is not reported", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.closes(a, []byte{typePushPull, 0xc1})
	}},
	{"11.7", "incompatible-versions-are-refused", "no overlap of versions: the whole exchange is discarded", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		n := p.self(1)
		n.Vsn = []byte{6, 7, 6, 2, 5, 5}
		p.pushPull(a, true, nil, n)
		q := t.peer("p2")
		q.join(a)
		_, listed := a.member(p.name)
		t.expect(!listed, "the incompatible peer is not a member", a.members())
	}},
	{"11.7", "incompatible-serf-versions-are-refused", "the same for the delegate versions", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		n := p.self(1)
		n.Vsn = []byte{1, 5, 2, 6, 7, 6}
		p.pushPull(a, true, nil, n)
		q := t.peer("p2")
		q.join(a)
		_, listed := a.member(p.name)
		t.expect(!listed, "the incompatible peer is not a member", a.members())
	}},
	{"11.4", "joiner-sends-its-state", "push/pull: connect, send state with join, read the reply", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		r := a.cli("join", p.ip)
		t.equal("status of join", r.status, 0)
		s, err := parseState(p.awaitStream("a push/pull", isStream(typePushPull)).body)
		t.must(err, "parse")
		t.equal("Join", s.header.Join, true)
		_, ok := s.node(a.node)
		t.expect(ok, "an entry of the agent", s.nodes)
		a.awaitStatus(p.name, "alive")
	}},
	{"11.4", "error-reply-is-a-remote-error", `a reply of type err gives "remote error: TEXT"`, func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.answerWith(message(typeErr, errorReply{"go away"}))
		r := a.cli("join", p.ip)
		t.equal("status of join", r.status, 1)
		t.contains("output of join", r.all(), "go away")
		t.contains("output of join", strings.ToLower(r.all()), "remote error")
	}},
	{"11.4", "other-replies-fail", "any reply other than push-pull is an error", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.answerWith(message(typeAck, ack{SeqNo: 1}))
		t.equal("status of join", a.cli("join", p.ip).status, 1)
	}},
	{"15", "push-pull-repeats", "an exchange with join false follows within two intervals", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.join(a)
		t.eventuallyIn(3*15*time.Second, "a push/pull from the agent", func() (any, bool) {
			p.mu.Lock()
			streams := p.streams
			p.mu.Unlock()
			for _, r := range streams {
				if s, err := parseState(r.body); err == nil && r.kind == typePushPull {
					t.equal("Join of the periodic exchange", s.header.Join, false)
					return nil, true
				}
			}
			return p.transcript(), false
		})
	}},
	{"11.2", "two-compression-layers-are-refused", "exactly one compression layer is removed", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		r, err := p.exchange(a, compress(compress(message(typePing, ping{SeqNo: 1, Node: a.node}))))
		t.expect(err != nil || r.kind != typeAck, "no ack", answerText(r, err))
	}},
	{"18", "stream-bomb-is-refused", "more than 40 MiB inflated is an error", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		r, err := p.exchange(a, compress(bytes.Repeat([]byte{typeUser}, 41<<20)))
		t.expect(err != nil || r.kind == typeErr, "an error or the end", answerText(r, err))
		p.fence(a, 1)
	}},
}

func isStream(kind byte) func(streamRequest) bool {
	return func(r streamRequest) bool { return r.kind == kind }
}

// answerWith makes the peer answer every stream with one message.
func (p *peer) answerWith(m []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func(streamRequest) []byte { return m }
}
