//go:build conform

package conform

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"serf/sim/process"
)

// peer is a scripted member: it sends what a check tells it to and remembers what it receives. It answers pings and
// push/pulls about itself, unless told to be silent.
type peer struct {
	t    *trial
	name string
	ip   string
	wrapping

	udp net.PacketConn
	tcp net.Listener

	mu      sync.Mutex
	silent  bool // answers no packets
	deaf    bool // answers no streams
	seen    []received
	streams []streamRequest
	errs    []string
	payload []byte                     // of the peer's acks; guarded by mu
	answer  func(streamRequest) []byte // replaces the usual answer to a stream; guarded by mu
}

// peer opens a peer on an address of its own.
func (t *trial) peer(name string, w ...wrapping) *peer { return t.peerAt(name, freeAddress(t), w...) }

// peerAt opens a peer on an address.
func (t *trial) peerAt(name, ip string, w ...wrapping) *peer {
	p := &peer{t: t, name: name, ip: ip}
	if len(w) > 0 {
		p.wrapping = w[0]
	}
	var err error
	p.udp, err = net.ListenPacket("udp", p.ip+":7946")
	t.must(err, "open the peer's packet socket")
	p.tcp, err = net.Listen("tcp", p.ip+":7946")
	t.must(err, "open the peer's stream socket")
	var running sync.WaitGroup
	running.Go(func() { p.readPackets(p.udp, true) })
	running.Go(p.acceptStreams)
	t.cleanup(func() {
		p.udp.Close()
		p.tcp.Close()
		running.Wait()
	})
	t.explain("what "+name+" received", p.transcript)
	return p
}

func (p *peer) addr() []byte {
	a := netip.MustParseAddr(p.ip).As4()
	return a[:]
}

// self is the peer's own entry in a push/pull.
func (p *peer) self(incarnation uint32) nodeState {
	return nodeState{Name: p.name, Addr: p.addr(), Port: 7946, Meta: tags(nil), Incarnation: incarnation, State: stateAlive, Vsn: versions}
}

// alive announces the peer.
func (p *peer) alive(incarnation uint32) alive {
	return alive{Incarnation: incarnation, Node: p.name, Addr: p.addr(), Port: 7946, Meta: tags(nil), Vsn: versions}
}

// ping asks the agent for an ack at the peer's address.
func (p *peer) ping(a *agentProc, seq uint32) []byte {
	return message(typePing, ping{SeqNo: seq, Node: a.node, SourceAddr: p.addr(), SourcePort: 7946, SourceNode: p.name})
}

// send sends messages in one packet, wrapped as the peer's configuration says.
func (p *peer) send(a *agentProc, messages ...[]byte) { p.raw(a, p.packet(messages...)) }

// raw sends a datagram as it is.
func (p *peer) raw(a *agentProc, datagram []byte) {
	to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(a.gossip()))
	_, err := p.udp.WriteTo(datagram, to)
	p.t.must(err, "send a packet")
}

// listenAt makes the peer hear what is sent to another address, without answering, and returns the address. A broadcast
// is transmitted a few times only, to random members: whoever waits for one must hear all of them.
func (p *peer) listenAt(ip string) string {
	conn, err := net.ListenPacket("udp", ip+":7946")
	p.t.must(err, "open a packet socket")
	var running sync.WaitGroup
	running.Go(func() { p.readPackets(conn, false) })
	p.t.cleanup(func() {
		conn.Close()
		running.Wait()
	})
	return ip
}

func (p *peer) readPackets(conn net.PacketConn, answering bool) {
	b := make([]byte, 65536)
	for {
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		messages, err := p.unwrap(append([]byte(nil), b[:n]...))
		p.mu.Lock()
		if err != nil {
			p.errs = append(p.errs, fmt.Sprintf("%v: %x", err, b[:n]))
		}
		p.seen = append(p.seen, messages...)
		silent := p.silent || !answering
		p.mu.Unlock()
		for _, m := range messages {
			if m.kind == typePing && !silent {
				p.acknowledge(m, from)
			}
		}
	}
}

func (p *peer) acknowledge(m received, from net.Addr) {
	if q := decodeAs[ping](m.body); q.Node == p.name || q.Node == "" {
		p.mu.Lock()
		payload := p.payload
		p.mu.Unlock()
		_, _ = p.udp.WriteTo(p.packet(message(typeAck, ack{q.SeqNo, payload})), from) // the socket may be closing
	}
}

// quiet stops or resumes answering packets and streams.
func (p *peer) quiet(packets, streams bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent, p.deaf = packets, streams
}

// unreadable counts the packets that could not be opened.
func (p *peer) unreadable() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.errs)
}

// mark is a point in what the peer has received.
func (p *peer) mark() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.seen)
}

// since lists the messages received after a mark.
func (p *peer) since(mark int) []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[mark:len(p.seen):len(p.seen)]
}

// await waits for a message that was received at any time.
func (p *peer) await(expected string, accept func(received) bool) received {
	return p.awaitSince(0, expected, accept)
}

// awaitSince waits for a message received after a mark.
func (p *peer) awaitSince(mark int, expected string, accept func(received) bool) received {
	var found received
	yes := process.Poll(within, pollEvery/10, func() bool {
		messages := p.since(mark)
		for _, m := range messages {
			if accept(m) {
				found = m
				return true
			}
		}
		mark += len(messages)
		return false
	})
	if !yes {
		p.t.failf("expected: %s receives %s within %s\nseen:     %s", p.name, expected, within, p.transcript())
	}
	return found
}

// awaitAck waits for the ack with a sequence number.
func (p *peer) awaitAck(seq uint32) received {
	return p.await(fmt.Sprintf("an ack with sequence number %d", seq), isAck(seq))
}

// fence sends a ping and waits for its ack: what was sent before has been read by then, and if it was to be answered
// on the receive path, answered.
func (p *peer) fence(a *agentProc, seq uint32) {
	p.send(a, p.ping(a, seq))
	p.awaitAck(seq)
}

// never ends the check when a message was received.
func (p *peer) never(expected string, accept func(received) bool) {
	for _, m := range p.since(0) {
		p.t.expect(!accept(m), expected, fmt.Sprintf("type %d, %x", m.kind, m.body))
	}
}

func isAck(seq uint32) func(received) bool {
	return func(m received) bool { return m.kind == typeAck && decodeAs[ack](m.body).SeqNo == seq }
}

func isKind(kind byte) func(received) bool {
	return func(m received) bool { return m.kind == kind }
}

// isAbout accepts alive, suspect or dead messages about a node.
func isAbout(kind byte, node string) func(received) bool {
	return func(m received) bool { return m.kind == kind && subject(m) == node }
}

func subject(m received) string {
	switch m.kind {
	case typeAlive:
		return decodeAs[alive](m.body).Node
	case typeSuspect, typeDead:
		return decodeAs[accusation](m.body).Node
	default:
		return ""
	}
}

// transcript describes what the peer received.
func (p *peer) transcript() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, m := range p.seen {
		fmt.Fprintf(&b, "packet: [%s] type %d %.200x\n", strings.TrimSpace(m.layers), m.kind, m.body)
	}
	for _, s := range p.streams {
		fmt.Fprintf(&b, "stream: [%s] type %d\n", strings.TrimSpace(s.layers), s.kind)
	}
	for _, e := range p.errs {
		fmt.Fprintf(&b, "cannot be opened: %.300s\n", e)
	}
	if b.Len() == 0 {
		return "nothing"
	}
	return b.String()
}
