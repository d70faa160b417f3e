//go:build conform

package conform

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// askKeys asks the agent a key query and returns the answer.
func (p *peer) askKeys(a *agentProc, ltime uint64, name string, payload []byte) keyResponse {
	q := p.query(ltime, uint32(ltime), name)
	q.Payload = payload
	r := p.ask(a, q, "an answer to "+name, isAnswerOf)
	p.t.expect(len(r.Payload) > 0 && r.Payload[0] == serfKeyResponse, "a key response", r.Payload)
	return decodeAs[keyResponse](r.Payload[1:])
}

func keyQuery(key []byte) []byte { return message(serfKeyRequest, keyRequest{key}) }

// keyed is an encrypted agent with a peer that has joined it.
func (t *trial) keyed() (*agentProc, *peer) {
	a, p := t.encrypted(key1)
	p.join(a)
	return a, p
}

var keyQueryChecks = []check{
	{"12.1", "list-keys", "Keys = base64 of every key, primary first; PrimaryKey; Result true", func(t *trial) {
		a, p := t.keyed()
		t.equal("answer", p.askKeys(a, 5, "_serf_list-keys", keyQuery(nil)), keyResponse{Result: true, Keys: []string{keyText(key1)}, PrimaryKey: keyText(key1)})
	}},
	{"12.1", "install-then-list", "install: appended at the end", func(t *trial) {
		a, p := t.keyed()
		t.equal("answer", p.askKeys(a, 5, "_serf_install-key", keyQuery(key2)), keyResponse{Result: true})
		t.equal("keys", p.askKeys(a, 6, "_serf_list-keys", keyQuery(nil)).Keys, []string{keyText(key1), keyText(key2)})
	}},
	{"12.1", "use-moves-to-the-front", "use: it moves to the front, and seals from then on", func(t *trial) {
		a := t.agent("-keyring-file=" + t.keyringFile(key1, key2))
		p := t.peer("p1", wrapping{key: key2})
		c := a.client()
		var r keyResult
		c.get("use-key", fields{"Key": keyText(key2)}, &r)
		p.fence(a, 1) // the ack opens with key2
	}},
	{"12.1", "use-of-an-unknown-key", "requested key is not in the keyring", func(t *trial) {
		a, p := t.keyed()
		t.equal("answer", p.askKeys(a, 5, "_serf_use-key", keyQuery(key2)), keyResponse{Message: "requested key is not in the keyring"})
	}},
	{"12.1", "remove-of-the-primary", "removing the primary key is not allowed", func(t *trial) {
		a, p := t.keyed()
		t.equal("answer", p.askKeys(a, 5, "_serf_remove-key", keyQuery(key1)), keyResponse{Message: "removing the primary key is not allowed"})
	}},
	{"12.1", "remove-of-an-absent-key", "absent key: success", func(t *trial) {
		a, p := t.keyed()
		t.equal("answer", p.askKeys(a, 5, "_serf_remove-key", keyQuery(key2)), keyResponse{Result: true})
	}},
	{"12.1", "install-of-a-short-key", "key size must be 16, 24 or 32 bytes", func(t *trial) {
		a, p := t.keyed()
		t.equal("answer", p.askKeys(a, 5, "_serf_install-key", keyQuery([]byte("short"))), keyResponse{Message: "key size must be 16, 24 or 32 bytes"})
	}},
	{"12.1", "no-keyring", "No keyring to modify (encryption not enabled)", func(t *trial) {
		a, p := t.cluster()
		t.equal("answer", p.askKeys(a, 5, "_serf_install-key", keyQuery(key1)), keyResponse{Message: "No keyring to modify (encryption not enabled)"})
	}},
	{"12.1", "no-keyring-to-list", "Keyring is empty (encryption not enabled), Result false", func(t *trial) {
		a, p := t.cluster()
		t.equal("answer", p.askKeys(a, 5, "_serf_list-keys", keyQuery(nil)), keyResponse{Message: "Keyring is empty (encryption not enabled)"})
	}},
	{"12.1", "empty-payload", "empty payload: Result false, empty message", func(t *trial) {
		a, p := t.keyed()
		t.equal("answer", p.askKeys(a, 5, "_serf_install-key", nil), keyResponse{})
	}},
	{"12.1", "undecodable-payload", "a decode failure: Result false and empty message", func(t *trial) {
		a, p := t.keyed()
		t.equal("answer", p.askKeys(a, 5, "_serf_use-key", []byte{7, 0xc1}), keyResponse{})
	}},
	{"3", "key-response-bytes", "wire order Keys, Message, PrimaryKey, Result", func(t *trial) {
		a, p := t.keyed()
		q := p.query(5, 5, "_serf_list-keys")
		q.Payload = keyQuery(nil)
		r := p.ask(a, q, "an answer", isAnswerOf)
		t.equal("payload", r.Payload, message(serfKeyResponse, decodeAs[keyResponse](r.Payload[1:])))
	}},
	{"12.4", "keyring-file-is-rewritten", "JSON array, two-space indentation, no trailing newline, primary first", func(t *trial) {
		file := t.keyringFile(key1)
		a := t.agent("-keyring-file=" + file)
		var r keyResult
		c := a.client()
		c.get("install-key", fields{"Key": keyText(key2)}, &r)
		c.get("use-key", fields{"Key": keyText(key2)}, &r)
		got, err := os.ReadFile(file)
		t.must(err, "read the keyring")
		t.equal("keyring", string(got), fmt.Sprintf("[\n  %q,\n  %q\n]", keyText(key2), keyText(key1)))
	}},
	{"12.3", "list-request-bytes", "for list the key is empty: 07 81 a3 4b6579 a0", func(t *trial) {
		a, p := t.keyed()
		a.client().request("list-keys", nil)
		q, _ := p.awaitQuery("_serf_list-keys")
		t.equal("payload", q.Payload, unhex("07 81 a3 4b6579 a0"))
		t.equal("filters", len(q.Filters), 0)
		t.equal("ack flag", q.Flags&flagAck, uint32(0))
	}},
	{"12.3", "install-request-bytes", "byte 7 + {Key}", func(t *trial) {
		a, p := t.keyed()
		a.client().request("install-key", fields{"Key": keyText(key2)})
		q, _ := p.awaitQuery("_serf_install-key")
		t.equal("payload", q.Payload, keyQuery(key2))
	}},
	{"12.3", "errors-of-nodes-are-counted", "<NumErr>/<NumNodes> nodes reported failure, Message under the node name", func(t *trial) {
		a, p := t.keyed()
		c := a.client()
		seq := c.request("install-key", fields{"Key": keyText(key2)})
		q, _ := p.awaitQuery("_serf_install-key")
		p.send(a, user(serfResponse, response{LTime: q.LTime, ID: q.ID, From: "p1", Payload: message(serfKeyResponse, keyResponse{Message: "no room"})}))
		t.equal("error", c.header(seq), "1/2 nodes reported failure")
		var r keyResult
		c.read(&r)
		t.equal("message of p1", r.Messages["p1"], "no room")
		t.equal("counts", []int{r.NumNodes, r.NumErr, r.NumResp}, []int{2, 1, 2})
	}},
	{"12.3", "silent-nodes-are-counted", "<NumResp>/<NumNodes> nodes reported success", func(t *trial) {
		a, _ := t.keyed()
		c := a.client()
		t.equal("error", c.call("install-key", fields{"Key": keyText(key2)}), "1/2 nodes reported success")
	}},
	{"12.2", "long-lists-are-truncated", "truncated key list response, showing first <k> of <A> keys", func(t *trial) {
		keys := [][]byte{key1}
		for i := range 29 {
			keys = append(keys, testKey(i+1, 32))
		}
		a := t.agent("-keyring-file=" + t.keyringFile(keys...))
		p := t.peer("p1", wrapping{key: key1})
		p.join(a)
		r := p.askKeys(a, 5, "_serf_list-keys", keyQuery(nil))
		t.equal("answer", r.Message, fmt.Sprintf("truncated key list response, showing first %d of 30 keys", len(r.Keys)))
		t.expect(r.Result && len(r.Keys) > 10 && len(r.Keys) < 20, "fewer keys than fit in 1024 bytes", len(r.Keys))
	}},
}

var conflictChecks = []check{
	{"13", "vote-about-a-member", "answer with type 6: the member it knows under that name", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "_serf_conflict")
		q.Payload = []byte("p1")
		r := p.ask(a, q, "a vote", isAnswerOf)
		t.equal("type", r.Payload[0], byte(serfConflict))
		v := decodeAs[vote](r.Payload[1:])
		t.equal("tags", len(v.Tags), 0)
		v.Tags = nil
		t.equal("vote", v, vote{Name: "p1", Addr: v.Addr, Port: 7946, Status: 1, ProtocolMin: 1, ProtocolMax: 5, ProtocolCur: 2, DelegateMin: 2, DelegateMax: 5, DelegateCur: 5})
	}},
	{"13", "vote-about-nobody", "nil when the answering node does not know the name: 06 c0", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "_serf_conflict")
		q.Payload = []byte("nobody")
		t.equal("payload", p.ask(a, q, "a vote", isAnswerOf).Payload, unhex("06 c0"))
	}},
	{"13", "no-vote-about-oneself", "the payload equals the responder's own name: no answer", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "_serf_conflict")
		q.Payload = []byte("n1")
		p.ask(a, q, "an ack", isAckOf)
		q = p.query(6, 2, "_serf_conflict")
		q.Payload = []byte("p1")
		p.ask(a, q, "a vote", isAnswerOf)
		p.never("no vote", serfIs(serfResponse, func(r response) bool { return r.ID == 1 && isAnswerOf(r) }))
	}},
	{"13", "conflict-about-self-asks", "query _serf_conflict with the own name as payload", func(t *trial) {
		a, p := t.cluster()
		x := p.other(a.node, 9)
		p.send(a, message(typeAlive, x))
		q, _ := p.awaitQuery("_serf_conflict")
		t.equal("payload", string(q.Payload), a.node)
		a.awaitOutput("Node name conflicts with another node at")
	}},
	{"13", "majority-lets-stay", "matching >= majority: stay", func(t *trial) {
		a, p := t.cluster()
		t.voteOn(a, p, netIP(a.ip))
		time.Sleep(3 * time.Second) // the query ends after 1.6 s
		t.expect(!a.ended(), "the agent stays", a.stdout.String())
		a.members()
	}},
	{"13", "minority-shuts-down", "otherwise shut down without leave", func(t *trial) {
		a, p := t.cluster()
		t.voteOn(a, p, netIP("127.0.0.99"))
		a.status()
		t.contains("log", a.stdout.String(), "Shutdown without a Leave")
	}},
	{"13", "minority-is-logged", "minority in name conflict resolution, quiting [0 / 3]", func(t *trial) {
		a, p := t.cluster()
		t.voteOn(a, p, netIP("127.0.0.99"))
		a.awaitOutput("minority in name conflict resolution, quiting [0 / 3]")
	}},
	{"13", "conflicts-of-others-are-logged", "existing is not us: log a warning, nothing else", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeAlive, p.other("x", 9)))
		a.awaitOutput("Name conflict for 'x' both")
		p.fence(a, 1)
	}},
}

// voteOn brings about a conflict about the agent's name in which three members vote for an address.
func (t *trial) voteOn(a *agentProc, p *peer, addr []byte) {
	for _, name := range []string{"v2", "v3"} {
		p.newcomer(a, name, tags(nil))
	}
	p.send(a, message(typeAlive, p.other(a.node, 9)))
	q, _ := p.awaitQuery("_serf_conflict")
	v := vote{Name: a.node, Addr: addr, Port: 7946, Tags: map[string]string{}, Status: 1, ProtocolMin: 1, ProtocolMax: 5, ProtocolCur: 2, DelegateMin: 2, DelegateMax: 5, DelegateCur: 5}
	for _, from := range []string{"p1", "v2", "v3"} {
		p.send(a, user(serfResponse, response{LTime: q.LTime, ID: q.ID, From: from, Payload: message(serfConflict, v)}))
	}
}

var coordinateChecks = []check{
	{"16.1", "acks-carry-a-coordinate", "byte 1, then {Adjustment, Error, Height, Vec of 8}", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.send(a, p.ping(a, 1))
		payload := decodeAs[ack](p.awaitAck(1).body).Payload
		t.expect(len(payload) > 1 && payload[0] == 1, "a payload of version 1", payload)
		t.equal("keys", sortedKeys(decodeAs[map[string]any](payload[1:])), []string{"Adjustment", "Error", "Height", "Vec"})
		t.equal("dimensions", len(decodeAs[coordinate](payload[1:]).Vec), 8)
	}},
	{"16.2", "fresh-coordinate", "Vec all 0, Error 1.5, Adjustment 0, Height 1e-5", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.send(a, p.ping(a, 1))
		c := decodeAs[coordinate](decodeAs[ack](p.awaitAck(1).body).Payload[1:])
		t.expect(math.Abs(c.Height-1e-5) < 1e-9, "a height of 1e-5", c.Height) // floats of 32 bits are legal
		c.Height = 0
		t.equal("coordinate", c, coordinate{Vec: make([]float64, 8), Error: 1.5})
	}},
	{"16.1", "probes-move-the-coordinate", "on a completed direct probe: update(P, coordinate, rtt)", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.setPayload(message(1, coordinate{Vec: make([]float64, 8), Error: 1.5, Height: 1e-5}))
		p.join(a)
		t.eventually("an error below 1.5", func() (any, bool) {
			c := a.coordinate("n1")
			return c, c.Error < 1.5 && !math.IsNaN(c.Error)
		})
		t.equal("cached coordinate of p1", a.coordinate("p1").Error, 1.5)
	}},
	{"16.1", "other-payload-versions-are-ignored", "first byte not 1: log, ignore", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.setPayload(message(9, coordinate{Vec: make([]float64, 8), Error: 1.5, Height: 1e-5}))
		p.join(a)
		p.awaitPings(3)
		t.equal("own coordinate", a.coordinate("n1"), coordinate{Vec: make([]float64, 8), Error: 1.5, Height: 1e-5})
	}},
	{"16.4", "other-dimensions-are-rejected", "same dimension", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.setPayload(message(1, coordinate{Vec: make([]float64, 3), Error: 1.5, Height: 1e-5}))
		p.join(a)
		p.awaitPings(3)
		t.equal("own coordinate", a.coordinate("n1"), coordinate{Vec: make([]float64, 8), Error: 1.5, Height: 1e-5})
	}},
	{"16.4", "infinite-coordinates-are-rejected", "every number finite", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		vec := make([]float64, 8)
		vec[3] = math.Inf(1)
		p.setPayload(message(1, coordinate{Vec: vec, Error: 1.5, Height: 1e-5}))
		p.join(a)
		p.awaitPings(3)
		t.equal("own coordinate", a.coordinate("n1"), coordinate{Vec: make([]float64, 8), Error: 1.5, Height: 1e-5})
	}},
	{"16.5", "rtt-is-shown", "distance(a, b) in milliseconds with three decimals", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		p.setPayload(message(1, coordinate{Vec: make([]float64, 8), Error: 1.5, Height: 1e-5}))
		p.join(a)
		p.awaitPings(2)
		t.eventually("an estimate", func() (any, bool) {
			r := a.cli("rtt", "p1", "n1")
			return r.all(), strings.HasPrefix(r.stdout, "Estimated p1 <-> n1 rtt: ") && strings.HasSuffix(r.stdout, " ms\n")
		})
	}},
}

// setPayload sets the payload of the peer's acks.
func (p *peer) setPayload(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.payload = b
}

// awaitPings waits until the agent has probed the peer so often.
func (p *peer) awaitPings(n int) {
	seen := map[uint32]bool{}
	p.await(fmt.Sprintf("%d pings", n), func(m received) bool {
		if m.kind == typePing {
			seen[decodeAs[ping](m.body).SeqNo] = true
		}
		return len(seen) >= n
	})
}

// coordinate asks the agent for a coordinate.
func (a *agentProc) coordinate(node string) coordinate {
	c := a.client()
	defer c.conn.Close()
	var reply struct {
		Coord coordinate
		Ok    bool
	}
	c.get("get-coordinate", fields{"Node": node}, &reply)
	return reply.Coord
}

// awaitFile waits until a file in the check's directory has a content.
func (t *trial) awaitFile(name, want string) {
	t.eventually(fmt.Sprintf("file %s with %q", name, want), func() (any, bool) {
		got, _ := os.ReadFile(filepath.Join(t.dir, name)) // not there yet
		return string(got), string(got) == want
	})
}
