//go:build conform

package conform

import "net/netip"

func netIP(text string) []byte {
	a := netip.MustParseAddr(text).As4()
	return a[:]
}

// cluster is an agent with a peer that has joined.
func (t *trial) cluster(args ...string) (*agentProc, *peer) {
	a, p := t.agent(args...), t.peer("p1")
	p.join(a)
	return a, p
}

// other announces a member that answers nothing; the peer hears what is sent to it.
func (p *peer) other(name string, incarnation uint32) alive {
	m := p.alive(incarnation)
	m.Node, m.Addr = name, netIP(p.listenAt(freeAddress(p.t)))
	return m
}

// entry is what the agent's table says about a node.
func (p *peer) entry(a *agentProc, name string) (nodeState, bool) {
	return p.pushPull(a, false, nil, p.self(1)).node(name)
}

// awaitEntry waits until the agent's table says something about a node.
func (p *peer) awaitEntry(a *agentProc, name, expected string, accept func(nodeState) bool) nodeState {
	var n nodeState
	p.t.eventually(a.node+"'s table: "+name+" "+expected, func() (any, bool) {
		var ok bool
		n, ok = p.entry(a, name)
		return n, ok && accept(n)
	})
	return n
}

var stateChecks = []check{
	{"12.2", "alive-for-a-new-name-is-a-join", "a new node becomes alive: join event", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 1)))
		a.awaitStatus("x", "alive")
		a.awaitOutput("EventMemberJoin: x ")
	}},
	{"12.2", "alive-is-gossiped-on", "an alive message is queued for broadcast", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 1)
		p.send(a, message(typeAlive, x))
		m := p.await("alive about x", isAbout(typeAlive, "x"))
		t.equal("the message passed on", m.body, body(x))
	}},
	{"3.2", "unknown-keys-do-not-travel", "a receiver re-encodes what it passes on", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 1)
		fields := decodeAs[map[string]any](body(x))
		fields["Zzz"] = 5
		p.send(a, message(typeAlive, fields))
		m := p.await("alive about x", isAbout(typeAlive, "x"))
		t.equal("the message passed on", m.body, body(x))
	}},
	{"12.2", "equal-incarnation-changes-nothing", "not self and i <= stored: stop", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 3)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		x.Meta = tags(map[string]string{"k": "new"})
		p.send(a, message(typeAlive, x))
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		m, _ := a.member("x")
		t.equal("tags of x", len(m.Tags), 0)
	}},
	{"12.2", "lower-incarnation-changes-nothing", "not self and i <= stored: stop", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 3)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		x.Incarnation, x.Meta = 2, tags(map[string]string{"k": "new"})
		p.send(a, message(typeAlive, x))
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		m, _ := a.member("x")
		t.equal("tags of x", len(m.Tags), 0)
	}},
	{"12.2", "newer-metadata-is-an-update", "a newer incarnation with other metadata: update event", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 3)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		x.Incarnation, x.Meta = 4, tags(map[string]string{"k": "new"})
		p.send(a, message(typeAlive, x))
		t.eventually("the new tag", func() (any, bool) {
			m, _ := a.member("x")
			return m.Tags, m.Tags["k"] == "new"
		})
		a.awaitOutput("EventMemberUpdate: x")
	}},
	{"12.2", "newer-incarnation-alone-is-no-event", "same metadata: no event", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 3)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		x.Incarnation = 4
		p.send(a, message(typeAlive, x))
		p.awaitEntry(a, "x", "has incarnation 4", func(n nodeState) bool { return n.Incarnation == 4 })
		t.lacks("log", a.stdout.String(), "EventMemberUpdate: x")
	}},
	{"12.2", "another-address-is-a-conflict", "a known node with another address is not believed", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 3)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		y := p.other("x", 9)
		p.send(a, message(typeAlive, y))
		a.awaitOutput("Conflicting address for x")
		m, _ := a.member("x")
		t.equal("address of x", m.Addr, x.Addr)
	}},
	{"12.2", "a-left-node-may-move", "state is left: the new address is accepted at once", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 3)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{3, "x", "x"}))
		p.awaitEntry(a, "x", "has left", func(n nodeState) bool { return n.State == stateLeft })
		y := p.other("x", 1)
		p.send(a, message(typeAlive, y))
		t.eventually("the new address", func() (any, bool) {
			m, _ := a.member("x")
			return m.Addr, string(m.Addr) == string(y.Addr) && m.Status == "alive"
		})
	}},
	{"12.2", "versions-that-make-no-sense-are-refused", "pmin = 0, pmax = 0 or pmin > pmax: stop", func(t *trial) {
		a, p := t.cluster()
		for i, vsn := range [][]byte{{0, 5, 2, 2, 5, 5}, {1, 0, 2, 2, 5, 5}, {5, 1, 2, 2, 5, 5}} {
			x := p.other("bad"+string(rune('0'+i)), 1)
			x.Vsn = vsn
			p.send(a, message(typeAlive, x))
		}
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		t.equal("members", len(a.members()), 3)
	}},
	{"12.2", "own-alive-with-equal-incarnation-is-silent", "equal and nothing differs: stop", func(t *trial) {
		a, p := t.cluster()
		n, _ := p.entry(a, a.node)
		p.send(a, message(typeAlive, alive{n.Incarnation, n.Name, n.Addr, n.Port, n.Meta, n.Vsn}))
		p.fence(a, 1)
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		after, _ := p.entry(a, a.node)
		t.equal("own incarnation", after.Incarnation, n.Incarnation)
	}},
	{"12.2", "own-alive-with-other-metadata-is-refuted", "i equals stored and Meta differs: refute", func(t *trial) {
		a, p := t.cluster()
		n, _ := p.entry(a, a.node)
		p.send(a, message(typeAlive, alive{n.Incarnation, n.Name, n.Addr, n.Port, tags(map[string]string{"not": "mine"}), n.Vsn}))
		m := p.await("a refutation", func(m received) bool {
			return isAbout(typeAlive, a.node)(m) && decodeAs[alive](m.body).Incarnation == n.Incarnation+1
		})
		t.equal("metadata", decodeAs[alive](m.body).Meta, n.Meta)
	}},
	{"12.2", "own-alive-with-newer-incarnation-is-refuted", "refute against i", func(t *trial) {
		a, p := t.cluster()
		n, _ := p.entry(a, a.node)
		p.send(a, message(typeAlive, alive{20, n.Name, n.Addr, n.Port, n.Meta, n.Vsn}))
		p.await("a refutation with incarnation 21", func(m received) bool {
			return isAbout(typeAlive, a.node)(m) && decodeAs[alive](m.body).Incarnation == 21
		})
	}},
	{"4.6", "port-0-is-the-receivers-port", "port 0 received in a packet is replaced by the receiver's BindPort", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 1)
		x.Port = 0
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		m, _ := a.member("x")
		t.equal("port", m.Port, uint16(7946))
	}},
	{"11.6", "merge-takes-alive", "alive: exactly as an alive message", func(t *trial) {
		a, p := t.cluster()
		x := p.self(4)
		x.Name, x.Addr = "x", netIP(freeAddress(t))
		p.pushPull(a, false, nil, p.self(1), x)
		a.awaitStatus("x", "alive")
	}},
	{"11.6", "merge-turns-dead-into-suspect", "dead: as suspect from the local node", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 1)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		p.pushPull(a, false, nil, p.self(1), nodeState{"x", x.Addr, x.Port, x.Meta, 1, stateDead, x.Vsn})
		m := p.await("suspect about x", isAbout(typeSuspect, "x"))
		t.equal("the suspicion", decodeAs[accusation](m.body), accusation{1, "x", a.node})
		s, _ := a.member("x")
		t.equal("status", s.Status, "alive")
	}},
	{"11.6", "merge-takes-left", "left: as a leave", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 1)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		p.pushPull(a, false, nil, p.self(1), nodeState{"x", x.Addr, x.Port, x.Meta, 1, stateLeft, x.Vsn})
		p.awaitEntry(a, "x", "has left", func(n nodeState) bool { return n.State == stateLeft })
	}},
	{"11.6", "merge-ignores-other-states", "other numbers: ignored", func(t *trial) {
		a, p := t.cluster()
		x := p.self(4)
		x.Name, x.Addr, x.State = "x", netIP(freeAddress(t)), 9
		p.pushPull(a, false, nil, p.self(1), x)
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		_, ok := a.member("x")
		t.expect(!ok, "no member x", a.members())
	}},
}
