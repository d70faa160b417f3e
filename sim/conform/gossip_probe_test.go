//go:build conform

package conform

import (
	"fmt"
	"strings"
	"time"
)

var probeChecks = []check{
	{"13.3", "members-are-pinged", "one member is probed every interval", func(t *trial) {
		a, p := t.cluster()
		p.await("three pings", func() func(received) bool {
			n := 0
			return func(m received) bool {
				if m.kind == typePing {
					n++
				}
				return n == 3
			}
		}())
		_ = a
	}},
	{"4.1", "pings-name-recipient-and-sender", "Node, SourceAddr, SourcePort and SourceNode are always filled", func(t *trial) {
		a, p := t.cluster()
		m := p.await("a ping", isKind(typePing))
		q := decodeAs[ping](m.body)
		t.equal("Node", q.Node, p.name)
		t.equal("SourceNode", q.SourceNode, a.node)
		t.equal("SourcePort", q.SourcePort, uint16(7946))
		t.expect(strings.HasSuffix(string(q.SourceAddr), string(netIP(a.ip))), "the agent's address", q.SourceAddr)
		t.equal("bytes of the ping", m.body, body(q))
	}},
	{"13.3", "probes-have-their-own-sequence-numbers", "each probe has a fresh sequence number", func(t *trial) {
		_, p := t.cluster()
		seen := map[uint32]bool{}
		p.await("three pings with different numbers", func(m received) bool {
			if m.kind == typePing {
				seen[decodeAs[ping](m.body).SeqNo] = true
			}
			return len(seen) == 3
		})
	}},
	{"13.1", "probes-do-not-overlap", "one at a time, an interval apart", func(t *trial) {
		_, p := t.cluster()
		start := time.Now()
		seen := map[uint32]bool{}
		p.await("four pings", func(m received) bool {
			if m.kind == typePing {
				seen[decodeAs[ping](m.body).SeqNo] = true
			}
			return len(seen) == 4
		})
		took := time.Since(start)
		t.expect(took > 2*time.Second, "four probes of one member in more than 2 s", took)
	}},
	{"13.3", "no-ack-brings-a-stream-ping", "after the timeout a ping over a stream with the same sequence number", func(t *trial) {
		_, p := t.cluster()
		p.quiet(true, false)
		r := p.awaitStream("a ping", isStream(typePing))
		q := decodeAs[ping](r.body)
		t.equal("Node", q.Node, p.name)
		p.await("the packet ping of the same probe", func(m received) bool {
			return m.kind == typePing && decodeAs[ping](m.body).SeqNo == q.SeqNo
		})
	}},
	{"13.3", "a-stream-ack-saves-the-member", "the stream ping succeeded: the node stays as it is", func(t *trial) {
		a, p := t.cluster()
		p.quiet(true, false)
		a.awaitOutput("Was able to connect to p1")
		m, _ := a.member(p.name)
		t.equal("status", m.Status, "alive")
		n, _ := p.entry(a, p.name)
		t.equal("state", n.State, stateAlive)
	}},
	{"4.12", "no-stream-ping-below-version-3", "stream fallback only if the target's pmax >= 3", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		old := p.self(1)
		old.Vsn = []byte{1, 2, 2, 2, 5, 5}
		p.pushPull(a, true, nil, old)
		a.awaitStatus(p.name, "alive")
		p.quiet(true, false)
		p.await("suspect", isAbout(typeSuspect, p.name))
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, r := range p.streams {
			t.expect(r.kind != typePing, "no ping over a stream", r)
		}
	}},
	{"13.3", "silence-is-suspicion", "failure: suspect{incarnation, target, From self}", func(t *trial) {
		a, p := t.cluster()
		p.quiet(true, true)
		m := p.await("suspect", isAbout(typeSuspect, p.name))
		t.equal("bytes", m.body, body(accusation{1, p.name, a.node}))
		a.awaitOutput("Suspect p1 has failed, no acks received")
	}},
	{"13.3", "suspects-are-pinged-with-their-suspicion", "target suspect: a compound of ping and suspect", func(t *trial) {
		a, p := t.cluster()
		p.quiet(true, true)
		p.await("ping and suspect in one packet", func(m received) bool {
			if m.kind != typePing || m.parts < 2 {
				return false
			}
			messages, err := p.unwrap(m.packet)
			return err == nil && len(messages) >= 2 && messages[1].kind == typeSuspect && subject(messages[1]) == p.name
		})
		_ = a
	}},
	{"13.3", "a-refuted-suspicion-ends", "an alive with a newer incarnation restores the member", func(t *trial) {
		a, p := t.cluster()
		p.quiet(true, true)
		p.await("suspect", isAbout(typeSuspect, p.name))
		p.quiet(false, false)
		p.send(a, message(typeAlive, p.alive(2)))
		p.awaitEntry(a, p.name, "is alive", func(n nodeState) bool { return n.State == stateAlive })
		t.lacks("log", a.stdout.String(), "EventMemberFailed: p1")
	}},
	{"13.3", "helpers-are-asked", "after the timeout members get an indirect ping with the same sequence number", func(t *trial) {
		a, p := t.cluster()
		q := t.peer("p2")
		q.join(a)
		p.quiet(true, true)
		m := q.await("an indirect ping about p1", func(m received) bool {
			return m.kind == typeIndirectPing && decodeAs[indirectPing](m.body).Node == p.name
		})
		i := decodeAs[indirectPing](m.body)
		t.equal("bytes", m.body, body(i))
		t.equal("Target", i.Target, p.addr())
		t.equal("Port", i.Port, uint16(7946))
		t.equal("Nack", i.Nack, true)
		t.equal("SourceNode", i.SourceNode, a.node)
		p.await("the ping of the same probe", func(m received) bool {
			return m.kind == typePing && decodeAs[ping](m.body).SeqNo == i.SeqNo
		})
	}},
	{"4.12", "old-helpers-are-not-asked-for-nacks", "nack requested only if the helper's pmax >= 4", func(t *trial) {
		a, p := t.cluster()
		q := t.peer("p2")
		old := q.self(1)
		old.Vsn = []byte{1, 3, 2, 2, 5, 5}
		q.pushPull(a, true, nil, old)
		a.awaitStatus(q.name, "alive")
		p.quiet(true, true)
		m := q.await("an indirect ping about p1", isKind(typeIndirectPing))
		t.equal("Nack", decodeAs[indirectPing](m.body).Nack, false)
	}},
	{"13.3", "an-indirect-ack-saves-the-member", "an ack for the sequence number from a helper ends the probe well", func(t *trial) {
		a, p := t.cluster()
		q := t.peer("p2")
		q.join(a)
		p.quiet(true, true)
		incarnation := uint32(1)
		for mark, try := 0, 0; ; try++ { // on a busy machine the ack may come too late, then p1 denies the suspicion
			t.expect(try < 5, "no suspicion after an indirect ack", q.transcript())
			m := q.awaitSince(mark, "an indirect ping about p1", isKind(typeIndirectPing))
			q.send(a, message(typeAck, ack{SeqNo: decodeAs[indirectPing](m.body).SeqNo}))
			mark = q.mark()
			next := q.awaitSince(mark, "an indirect ping or a suspicion about p1", func(m received) bool {
				return m.kind == typeIndirectPing || isAbout(typeSuspect, p.name)(m)
			})
			if next.kind == typeIndirectPing {
				return
			}
			incarnation++
			p.send(a, message(typeAlive, p.alive(incarnation)))
		}
	}},
	{"13.3", "a-stray-ack-is-ignored", "later or unknown acks are ignored", func(t *trial) {
		a, p := t.cluster()
		for seq := range uint32(200) {
			p.send(a, message(typeAck, ack{SeqNo: 1000000 + seq}))
			p.send(a, message(typeNack, nack{SeqNo: 1000000 + seq}))
		}
		p.fence(a, 1)
	}},
	{"13.6", "failed-probes-cost-health", "a probe without answer and without helpers: +1", func(t *trial) {
		a, p := t.cluster()
		p.quiet(true, true)
		t.eventually("a health score above 0", func() (any, bool) {
			s := a.stats()["serf"]["health_score"]
			return s, s != "0" && s != ""
		})
	}},
}

// helper is a cluster in which the agent can be asked to reach p2 on behalf of p1.
func (t *trial) helper() (a *agentProc, p, target *peer) {
	a, p = t.cluster()
	target = t.peer("p2")
	target.join(a)
	return a, p, target
}

func (p *peer) indirect(seq uint32, target *peer, nack bool) indirectPing {
	return indirectPing{SeqNo: seq, Target: target.addr(), Port: 7946, Node: target.name, Nack: nack, SourceAddr: p.addr(), SourcePort: 7946, SourceNode: p.name}
}

// helped asks the agent to reach a member until there is an ack: on a busy machine the member may be too slow for the
// probe timeout of 200 ms, which gives a nack. Each try has a sequence number of its own, from m's upwards.
func (p *peer) helped(a *agentProc, m indirectPing) received {
	const triesMax = 20
	for range triesMax {
		p.send(a, message(typeIndirectPing, m))
		answer := p.await("an ack or nack", func(r received) bool {
			return isAck(m.SeqNo)(r) || r.kind == typeNack && decodeAs[nack](r.body).SeqNo == m.SeqNo
		})
		if answer.kind == typeAck {
			return answer
		}
		m.SeqNo++
	}
	p.t.failf("expected: an ack\nseen:     %d nacks", triesMax)
	return received{}
}

var helperChecks = []check{
	{"13.4", "indirect-ack-has-the-original-number", "on ack: ack{original SeqNo, nil payload} to the requester", func(t *trial) {
		a, p, target := t.helper()
		m := p.helped(a, p.indirect(4242, target, true))
		t.equal("bytes", m.body, body(ack{SeqNo: decodeAs[ack](m.body).SeqNo}))
	}},
	{"13.4", "the-target-is-pinged-afresh", "ping the target with a fresh sequence number and own source", func(t *trial) {
		a, p, target := t.helper()
		p.helped(a, p.indirect(4242, target, true))
		target.never("no ping with the requester's number", func(m received) bool {
			return m.kind == typePing && decodeAs[ping](m.body).SeqNo == 4242
		})
		for _, m := range target.since(0) {
			if m.kind == typePing {
				t.equal("SourceNode", decodeAs[ping](m.body).SourceNode, a.node)
			}
		}
	}},
	{"13.4", "silence-is-a-nack", "nothing within the timeout and Nack requested: nack{original SeqNo}", func(t *trial) {
		a, p, target := t.helper()
		target.quiet(true, true)
		p.send(a, message(typeIndirectPing, p.indirect(4243, target, true)))
		m := p.await("a nack", isKind(typeNack))
		t.equal("bytes", m.body, body(nack{4243}))
		p.never("no ack", isAck(4243))
	}},
	{"13.4", "no-nack-unless-requested", "a nack only if requested", func(t *trial) {
		a, p, target := t.helper()
		target.quiet(true, true)
		p.send(a, message(typeIndirectPing, p.indirect(4244, target, false)))
		p.send(a, message(typeIndirectPing, p.indirect(4245, target, true)))
		p.await("the nack that was requested", isKind(typeNack))
		p.never("no nack that was not", func(m received) bool { return m.kind == typeNack && decodeAs[nack](m.body).SeqNo == 4244 })
	}},
	{"4.2", "port-0-is-the-helpers-port", "port 0 is replaced by the receiver's own BindPort", func(t *trial) {
		a, p, target := t.helper()
		m := p.indirect(4246, target, true)
		m.Port = 0
		p.helped(a, m)
	}},
	{"13.4", "requester-without-source-fields", "the requester's address: its source fields, else the UDP source", func(t *trial) {
		a, p, target := t.helper()
		m := p.indirect(4247, target, true)
		m.SourceAddr, m.SourcePort, m.SourceNode = nil, 0, ""
		p.helped(a, m)
	}},
	{"13.4", "wrong-target-name-is-a-nack", "a target that is somebody else does not answer", func(t *trial) {
		a, p, target := t.helper()
		m := p.indirect(4248, target, true)
		m.Node = "somebody"
		p.send(a, message(typeIndirectPing, m))
		p.await("a nack", isKind(typeNack))
	}},
}

var disseminationChecks = []check{
	{"14.4", "membership-broadcasts-end", "limit = mult 2 x ceil(log10(n + 1)): two transmissions in a cluster of three", func(t *trial) {
		a, p := t.cluster("-disable-compression")
		x := p.other("x", 1)
		mark := p.mark()
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{1, "x", "x"})) // replaces what is queued about x
		p.await("dead about x", isAbout(typeDead, "x"))
		time.Sleep(time.Second) // ten gossip intervals
		n := 0
		for _, m := range p.since(mark) {
			if isAbout(typeDead, "x")(m) {
				n++
			}
		}
		t.expect(n >= 1 && n <= 2, "one or two transmissions", n)
	}},
	{"14.1", "gossip-comes-within-intervals", "every 100 ms on the local profile", func(t *trial) {
		a, p := t.cluster()
		start := time.Now()
		p.send(a, message(typeAlive, p.other("x", 1)))
		p.await("alive about x", isAbout(typeAlive, "x"))
		took := time.Since(start)
		t.expect(took < within/2, "gossip within a few intervals", took)
	}},
	{"14.1", "the-dead-are-gossiped-to", "a member dead for less than GossipToTheDeadTime still gets gossip", func(t *trial) {
		a, p := t.cluster()
		p.quiet(true, true)
		p.await("its own death", func(m received) bool { return isAbout(typeDead, p.name)(m) })
		_ = a
	}},
	{"10.3", "acks-carry-broadcasts", "broadcasts that fit ride on pings and acks", func(t *trial) {
		a, p := t.cluster()
		p.await("a ping or ack in a compound with news", func(m received) bool {
			if m.kind != typePing && m.kind != typeAck || m.parts < 2 {
				p.send(a, p.ping(a, 5), message(typeAlive, p.other(fmt.Sprint("x", time.Now().UnixNano()), 1)))
				time.Sleep(20 * time.Millisecond) // the pace of the news
				return false
			}
			return true
		})
	}},
	{"16.4", "leaving-says-dead-from-self", "leave: dead{own incarnation, self, From self}", func(t *trial) {
		a, p := t.cluster()
		r := a.cli("leave")
		t.equal("status of leave", r.status, 0)
		m := p.await("dead about the agent", isAbout(typeDead, a.node))
		t.equal("bytes", m.body, body(accusation{1, a.node, a.node}))
	}},
	{"16.3", "join-takes-a-name-in-front", "[name/]host[:port]", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		t.equal("status of join", a.cli("join", "p1/"+p.ip+":7946").status, 0)
		a.awaitStatus(p.name, "alive")
	}},
	{"16.3", "join-takes-a-bare-address", "port default: own BindPort", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		t.equal("status of join", a.cli("join", p.ip).status, 0)
		a.awaitStatus(p.name, "alive")
	}},
	{"16.3", "one-success-is-enough", "result: number of successes, errors only if it is 0", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		r := a.cli("join", freeAddress(t)+":1", p.ip)
		t.equal("status of join", r.status, 0)
		t.contains("output", r.stdout, "by contacting 1 nodes")
	}},
	{"16.5", "shutdown-sends-nothing", "no message is sent on shutdown", func(t *trial) {
		a, p := t.cluster()
		mark := p.mark()
		a.signal(15)
		a.status()
		for _, m := range p.since(mark) {
			t.expect(!isAbout(typeDead, a.node)(m), "no dead message", m)
		}
	}},
}
