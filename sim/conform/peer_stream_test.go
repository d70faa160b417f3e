//go:build conform

package conform

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"serf/sim/process"
)

// streamRequest is what one side of a connection said.
type streamRequest struct {
	kind   byte
	layers string // "label encrypt compress"
	body   []byte // behind the type byte
	whole  []byte // as received
}

// state is a decoded push/pull.
type state struct {
	header pushPullHeader
	nodes  []nodeState
	user   []byte
}

func (s state) node(name string) (nodeState, bool) {
	i := slices.IndexFunc(s.nodes, func(n nodeState) bool { return n.Name == name })
	if i < 0 {
		return nodeState{}, false
	}
	return s.nodes[i], true
}

// pushPull encodes a state; user is the part of the layer above, may be empty.
func pushPull(join bool, user []byte, nodes ...nodeState) []byte {
	b := message(typePushPull, pushPullHeader{Nodes: len(nodes), UserStateLen: len(user), Join: join})
	for _, n := range nodes {
		b = append(b, body(n)...)
	}
	return append(b, user...)
}

var errIncomplete = errors.New("message goes on")

// parseState decodes what follows the type byte.
func parseState(b []byte) (state, error) {
	var s state
	n, err := decode(b, &s.header)
	if err != nil {
		return s, errors.Join(errIncomplete, err)
	}
	for range s.header.Nodes {
		b = b[n:]
		var node nodeState
		if n, err = decode(b, &node); err != nil {
			return s, errors.Join(errIncomplete, err)
		}
		s.nodes = append(s.nodes, node)
	}
	if len(b)-n < s.header.UserStateLen {
		return s, errIncomplete
	}
	s.user = b[n : n+s.header.UserStateLen]
	return s, nil
}

// parseStream takes what was read from a connection apart. It fails with errIncomplete while more must be read.
func (w wrapping) parseStream(whole []byte) (streamRequest, error) {
	b, layers := whole, ""
	if len(b) > 1 && b[0] == typeLabel {
		if len(b) < 2+int(b[1]) {
			return streamRequest{}, errIncomplete
		}
		b, layers = b[2+int(b[1]):], "label "
	}
	if len(b) > 0 && b[0] == typeEncrypt {
		if len(b) < 5 || len(b)-5 < int(binary.BigEndian.Uint32(b[1:])) {
			return streamRequest{}, errIncomplete
		}
		plain, err := open(w.key, b[5:], append(slices.Clone(b[:5]), w.label...))
		if err != nil {
			return streamRequest{}, err
		}
		b, layers = plain, layers+"encrypt "
	}
	if len(b) > 0 && b[0] == typeCompress {
		plain, err := inflate(b[1:])
		if err != nil {
			return streamRequest{}, errors.Join(errIncomplete, err)
		}
		b, layers = plain, layers+"compress "
	}
	if len(b) == 0 {
		return streamRequest{}, errIncomplete
	}
	r := streamRequest{kind: b[0], layers: layers, body: b[1:], whole: whole}
	return r, complete(r)
}

// complete tells whether the body of a message is all there.
func complete(r streamRequest) error {
	switch r.kind {
	case typePushPull:
		_, err := parseState(r.body)
		return err
	case typeUser:
		var h userHeader
		n, err := decode(r.body, &h)
		if err != nil || len(r.body)-n < h.UserMsgLen {
			return errIncomplete
		}
		return nil
	default:
		var v any
		if _, err := decode(r.body, &v); err != nil {
			return errIncomplete
		}
		return nil
	}
}

// read reads one message from a connection. A connection that ends first gives io.EOF.
func (w wrapping) read(conn net.Conn) (streamRequest, error) {
	var whole []byte
	b := make([]byte, 65536)
	for {
		n, err := conn.Read(b)
		whole = append(whole, b[:n]...)
		if n > 0 {
			r, parseErr := w.parseStream(whole)
			if !errors.Is(parseErr, errIncomplete) {
				return r, parseErr
			}
		}
		if err != nil {
			return streamRequest{whole: whole}, err
		}
	}
}

func (p *peer) acceptStreams() {
	for {
		conn, err := p.tcp.Accept()
		if err != nil {
			return
		}
		go p.serve(conn)
	}
}

func (p *peer) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(within)) // a connection always takes a deadline
	r, err := p.read(conn)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.streams = append(p.streams, r)
	deaf, answer := p.deaf, p.answer
	p.mu.Unlock()
	if deaf {
		return
	}
	reply := p.usualAnswer(r)
	if answer != nil {
		reply = answer(r)
	}
	if reply != nil {
		_, _ = conn.Write(p.stream(reply)) // the agent may have hung up
	}
}

func (p *peer) usualAnswer(r streamRequest) []byte {
	switch r.kind {
	case typePushPull:
		s, _ := parseState(r.body) // complete: read has seen to it
		return pushPull(s.header.Join, serfState(serfStateFields{}), p.self(1))
	case typePing:
		return message(typeAck, ack{SeqNo: decodeAs[ping](r.body).SeqNo})
	default:
		return nil
	}
}

// awaitStream waits for a stream request of a type.
func (p *peer) awaitStream(expected string, accept func(streamRequest) bool) streamRequest {
	var found streamRequest
	yes := process.Poll(within, pollEvery/10, func() bool {
		p.mu.Lock()
		streams := p.streams[:len(p.streams):len(p.streams)]
		p.mu.Unlock()
		i := slices.IndexFunc(streams, accept)
		if i >= 0 {
			found = streams[i]
		}
		return i >= 0
	})
	if !yes {
		p.t.failf("expected: %s receives %s over a stream within %s\nseen:     %s", p.name, expected, within, p.transcript())
	}
	return found
}

// dial opens a stream to the agent.
func (t *trial) dial(addr string) net.Conn {
	conn, err := net.DialTimeout("tcp", addr, within)
	t.must(err, "connect to "+addr)
	t.cleanup(func() { conn.Close() })
	t.must(conn.SetDeadline(time.Now().Add(within)), "set a deadline")
	return conn
}

// exchange writes raw bytes on a stream and reads the reply; io.EOF means that the agent closed without one.
func (p *peer) exchange(a *agentProc, raw []byte) (streamRequest, error) {
	conn := p.t.dial(a.gossip())
	_, err := conn.Write(raw)
	p.t.must(err, "write a stream")
	return p.read(conn)
}

// request sends a message over a stream, wrapped as the peer's configuration says, and returns the reply.
func (p *peer) request(a *agentProc, m []byte) streamRequest {
	raw := p.stream(m)
	if p.label != "" {
		raw = labelled(p.label, raw)
	}
	r, err := p.exchange(a, raw)
	if err != nil {
		p.t.failf("expected: a reply on the stream\nseen:     %v, %x", err, r.whole)
	}
	return r
}

// closes checks that the agent closes a stream without a reply.
func (p *peer) closes(a *agentProc, raw []byte) {
	r, err := p.exchange(a, raw)
	p.t.expect(err != nil && !isTimeout(err) && len(r.whole) == 0, "the agent closes the stream without a reply", answerText(r, err))
}

// refuses checks that the agent answers a stream with an error message, and returns its text.
func (p *peer) refuses(a *agentProc, raw []byte) string {
	r, err := p.exchange(a, raw)
	p.t.expect(err == nil && r.kind == typeErr, "an error message as reply", answerText(r, err))
	return decodeAs[errorReply](r.body).Error
}

func answerText(r streamRequest, err error) string {
	if err == io.EOF && len(r.whole) == 0 {
		return "the stream was closed"
	}
	return fmt.Sprintf("type %d, %x, error %v", r.kind, r.whole, err)
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// pushPull exchanges states with the agent and returns what it answered.
func (p *peer) pushPull(a *agentProc, join bool, user []byte, nodes ...nodeState) state {
	r := p.request(a, pushPull(join, user, nodes...))
	p.t.expect(r.kind == typePushPull, "a push/pull as reply", answerText(r, nil))
	s, err := parseState(r.body)
	p.t.must(err, "parse the agent's state")
	return s
}

// join makes the peer a member of the agent's cluster and waits until the agent shows it.
func (p *peer) join(a *agentProc) state {
	s := p.pushPull(a, true, serfState(serfStateFields{}), p.self(1))
	a.awaitStatus(p.name, "alive")
	return s
}

// closesAfterEnd writes bytes, ends the sending side, and checks that the agent closes without a reply.
func (p *peer) closesAfterEnd(a *agentProc, raw []byte) {
	conn := p.t.dial(a.gossip()).(*net.TCPConn)
	_, err := conn.Write(raw)
	p.t.must(err, "write a stream")
	p.t.must(conn.CloseWrite(), "end the stream")
	b, err := io.ReadAll(conn)
	p.t.expect(err == nil && len(b) == 0, "the agent closes the stream without a reply", fmt.Sprint(b, err))
}
