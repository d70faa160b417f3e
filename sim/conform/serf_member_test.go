//go:build conform

package conform

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func serfChecks() []check {
	return slices.Concat(tagChecks, intentChecks, leaveChecks, exchangeChecks, eventChecks, queryChecks, filterChecks(),
		relayChecks, malformedChecks(), keyQueryChecks, conflictChecks, coordinateChecks)
}

// metadata is what the agent announces about itself.
func (p *peer) metadata(a *agentProc) []byte {
	n, ok := p.entry(a, a.node)
	p.t.expect(ok, "an entry of the agent", nil)
	return n.Meta
}

// newcomer announces a member with metadata and waits until the agent shows it.
func (p *peer) newcomer(a *agentProc, name string, meta []byte) rpcMember {
	x := p.other(name, 1)
	x.Meta = meta
	p.send(a, message(typeAlive, x))
	a.awaitStatus(name, "alive")
	m, _ := a.member(name)
	return m
}

var tagChecks = []check{
	{"4.1", "tags-are-a-map-behind-ff", "protocol >= 3: byte ff, then a map of strings", func(t *trial) {
		a, p := t.agent("-tag", "role=web"), t.peer("p1")
		t.equal("metadata", p.metadata(a), tags(map[string]string{"role": "web"}))
	}},
	{"4.1", "no-tags-are-an-empty-map", "an empty map is ff 80, a nil map ff c0", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		meta := p.metadata(a)
		t.expect(slices.Contains([]string{"\xff\x80", "\xff\xc0"}, string(meta)), "ff 80 or ff c0", meta)
	}},
	{"4.1", "several-tags", "a map of strings, order is free", func(t *trial) {
		a, p := t.agent("-tag", "a=1", "-tag", "b=2", "-tag", "c="), t.peer("p1")
		t.equal("tags", decodeAs[map[string]string](p.metadata(a)[1:]), map[string]string{"a": "1", "b": "2", "c": ""})
	}},
	{"4.1", "protocol-2-sends-the-bare-role", "protocol 2: only the value of tag role, raw", func(t *trial) {
		a, p := t.agent("-protocol=2", "-tag", "role=web"), t.peer("p1")
		t.equal("metadata", string(p.metadata(a)), "web")
	}},
	{"4.2", "tags-of-a-peer-are-shown", "decode the map", func(t *trial) {
		a, p := t.cluster()
		t.equal("tags", p.newcomer(a, "x", tags(map[string]string{"role": "db", "k": "v"})).Tags, map[string]string{"role": "db", "k": "v"})
	}},
	{"4.2", "bare-metadata-is-the-role", "first byte not ff: the tags are {role: <meta>}", func(t *trial) {
		a, p := t.cluster()
		t.equal("tags", p.newcomer(a, "x", []byte("db")).Tags, map[string]string{"role": "db"})
	}},
	{"4.2", "empty-metadata-is-an-empty-role", "empty meta means role = \"\"", func(t *trial) {
		a, p := t.cluster()
		t.equal("tags", p.newcomer(a, "x", nil).Tags, map[string]string{"role": ""})
	}},
	{"4.2", "set-tags-raises-the-incarnation", "re-advertise the local node: new incarnation, new meta", func(t *trial) {
		a, p := t.cluster()
		t.equal("status of tags", a.cli("tags", "-set", "k=v").status, 0)
		n := p.awaitEntry(a, a.node, "has incarnation 2", func(n nodeState) bool { return n.Incarnation == 2 })
		t.equal("metadata", n.Meta, tags(map[string]string{"k": "v"}))
		a.awaitOutput("EventMemberUpdate: n1")
	}},
	{"1", "pmax-is-5", "PMax must be advertised as 5", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		n, _ := p.entry(a, a.node)
		t.equal("PMax", n.Vsn[1], byte(5))
	}},
	{"1", "empty-user-message-is-ignored", "a zero-length user message is ignored", func(t *trial) {
		a, p := t.cluster()
		p.send(a, []byte{typeUser})
		p.newcomer(a, "y", tags(nil))
	}},
}

// awaitLTime waits until a clock of the agent has reached a value.
func (a *agentProc) awaitLTime(clock string, want uint64) {
	a.t.eventually(fmt.Sprintf("%s of %s is %d", clock, a.node, want), func() (any, bool) {
		got := a.stats()["serf"][clock]
		return got, got == fmt.Sprint(want)
	})
}

// leaving makes a member leave on the Serf layer.
func (p *peer) leaving(a *agentProc, name string, ltime uint64) {
	p.send(a, user(serfLeave, leaveIntent{LTime: ltime, Node: name}))
	a.awaitStatus(name, "leaving")
}

var intentChecks = []check{
	{"6.5", "leave-intent-makes-leaving", "alive to leaving, no event", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.leaving(a, "x", 10)
		t.lacks("log", a.stdout.String(), "EventMemberLeave")
	}},
	{"6.5", "leave-intent-is-passed-on", "rebroadcast: an exact copy of the received bytes", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		intent := append(user(serfLeave, leaveIntent{LTime: 10, Node: "x"}), "trailing"...)
		p.send(a, intent)
		m := p.await("the intent", isSerf(serfLeave))
		t.equal("bytes", m.body, intent[1:])
	}},
	{"6.5", "leave-intent-without-prune", "Prune is absent in messages of old peers", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, user(serfLeave, map[string]any{"LTime": 10, "Node": "x"}))
		a.awaitStatus("x", "leaving")
	}},
	{"6.3", "leaving-then-dead-is-left", "leaving to left: member-leave", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.leaving(a, "x", 10)
		p.send(a, message(typeDead, accusation{1, "x", "x"}))
		a.awaitStatus("x", "left")
		a.awaitOutput("EventMemberLeave: x ")
	}},
	{"6.3", "dead-without-intent-is-failed", "alive to failed: member-failed", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "x"}))
		a.awaitStatus("x", "failed")
		a.awaitOutput("EventMemberFailed: x ")
	}},
	{"6.5", "late-leave-intent-turns-failed-into-left", "failed to left: member-leave", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "x"}))
		a.awaitStatus("x", "failed")
		p.send(a, user(serfLeave, leaveIntent{LTime: 10, Node: "x"}))
		a.awaitStatus("x", "left")
		a.awaitOutput("EventMemberLeave (forced): x ")
	}},
	{"6.6", "join-intent-ends-leaving", "leaving to alive, no event", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.leaving(a, "x", 10)
		p.send(a, user(serfJoin, joinIntent{11, "x"}))
		a.awaitStatus("x", "alive")
		t.equal("joins of x in the log", strings.Count(a.stdout.String(), "EventMemberJoin: x "), 1)
	}},
	{"6.6", "old-join-intent-is-stale", "ltime <= member.ltime: ignore", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.leaving(a, "x", 10)
		p.send(a, user(serfJoin, joinIntent{10, "x"}))
		p.newcomer(a, "y", tags(nil))
		m, _ := a.member("x")
		t.equal("status", m.Status, "leaving")
		p.never("no rebroadcast of a stale intent", isSerf(serfJoin))
	}},
	{"6.5", "old-leave-intent-is-stale", "ltime <= member.ltime: ignore", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, user(serfJoin, joinIntent{20, "x"}))
		p.await("the join intent", isSerf(serfJoin))
		p.send(a, user(serfLeave, leaveIntent{LTime: 20, Node: "x"}))
		p.newcomer(a, "y", tags(nil))
		m, _ := a.member("x")
		t.equal("status", m.Status, "alive")
	}},
	{"6.6", "join-intent-does-not-revive", "a join intent never revives failed or left", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "x"}))
		a.awaitStatus("x", "failed")
		p.send(a, user(serfJoin, joinIntent{30, "x"}))
		p.await("the join intent", isSerf(serfJoin))
		m, _ := a.member("x")
		t.equal("status", m.Status, "failed")
	}},
	{"6.5", "intent-about-the-unknown-is-passed-on", "unknown node: rebroadcast iff stored", func(t *trial) {
		a, p := t.cluster()
		intent := user(serfLeave, leaveIntent{LTime: 10, Node: "later"})
		p.send(a, intent)
		m := p.await("the intent", isSerf(serfLeave))
		t.equal("bytes", m.body, intent[1:])
	}},
	{"6.2", "buffered-leave-intent-is-applied", "recent intent is a leave: status := leaving", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfLeave, leaveIntent{LTime: 10, Node: "x"}))
		p.await("the intent", isSerf(serfLeave))
		p.send(a, message(typeAlive, p.other("x", 1)))
		a.awaitStatus("x", "leaving")
		a.awaitOutput("EventMemberJoin: x ")
	}},
	{"6.5", "leave-about-self-is-denied", "local node and alive: refute with a newer join intent", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfLeave, leaveIntent{LTime: 40, Node: a.node}))
		p.await("a join intent of the agent with a newer time", serfIs(serfJoin, func(i joinIntent) bool {
			return i.Node == a.node && i.LTime >= 41
		}))
		m, _ := a.member(a.node)
		t.equal("own status", m.Status, "alive")
		p.never("no rebroadcast of the leave", isSerf(serfLeave))
	}},
	{"5", "intents-move-the-clock", "witness(LTime): v + 1 if v is not below", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfJoin, joinIntent{100, "nobody"}))
		a.awaitLTime("member_time", 101)
	}},
	{"5", "stale-messages-move-the-clock-too", "witness first, before any other check", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, user(serfLeave, leaveIntent{LTime: 50, Node: "x"}))
		a.awaitStatus("x", "leaving")
		p.send(a, user(serfLeave, leaveIntent{LTime: 60, Node: "x"}))
		a.awaitLTime("member_time", 61)
	}},
	{"5", "clocks-start-at-1", "each clock starts at 0 and is incremented once", func(t *trial) {
		s := t.agent().stats()["serf"]
		t.equal("clocks", []string{s["member_time"], s["event_time"], s["query_time"]}, []string{"1", "1", "1"})
	}},
	{"5", "events-move-the-event-clock", "receive event: witness", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfUserEvent, userEvent{LTime: 77, Name: "x"}))
		a.awaitLTime("event_time", 78)
	}},
	{"5", "queries-move-the-query-clock", "receive query: witness", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfQuery, p.query(66, 1, "x")))
		a.awaitLTime("query_time", 67)
	}},
}

var leaveChecks = []check{
	{"7.1", "join-is-followed-by-a-join-intent", "at least one node contacted: broadcast join(membership.time())", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		t.equal("status of join", a.cli("join", p.ip).status, 0)
		p.await("the agent's join intent", serfIs(serfJoin, func(i joinIntent) bool { return i.Node == a.node }))
	}},
	{"7.2", "leave-begins-with-an-intent", "leave(membership.time(), own name, prune false), then memberlist's leave", func(t *trial) {
		a, p := t.cluster()
		t.equal("status of leave", a.cli("leave").status, 0)
		m := p.await("the agent's leave intent", serfIs(serfLeave, func(i leaveIntent) bool { return i.Node == a.node }))
		i := decodeAs[leaveIntent](m.body[1:])
		t.equal("bytes", m.body, message(serfLeave, i))
		t.equal("Prune", i.Prune, false)
		p.await("its death by itself", isAbout(typeDead, a.node))
	}},
	{"7.2", "leave-takes-the-propagate-delay", "sleep the leave propagate delay of 1 s", func(t *trial) {
		a, _ := t.cluster()
		start := time.Now()
		a.cli("leave")
		took := time.Since(start)
		t.expect(took > 900*time.Millisecond, "at least the delay of 1 s", took)
	}},
	{"7.2", "own-leave-is-an-event", "own status left, member-leave for ourselves", func(t *trial) {
		a, _ := t.cluster()
		a.cli("leave")
		a.status()
		t.contains("log", a.stdout.String(), "EventMemberLeave: n1 "+a.ip)
	}},
	{"7.3", "force-leave-is-gossiped", "leave(membership.time(), node, prune), queued", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitStatus("x", "failed")
		a.cli("force-leave", "x")
		m := p.await("the intent", serfIs(serfLeave, func(i leaveIntent) bool { return i.Node == "x" }))
		t.equal("bytes", m.body, message(serfLeave, leaveIntent{LTime: decodeAs[leaveIntent](m.body[1:]).LTime, Node: "x"}))
	}},
	{"7.3", "prune-is-gossiped", "the intent carries the prune flag", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitStatus("x", "failed")
		a.cli("force-leave", "-prune", "x")
		p.await("the intent", serfIs(serfLeave, func(i leaveIntent) bool { return i.Node == "x" && i.Prune }))
	}},
	{"7.4", "prune-of-a-failed-member-erases", "status left: erase at once", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitStatus("x", "failed")
		p.send(a, user(serfLeave, leaveIntent{LTime: 10, Node: "x", Prune: true}))
		a.awaitStatus("x", "")
		a.awaitOutput("EventMemberReap (forced): x ")
	}},
	{"7.6", "failed-members-are-contacted", "one failed member is tried every reconnect interval", func(t *trial) {
		a := t.start(setup{config: `{"reconnect_interval": "1s"}`})
		p := t.peer("p1")
		p.join(a)
		p.quiet(true, true)
		a.awaitStatus(p.name, "failed")
		p.quiet(false, false)
		a.awaitOutput("attempting reconnect to p1 " + p.ip + ":7946")
		p.awaitStream("a push/pull", isStream(typePushPull))
	}},
	{"7.5", "failed-members-are-reaped", "failed longer than the reconnect timeout: erased", func(t *trial) {
		a := t.start(setup{config: `{"reconnect_timeout": "1s"}`})
		p := t.peer("p1")
		p.join(a)
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitStatus("x", "failed")
		a.awaitReap("x")
	}},
	{"7.5", "left-members-are-reaped", "left longer than the tombstone timeout: erased", func(t *trial) {
		a := t.start(setup{config: `{"tombstone_timeout": "1s"}`})
		p := t.peer("p1")
		p.join(a)
		p.newcomer(a, "x", tags(nil))
		p.leaving(a, "x", 10)
		p.send(a, message(typeDead, accusation{1, "x", "x"}))
		a.awaitStatus("x", "left")
		a.awaitReap("x")
	}},
}

// awaitReap waits until the reaper, which looks every 15 s, has erased a member.
func (a *agentProc) awaitReap(name string) {
	a.t.eventuallyIn(15*time.Second+within, "the log says EventMemberReap: "+name, func() (any, bool) {
		out := a.stdout.String()
		return out, strings.Contains(out, "EventMemberReap: "+name)
	})
	a.awaitStatus(name, "")
}
