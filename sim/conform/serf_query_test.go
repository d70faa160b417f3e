//go:build conform

package conform

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func isAckOf(r response) bool    { return r.Flags&flagAck != 0 }
func isAnswerOf(r response) bool { return r.Flags&flagAck == 0 }

// awaitQuery waits for a query of a name that the agent gossips.
func (p *peer) awaitQuery(name string) (query, received) {
	m := p.await("query "+name, serfIs(serfQuery, func(q query) bool { return q.Name == name }))
	return decodeAs[query](m.body[1:]), m
}

// never answered checks that no ack or response came to a query.
func (p *peer) neverAnswered(id uint32) {
	p.never("no ack or response", serfIs(serfResponse, func(r response) bool { return r.ID == id }))
}

var queryChecks = []check{
	{"10.2", "query-is-acknowledged", "ack {LTime, ID, From = own name, Flags = 1, Payload nil}", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1234, "up")
		r := p.ask(a, q, "an ack", isAckOf)
		t.equal("ack", r, response{LTime: 5, ID: 1234, From: "n1", Flags: flagAck})
		m := p.await("the ack", isSerf(serfResponse))
		t.equal("bytes", m.body, message(serfResponse, r))
	}},
	{"10.2", "no-ack-unless-asked", "if the ack flag is set", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "up")
		q.Flags = 0
		p.send(a, user(serfQuery, q))
		p.ask(a, p.query(6, 2, "after"), "an ack", isAckOf)
		p.neverAnswered(1)
	}},
	{"10.2", "query-reaches-handlers", "emit the query event", func(t *trial) {
		a, p := t.cluster()
		p.send(a, user(serfQuery, p.query(5, 1, "up")))
		a.awaitOutput("Received event: query: up")
	}},
	{"10.2", "queries-are-passed-on-unchanged", "copy of the received bytes onto the query queue", func(t *trial) {
		a, p := t.cluster()
		sent := append(user(serfQuery, p.query(5, 1, "up")), "tail"...)
		p.send(a, sent)
		_, m := p.awaitQuery("up")
		t.equal("bytes", m.body, sent[1:])
	}},
	{"10.2", "no-broadcast-flag", "flag bit 1: do not rebroadcast", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "silent")
		q.Flags |= flagNoBroadcast
		p.ask(a, q, "an ack", isAckOf)
		p.send(a, user(serfQuery, p.query(6, 2, "loud")))
		p.awaitQuery("loud")
		p.never("no gossip of the query", serfIs(serfQuery, func(q query) bool { return q.Name == "silent" }))
	}},
	{"10.2", "duplicate-queries-are-dropped", "same LTime and ID present: drop", func(t *trial) {
		a, p := t.cluster()
		p.ask(a, p.query(5, 1, "twice"), "an ack", isAckOf)
		for range 4 {
			p.send(a, user(serfQuery, p.query(5, 1, "twice")))
		}
		p.ask(a, p.query(6, 2, "after"), "an ack", isAckOf)
		acks := 0
		for _, m := range p.since(0) {
			if serfIs(serfResponse, func(r response) bool { return r.ID == 1 })(m) {
				acks++
			}
		}
		t.equal("acks", acks, 1)
		a.awaitOutput("Received event: query: after")
		t.equal("deliveries", a.delivered("query: twice"), 1)
	}},
	{"10.2", "another-id-is-another-query", "duplicates are by LTime and ID", func(t *trial) {
		a, p := t.cluster()
		p.ask(a, p.query(5, 1, "a"), "an ack", isAckOf)
		p.ask(a, p.query(5, 2, "b"), "an ack", isAckOf)
	}},
	{"10.2", "too-old-queries-are-dropped", "cur > n and LTime < cur - n: too old", func(t *trial) {
		a, p := t.cluster()
		p.ask(a, p.query(10000, 1, "new"), "an ack", isAckOf)
		p.send(a, user(serfQuery, p.query(3, 2, "ancient")))
		p.ask(a, p.query(10001, 3, "after"), "an ack", isAckOf)
		p.neverAnswered(2)
	}},
	{"10.3", "filtered-queries-are-passed-on", "filtered-out queries are still rebroadcast, and never acked", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "up")
		q.Filters = [][]byte{message(0, []string{"somebody"})}
		p.send(a, user(serfQuery, q))
		p.awaitQuery("up")
		p.neverAnswered(1)
		t.equal("deliveries", a.delivered("query: up"), 0)
	}},
	{"10.1", "query-bytes", "wire order Addr, Filters, Flags, ID, LTime, Name, Payload, Port, RelayFactor, SourceNode, Timeout", func(t *trial) {
		a, p := t.cluster()
		a.client().request("query", fields{"Name": "up", "Payload": []byte("x"), "Timeout": int64(time.Second)})
		q, m := p.awaitQuery("up")
		t.equal("LTime", q.LTime, uint64(1))
		t.equal("SourceNode", q.SourceNode, "n1")
		t.equal("Port", q.Port, uint16(7946))
		t.equal("Timeout", q.Timeout, int64(time.Second))
		t.equal("Payload", string(q.Payload), "x")
		t.expect(strings.HasSuffix(string(q.Addr), string(netIP(a.ip))), "the agent's address", q.Addr)
		t.expect(q.ID < 1<<31, "a 31-bit ID", q.ID)
		t.equal("keys", sortedKeys(decodeAs[map[string]any](m.body[1:]))[:11], []string{"Addr", "Filters", "Flags", "ID", "LTime", "Name", "Payload", "Port", "RelayFactor", "SourceNode", "Timeout"})
	}},
	{"3", "query-timeout-is-signed", "Timeout: int64, signed forms", func(t *trial) {
		a, p := t.cluster()
		a.client().request("query", fields{"Name": "up", "Timeout": int64(time.Second)})
		q, m := p.awaitQuery("up")
		t.equal("bytes", m.body, message(serfQuery, q))
	}},
	{"10.1", "ack-request-is-a-flag", "Flags bit 0 if acks are wanted", func(t *trial) {
		a, p := t.cluster()
		a.client().request("query", fields{"Name": "up", "RequestAck": true, "Timeout": int64(time.Second)})
		q, _ := p.awaitQuery("up")
		t.equal("Flags", q.Flags&flagAck, uint32(flagAck))
	}},
	{"10.1", "default-timeout", "gossip interval x 16 x ceil(log10(N + 1)): 1.6 s on the local profile", func(t *trial) {
		a, p := t.cluster()
		a.client().request("query", fields{"Name": "up"})
		q, _ := p.awaitQuery("up")
		t.equal("Timeout", time.Duration(q.Timeout), 1600*time.Millisecond)
	}},
	{"10.1", "node-filter-comes-first", "the node filter first, then one tag filter per map entry", func(t *trial) {
		a, p := t.cluster()
		a.client().request("query", fields{"Name": "up", "FilterNodes": []string{"n1", "p1"}, "FilterTags": map[string]string{"role": "w.*"}})
		q, _ := p.awaitQuery("up")
		t.equal("Filters", q.Filters, [][]byte{message(0, []string{"n1", "p1"}), message(1, tagFilter{"role", "w.*"})})
	}},
	{"10.1", "relay-factor-is-sent", "RelayFactor of the query", func(t *trial) {
		a, p := t.cluster()
		a.client().request("query", fields{"Name": "up", "RelayFactor": 3})
		q, _ := p.awaitQuery("up")
		t.equal("RelayFactor", q.RelayFactor, uint8(3))
	}},
	{"10.6", "responses-reach-the-asker", "deliver (From, Payload)", func(t *trial) {
		t.answers(func(q query, send func(response)) {
			send(response{LTime: q.LTime, ID: q.ID, From: "p1", Flags: flagAck})
			send(response{LTime: q.LTime, ID: q.ID, From: "p1", Payload: []byte("fine")})
		}, "ack p1", "response p1 fine")
	}},
	{"10.6", "duplicate-responses-are-dropped", "From already there: drop", func(t *trial) {
		t.answers(func(q query, send func(response)) {
			for range 3 {
				send(response{LTime: q.LTime, ID: q.ID, From: "p1", Flags: flagAck})
				send(response{LTime: q.LTime, ID: q.ID, From: "p1", Payload: []byte("fine")})
			}
		}, "ack p1", "response p1 fine")
	}},
	{"10.6", "responses-with-another-id-are-dropped", "ID differs: drop", func(t *trial) {
		t.answers(func(q query, send func(response)) {
			send(response{LTime: q.LTime, ID: q.ID + 1, From: "p1", Payload: []byte("wrong")})
			send(response{LTime: q.LTime + 1, ID: q.ID, From: "p1", Payload: []byte("wrong")})
			send(response{LTime: q.LTime, ID: q.ID, From: "p1", Payload: []byte("fine")})
		}, "response p1 fine")
	}},
	{"11", "ping-is-internal", "_serf_ping: nothing beyond the ack", func(t *trial) {
		a, p := t.cluster()
		p.ask(a, p.query(5, 1, "_serf_ping"), "an ack", isAckOf)
		p.ask(a, p.query(6, 2, "after"), "an ack", isAckOf)
		a.awaitOutput("Received event: query: after")
		t.lacks("log", a.stdout.String(), "query: _serf_ping")
		p.never("no response to a ping", serfIs(serfResponse, func(r response) bool { return r.ID == 1 && isAnswerOf(r) }))
	}},
	{"11", "unknown-internal-queries-have-no-answer", "anything else: warning, no answer", func(t *trial) {
		a, p := t.cluster()
		p.ask(a, p.query(5, 1, "_serf_bogus"), "an ack", isAckOf)
		p.ask(a, p.query(6, 2, "after"), "an ack", isAckOf)
		a.awaitOutput("Received event: query: after")
		t.lacks("events", a.stdout.String(), "Received event: query: _serf_bogus")
	}},
}

// answers lets the agent ask the peer, which answers as told, and compares the records that the asker gets except done.
func (t *trial) answers(answer func(q query, send func(response)), want ...string) {
	a, p := t.cluster()
	c := a.client()
	seq := c.request("query", fields{"Name": "up", "RequestAck": true, "FilterNodes": []string{"p1"}, "Timeout": int64(4 * time.Second)})
	t.equal("error", c.header(seq), "")
	q, _ := p.awaitQuery("up")
	answer(q, func(r response) { p.send(a, user(serfResponse, r)) })
	var got []string
	c.record(seq, "done", func(f fields) bool {
		if f["Type"] != "done" {
			got = append(got, strings.TrimSpace(fmt.Sprint(f["Type"], " ", f["From"], " ", bytesOf(f["Payload"]))))
		}
		return f["Type"] == "done"
	})
	slices.Sort(got)
	t.equal("records", got, want)
}

// filterChecks has one check for each rule of the filters: an agent with role=web is asked with one filter.
func filterChecks() []check {
	var checks []check
	for _, c := range []struct {
		name, says string
		filter     []byte
		matches    bool
	}{
		{"node", "own name is in the list", message(0, []string{"other", "n1"}), true},
		{"node-other", "own name is not in the list", message(0, []string{"other"}), false},
		{"node-exact", "exact comparison", message(0, []string{"N1", "n", "n11"}), false},
		{"node-empty-list", "own name is in the list", message(0, []string{}), false},
		{"tag", "RE2 search in the value of the tag", message(1, tagFilter{"role", "web"}), true},
		{"tag-search", "unanchored", message(1, tagFilter{"role", "e"}), true},
		{"tag-case", "case sensitive unless flagged", message(1, tagFilter{"role", "WEB"}), false},
		{"tag-case-flag", "case sensitive unless flagged", message(1, tagFilter{"role", "(?i)WEB"}), true},
		{"tag-anchored", "regular expression", message(1, tagFilter{"role", "^w.b$"}), true},
		{"tag-other", "no match", message(1, tagFilter{"role", "db"}), false},
		{"tag-missing", "a missing tag being the empty string", message(1, tagFilter{"nope", "^$"}), true},
		{"tag-missing-value", "a missing tag being the empty string", message(1, tagFilter{"nope", "."}), false},
		{"tag-as-list", "a struct may arrive as a list: Tag, Expr", append([]byte{1}, body([]string{"role", "web"})...), true},
		{"bad-expression", "invalid expression: no match", message(1, tagFilter{"role", "["}), false},
		{"unknown-type", "unknown filter type: no match", message(9, []string{"n1"}), false},
		{"undecodable", "decode error: no match", []byte{0, 0xc1}, false},
	} {
		checks = append(checks, check{"10.3", "filter-" + c.name, c.says, func(t *trial) {
			a := t.agent("-tag", "role=web")
			p := t.peer("p1")
			p.join(a)
			q := p.query(5, 1, "up")
			q.Filters = [][]byte{c.filter}
			p.send(a, user(serfQuery, q))
			p.ask(a, p.query(6, 2, "after"), "an ack", isAckOf)
			if c.matches {
				p.await("an ack", serfIs(serfResponse, func(r response) bool { return r.ID == 1 }))
			} else {
				p.neverAnswered(1)
			}
		}})
	}
	return append(checks, check{"10.3", "all-filters-must-pass", "all filters must pass", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "up")
		q.Filters = [][]byte{message(0, []string{"n1"}), message(1, tagFilter{"role", "web"})}
		p.send(a, user(serfQuery, q))
		p.ask(a, p.query(6, 2, "after"), "an ack", isAckOf)
		p.neverAnswered(1)
	}}, check{"10.3", "empty-filter-matches-nothing", "an empty filter element: no match", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "up")
		q.Filters = [][]byte{{}}
		p.send(a, user(serfQuery, q))
		p.ask(a, p.query(6, 2, "after"), "an ack", isAckOf)
		p.neverAnswered(1)
	}})
}

// relayTo is the header of a relay to a peer.
func relayTo(p *peer) relayHeader {
	var h relayHeader
	h.DestAddr.IP, h.DestAddr.Port, h.DestName = p.addr(), 7946, p.name
	return h
}

var relayChecks = []check{
	{"10.7", "relays-are-passed-on", "everything after the header is sent unchanged to DestAddr", func(t *trial) {
		a, p := t.cluster()
		q := t.peer("p2")
		q.join(a)
		inner := message(serfResponse, response{LTime: 9, ID: 99, From: "x", Payload: []byte("relayed")})
		p.send(a, append(user(serfRelay, relayTo(q)), inner...))
		m := q.await("the inner message", isSerf(serfResponse))
		t.equal("bytes", m.body, inner)
	}},
	{"10.7", "relayed-answers-reach-the-asker", "the receiver treats the inner message as a normal response", func(t *trial) {
		a, p := t.cluster()
		q := t.peer("p2")
		q.join(a)
		question := p.query(5, 1, "up")
		question.RelayFactor = 2
		p.send(a, user(serfQuery, question))
		p.await("the direct ack", serfIs(serfResponse, func(r response) bool { return r.ID == 1 }))
		var m received
		t.eventually("a relay to one of the peers", func() (any, bool) {
			for _, r := range slices.Concat(p.since(0), q.since(0)) {
				if isSerf(serfRelay)(r) {
					m = r
					return nil, true
				}
			}
			return q.transcript(), false
		})
		var h relayHeader
		n, err := decode(m.body[1:], &h)
		t.must(err, "decode the relay")
		t.equal("DestName", h.DestName, "p1")
		t.equal("DestAddr", h.DestAddr.IP, p.addr())
		t.equal("inner message", m.body[1+n:], message(serfResponse, response{LTime: 5, ID: 1, From: "n1", Flags: flagAck}))
	}},
	{"10.7", "no-relay-without-enough-members", "members < k + 1: do nothing", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "up")
		q.RelayFactor = 5
		p.ask(a, q, "an ack", isAckOf)
		p.ask(a, p.query(6, 2, "after"), "an ack", isAckOf)
		p.never("no relay", isSerf(serfRelay))
	}},
}

// malformedChecks has bodies of leave intents about x: tolerated ones and errors.
func malformedChecks() []check {
	ltime, node := "a5 4c54696d65", "a4 4e6f6465" // the keys LTime and Node
	var checks []check
	for _, c := range []struct {
		name, says, hex string
		taken           bool
	}{
		{"other-order", "keys in any order", "82" + node + "a178" + ltime + "0a", true},
		{"unknown-key", "unknown keys skipped with their whole value", "83 a3 7a7a7a 81 c0 92 d40100 cb0000000000000000" + node + "a178" + ltime + "0a", true},
		{"duplicate-key", "duplicate keys: last wins", "83" + ltime + "01" + node + "a178" + ltime + "0a", true},
		{"list", "a struct may arrive as a list", "93 0a a178 c2", true},
		{"short-list", "short lists leave the rest zero", "92 0a a178", true},
		{"str8", "strings accept str8", "82" + ltime + "0a" + node + "d90178", true},
		{"signed", "unsigned fields accept signed encodings if non-negative", "82" + ltime + "d10014" + node + "a178", true},
		{"wide", "any width", "82" + ltime + "cf0000000000000014" + node + "a178", true},
		{"bool-integer", "booleans accept the integers 0 and 1", "83" + ltime + "0a" + node + "a178 a5 5072756e65 00", true},
		{"trailing", "trailing bytes after the first value are ignored", "82" + ltime + "0a" + node + "a178 c1c1", true},
		{"negative", "negative is an error", "82" + ltime + "ff" + node + "a178", false},
		{"float", "floats for integer fields are errors", "82" + ltime + "cb4024000000000000" + node + "a178", false},
		{"string", "strings for integer fields are errors", "82" + ltime + "a10a" + node + "a178", false},
		{"integer-key", "a non-string key is a decode error", "83 05 05" + ltime + "0a" + node + "a178", false},
		{"truncated", "truncated input: error", "82" + ltime + "0a" + node + "a2 78", false},
		{"scalar", "a scalar where a struct is expected: error", "0a", false},
		{"reserved", "reserved byte c1: error", "82" + ltime + "0a" + node + "c1", false},
	} {
		verb := "refuses-"
		if c.taken {
			verb = "takes-"
		}
		checks = append(checks, check{"2.2", verb + c.name, c.says, func(t *trial) {
			a, p := t.cluster()
			p.newcomer(a, "x", tags(nil))
			p.send(a, append([]byte{typeUser, serfLeave}, unhex(c.hex)...))
			if c.taken {
				a.awaitStatus("x", "leaving")
				return
			}
			p.newcomer(a, "y", tags(nil))
			m, _ := a.member("x")
			t.equal("status of x", m.Status, "alive")
		}})
	}
	for _, kind := range []byte{serfPushPull, serfConflict, serfKeyRequest, serfKeyResponse, 10, 200, 255} {
		checks = append(checks, check{"3", fmt.Sprintf("type-%d-is-unknown", kind), "types 2, 6, 7, 8 and 10..255 as a plain user message are dropped", func(t *trial) {
			a, p := t.sharedAgent(), t.peer("p1")
			p.send(a, []byte{typeUser, kind, 0x80})
			p.fence(a, 1)
		}})
	}
	return checks
}
