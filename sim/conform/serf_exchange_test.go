//go:build conform

package conform

import (
	"slices"
	"strings"
	"time"
)

// serfPart is the decoded user part of the agent's state.
func (p *peer) serfPart(a *agentProc) serfStateFields {
	s := p.pushPull(a, false, nil, p.self(1))
	p.t.expect(len(s.user) > 0 && s.user[0] == serfPushPull, "a user part of type 2", s.user)
	return decodeAs[serfStateFields](s.user[1:])
}

var exchangeChecks = []check{
	{"8.1", "state-has-three-clocks", "LTime, EventLTime, QueryLTime: the clocks' time()", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		s := p.serfPart(a)
		t.equal("clocks", []uint64{s.LTime, s.EventLTime, s.QueryLTime}, []uint64{1, 1, 1})
	}},
	{"8.1", "state-bytes", "wire order EventLTime, Events, LTime, LeftMembers, QueryLTime, StatusLTimes", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		s := p.pushPull(a, false, nil, p.self(1))
		t.equal("bytes", s.user, serfState(decodeAs[serfStateFields](s.user[1:])))
	}},
	{"8.1", "state-lists-every-member", "StatusLTimes: every member in all statuses", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitStatus("x", "failed")
		t.equal("members", sortedKeys(p.serfPart(a).StatusLTimes), []string{"n1", "p1", "x"})
	}},
	{"8.1", "no-left-members-are-an-empty-list", "LeftMembers: empty list, not nil", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		t.equal("LeftMembers", p.serfPart(a).LeftMembers, []string{})
	}},
	{"8.1", "events-have-512-slots", "Events: always exactly 512 elements, nil for empty slots", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		t.equal("slots", len(p.serfPart(a).Events), 512)
	}},
	{"8.1", "events-lie-in-their-slots", "slot = LTime mod 512", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfUserEvent, userEvent{LTime: 5, Name: "deploy", Payload: []byte("v1")}))
		a.awaitLTime("event_time", 6)
		s := p.serfPart(a)
		i := slices.IndexFunc(s.Events, func(e *eventSlot) bool { return e != nil })
		t.expect(i >= 0, "a slot that is not empty", s.Events)
		t.equal("slot", *s.Events[i], eventSlot{5, []slotEvent{{"deploy", []byte("v1")}}})
	}},
	{"8.2", "clocks-are-taken-over", "for each of the three: if value > 0, witness(value - 1)", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.pushPull(a, true, serfState(serfStateFields{LTime: 50, EventLTime: 60, QueryLTime: 70}), p.self(1))
		a.awaitLTime("member_time", 50)
		a.awaitLTime("event_time", 60)
		a.awaitLTime("query_time", 70)
	}},
	{"8.2", "events-are-replayed", "each event as a user event with CC = false", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		events := []*eventSlot{nil, {3, []slotEvent{{"first", nil}, {"second", []byte("x")}}}}
		p.pushPull(a, true, serfState(serfStateFields{EventLTime: 4, Events: events}), p.self(1))
		a.awaitOutput("Received event: user-event: first")
		a.awaitOutput("Received event: user-event: second")
	}},
	{"8.2", "left-members-are-leaves", "LeftMembers as leave intents", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.pushPull(a, false, serfState(serfStateFields{LTime: 9, StatusLTimes: map[string]uint64{"x": 8}, LeftMembers: []string{"x"}}), p.self(1))
		a.awaitStatus("x", "leaving")
	}},
	{"8.2", "status-times-are-joins", "every other entry as a join intent", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.leaving(a, "x", 10)
		p.pushPull(a, false, serfState(serfStateFields{LTime: 20, StatusLTimes: map[string]uint64{"x": 15}}), p.self(1))
		a.awaitStatus("x", "alive")
	}},
	{"8.2", "what-is-learned-is-not-gossiped", "nothing learned by push/pull is gossiped onward", func(t *trial) {
		a, p := t.cluster()
		events := []*eventSlot{{512, []slotEvent{{"quiet", nil}}}}
		p.pushPull(a, false, serfState(serfStateFields{EventLTime: 513, Events: events}), p.self(1))
		a.awaitOutput("Received event: user-event: quiet")
		p.send(a, user(serfUserEvent, userEvent{LTime: 600, Name: "loud"}))
		p.await("the other event", serfIs(serfUserEvent, func(e userEvent) bool { return e.Name == "loud" }))
		p.never("no gossip about the event learned", serfIs(serfUserEvent, func(e userEvent) bool { return e.Name == "quiet" }))
	}},
	{"8.2", "other-types-are-ignored", "a first byte other than 2: log and ignore", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.pushPull(a, true, message(7, serfStateFields{LTime: 50}), p.self(1))
		a.awaitStatus(p.name, "alive")
		t.equal("clock", a.stats()["serf"]["member_time"], "1")
	}},
	{"8.2", "undecodable-state-is-ignored", "a decode error: log and ignore", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.pushPull(a, true, []byte{serfPushPull, 0xc1, 0xc1}, p.self(1))
		a.awaitStatus(p.name, "alive")
		p.fence(a, 1)
	}},
	{"8.3", "join-ignores-old-events", "a join without replay raises event_min_time", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.answerWith(pushPull(true, serfState(serfStateFields{EventLTime: 4, Events: []*eventSlot{{3, []slotEvent{{"old", nil}}}}}), p.self(1)))
		t.equal("status of join", a.cli("join", p.ip).status, 0)
		a.awaitStatus(p.name, "alive")
		p.send(a, user(serfUserEvent, userEvent{LTime: 9, Name: "new"}))
		a.awaitOutput("Received event: user-event: new")
		t.lacks("log", a.stdout.String(), "user-event: old")
	}},
	{"8.3", "join-with-replay-takes-old-events", "with replay old events are delivered", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.answerWith(pushPull(true, serfState(serfStateFields{EventLTime: 4, Events: []*eventSlot{{3, []slotEvent{{"old", nil}}}}}), p.self(1)))
		t.equal("status of join", a.cli("join", "-replay", p.ip).status, 0)
		a.awaitOutput("Received event: user-event: old")
	}},
}

// delivered counts how often an event was handed to the handlers.
func (a *agentProc) delivered(name string) int {
	n := 0
	for _, line := range strings.Split(a.stdout.String(), "\n") {
		if strings.HasSuffix(line, "agent: Received event: "+name) {
			n++
		}
	}
	return n
}

var eventChecks = []check{
	{"9.1", "event-bytes", "user event: CC, LTime, Name, Payload", func(t *trial) {
		a, p := t.cluster()
		a.cli("event", "-coalesce=false", "deploy", "v1")
		m := p.await("the event", isSerf(serfUserEvent))
		t.equal("bytes", m.body, message(serfUserEvent, userEvent{LTime: 1, Name: "deploy", Payload: []byte("v1")}))
	}},
	{"9.1", "coalesce-is-CC", "CC means may be coalesced", func(t *trial) {
		a, p := t.cluster()
		a.cli("event", "deploy", "v1")
		m := p.await("the event", isSerf(serfUserEvent))
		t.equal("CC", decodeAs[userEvent](m.body[1:]).CC, true)
	}},
	{"9.1", "each-event-has-its-own-time", "LTime = event.time(), then increment", func(t *trial) {
		a, p := t.cluster()
		for _, name := range []string{"a", "b"} {
			a.cli("event", "-coalesce=false", name)
		}
		for i, name := range []string{"a", "b"} {
			m := p.await("event "+name, serfIs(serfUserEvent, func(e userEvent) bool { return e.Name == name }))
			t.equal("LTime", decodeAs[userEvent](m.body[1:]).LTime, uint64(i+1))
		}
	}},
	{"9.1", "481-bytes-fit", "with a 1-byte name and a small clock the largest payload is 481 bytes", func(t *trial) {
		c := t.agent().client()
		c.ok("event", fields{"Name": "x", "Payload": make([]byte, 481)})
		t.equal("error for 482 bytes", c.call("event", fields{"Name": "x", "Payload": make([]byte, 482)}), "encoded user event exceeds configured limit of 512 bytes after encoding")
	}},
	{"9.2", "events-are-passed-on-unchanged", "rebroadcast the received bytes", func(t *trial) {
		a, p := t.cluster()
		event := append(user(serfUserEvent, userEvent{LTime: 5, Name: "x"}), "tail"...)
		p.send(a, event)
		m := p.await("the event", isSerf(serfUserEvent))
		t.equal("bytes", m.body, event[1:])
	}},
	{"9.2", "duplicates-are-dropped", "same LTime, name and payload: duplicate", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfUserEvent, userEvent{LTime: 5, Name: "twice", Payload: []byte("x")}))
		a.awaitOutput("Received event: user-event: twice")
		for range 4 {
			p.send(a, user(serfUserEvent, userEvent{LTime: 5, Name: "twice", Payload: []byte("x")}))
		}
		p.send(a, user(serfUserEvent, userEvent{LTime: 6, Name: "after"}))
		a.awaitOutput("Received event: user-event: after")
		t.equal("deliveries", a.delivered("user-event: twice"), 1)
	}},
	{"9.2", "another-payload-is-another-event", "events are identified by LTime, name and payload", func(t *trial) {
		a, p := t.cluster()
		for _, payload := range []string{"x", "y"} {
			p.send(a, user(serfUserEvent, userEvent{LTime: 5, Name: "twice", Payload: []byte(payload)}))
		}
		a.awaitCount("Received event: user-event: twice", 2)
	}},
	{"9.2", "nil-and-empty-payloads-are-equal", "nil and empty payloads compare equal", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfUserEvent, userEvent{LTime: 5, Name: "twice"}))
		a.awaitOutput("Received event: user-event: twice")
		p.send(a, user(serfUserEvent, userEvent{LTime: 5, Name: "twice", Payload: []byte{}}))
		p.send(a, user(serfUserEvent, userEvent{LTime: 6, Name: "after"}))
		a.awaitOutput("Received event: user-event: after")
		t.equal("deliveries", a.delivered("user-event: twice"), 1)
	}},
	{"9.2", "CC-is-not-part-of-the-identity", "CC is not part of the identity", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfUserEvent, userEvent{LTime: 5, Name: "twice"}))
		a.awaitOutput("Received event: user-event: twice")
		p.send(a, user(serfUserEvent, userEvent{LTime: 5, Name: "twice", CC: true}))
		p.send(a, user(serfUserEvent, userEvent{LTime: 6, Name: "after"}))
		a.awaitOutput("Received event: user-event: after")
		time.Sleep(1500 * time.Millisecond) // a coalesced event would come a second later
		t.equal("deliveries", a.delivered("user-event: twice"), 1)
	}},
	{"9.2", "older-events-within-the-ring-are-delivered", "events up to the ring length behind the clock count", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfUserEvent, userEvent{LTime: 300, Name: "new"}))
		a.awaitLTime("event_time", 301)
		p.send(a, user(serfUserEvent, userEvent{LTime: 10, Name: "older"}))
		a.awaitOutput("Received event: user-event: older")
	}},
	{"9.2", "too-old-events-are-dropped", "cur > n and LTime < cur - n: too old", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfUserEvent, userEvent{LTime: 10000, Name: "new"}))
		a.awaitLTime("event_time", 10001)
		p.send(a, user(serfUserEvent, userEvent{LTime: 3, Name: "ancient"}))
		p.send(a, user(serfUserEvent, userEvent{LTime: 10001, Name: "after"}))
		a.awaitOutput("Received event: user-event: after")
		t.equal("deliveries", a.delivered("user-event: ancient"), 0)
	}},
	{"15.3", "coalesced-events-come-once-with-the-last", "per name keep only those with the highest LTime seen in the window", func(t *trial) {
		a, p := t.cluster("-event-handler", "user:c=cat > "+t.dir+"/payload")
		for i, payload := range []string{"one", "two", "three"} {
			p.send(a, user(serfUserEvent, userEvent{LTime: uint64(5 + i), Name: "c", Payload: []byte(payload), CC: true}))
		}
		a.awaitOutput("Received event: user-event: c")
		t.awaitFile("payload", "three\n")
		t.equal("deliveries", a.delivered("user-event: c"), 1)
	}},
	{"15.3", "coalesced-events-wait-for-quiet", "quiescent period of 1 s", func(t *trial) {
		a := t.agent()
		start := time.Now()
		a.client().ok("event", fields{"Name": "c", "Coalesce": true})
		a.awaitOutput("Received event: user-event: c")
		took := time.Since(start)
		t.expect(took > 900*time.Millisecond, "delivery after a second of quiet", took)
	}},
	{"15.2", "member-events-are-grouped", "one event per non-empty group", func(t *trial) {
		a, p := t.cluster("-event-handler", "member-join=(echo event; cut -f1) >> "+t.dir+"/joins")
		told := func(name string) {
			t.eventually("a handler hears of "+name, func() (any, bool) {
				joins := t.content("joins")
				return joins, strings.Contains(joins, "\n"+name+"\n")
			})
		}
		told(p.name)
		before := strings.Count(t.content("joins"), "event\n")
		for _, name := range []string{"x", "y", "z"} {
			p.send(a, message(typeAlive, p.other(name, 1)))
		}
		for _, name := range []string{"x", "y", "z"} {
			told(name)
		}
		t.equal("events for three joins", strings.Count(t.content("joins"), "event\n")-before, 1)
	}},
}
