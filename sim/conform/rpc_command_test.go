//go:build conform

package conform

import (
	"strings"
	"time"
)

var rpcCommandChecks = []check{
	{"4", "event-is-delivered", "event: header, immediately; delivery is asynchronous", func(t *trial) {
		a := t.agent()
		a.client().ok("event", fields{"Name": "deploy", "Payload": []byte("v1"), "Coalesce": false})
		a.awaitOutput("Received event: user-event: deploy")
	}},
	{"4", "event-without-a-name", "empty name accepted", func(t *trial) {
		t.sharedAgent().client().ok("event", fields{"Name": "", "Coalesce": true})
	}},
	{"4", "force-leave-of-nobody", "unknown node: success", func(t *trial) {
		t.sharedAgent().client().ok("force-leave", fields{"Node": "nobody"})
	}},
	{"4", "force-leave-fails-to-left", "a failed member becomes left", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 1)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitStatus("x", "failed")
		a.client().ok("force-leave", fields{"Node": "x"})
		a.awaitStatus("x", "left")
		a.awaitOutput("EventMemberLeave (forced): x ")
	}},
	{"4", "force-leave-with-prune", "with prune it is removed from the list", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 1)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitStatus("x", "failed")
		a.client().ok("force-leave", fields{"Node": "x", "Prune": true})
		a.awaitStatus("x", "")
		a.awaitOutput("EventMemberReap (forced): x ")
	}},
	{"4", "join-counts-successes", "Num = addresses contacted successfully", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		var reply struct{ Num int }
		a.client().get("join", fields{"Existing": []string{p.ip, freeAddress(t) + ":1"}}, &reply)
		t.equal("Num", reply.Num, 1)
	}},
	{"4", "join-of-nothing", "empty list: Num 0, no error", func(t *trial) {
		var reply struct{ Num int }
		t.sharedAgent().client().get("join", fields{"Existing": []string{}}, &reply)
		t.equal("Num", reply.Num, 0)
	}},
	{"4", "join-failure-has-a-body", "join has a body also when Error is set", func(t *trial) {
		c := t.sharedAgent().client()
		text := c.call("join", fields{"Existing": []string{freeAddress(t) + ":1"}})
		var reply struct{ Num int }
		c.read(&reply)
		t.equal("Num", reply.Num, 0)
		t.contains("error", text, "1 error occurred:\n\t* ")
		t.contains("error", text, "connect: connection refused")
		c.open()
	}},
	{"4", "join-failures-are-counted", "N errors occurred", func(t *trial) {
		c := t.sharedAgent().client()
		text := c.call("join", fields{"Existing": []string{freeAddress(t) + ":1", freeAddress(t) + ":1"}})
		t.contains("error", text, "2 errors occurred:\n\t* ")
	}},
	{"4", "tags-are-set", "new set = current tags minus DeleteTags plus Tags", func(t *trial) {
		a := t.agent("-tag", "a=1", "-tag", "b=2", "-tag", "c=3")
		a.client().ok("tags", fields{"Tags": map[string]string{"b": "9", "d": "4"}, "DeleteTags": []string{"a", "b", "nope"}})
		t.eventually("the new tags", func() (any, bool) {
			m, _ := a.member("n1")
			return m.Tags, len(m.Tags) == 3 && m.Tags["b"] == "9" && m.Tags["c"] == "3" && m.Tags["d"] == "4"
		})
	}},
	{"4", "tags-reach-peers", "gossiped", func(t *trial) {
		a, p := t.cluster()
		a.client().ok("tags", fields{"Tags": map[string]string{"zone": "z1"}})
		m := p.await("the agent's new metadata", func(m received) bool {
			return isAbout(typeAlive, a.node)(m) && decodeAs[alive](m.body).Incarnation == 2
		})
		t.equal("metadata", decodeAs[alive](m.body).Meta, tags(map[string]string{"zone": "z1"}))
	}},
	{"4", "leave-ends-the-agent", "header when the leave has finished, then status 0", func(t *trial) {
		a := t.agent()
		c := a.client()
		c.ok("leave", nil)
		c.closed()
		t.equal("exit status", a.status(), 0)
		t.contains("log", a.stdout.String(), "agent.ipc: Graceful leave triggered")
	}},
	{"4", "stats-groups", "agent, runtime, serf, tags, event_handlers", func(t *trial) {
		s := t.sharedAgent().stats()
		for _, group := range []string{"agent", "event_handlers", "runtime", "serf", "tags"} {
			t.expect(s[group] != nil, "a group "+group, sortedKeys(s))
		}
		t.equal("agent.name", s["agent"]["name"], "shared")
		t.equal("tags", s["tags"], map[string]string{"role": "web", "dc": "east"})
	}},
	{"4", "stats-serf", "keys of the group serf", func(t *trial) {
		s := t.sharedAgent().stats()["serf"]
		for _, key := range []string{"members", "failed", "left", "health_score", "member_time", "event_time", "query_time", "intent_queue", "event_queue", "query_queue", "encrypted", "coordinate_resets"} {
			_, ok := s[key]
			t.expect(ok, "a key "+key, s)
		}
		t.equal("members", s["members"], "1")
		t.equal("encrypted", s["encrypted"], "false")
	}},
	{"4", "stats-runtime", "keys of the group runtime", func(t *trial) {
		s := t.sharedAgent().stats()["runtime"]
		for _, key := range []string{"os", "arch", "version", "max_procs", "goroutines", "cpu_count"} {
			t.expect(s[key] != "", "a value for "+key, s)
		}
	}},
	{"4", "stats-handlers", "FILTER:NAME to script", func(t *trial) {
		a := t.agent("-event-handler", "true", "-event-handler", "member-join=echo a", "-event-handler", "user:deploy=echo b")
		t.equal("event_handlers", a.stats()["event_handlers"], map[string]string{"*:": "true", "member-join:": "echo a", "user:deploy": "echo b"})
	}},
	{"4", "stats-encrypted", "encrypted: true with a key", func(t *trial) {
		t.equal("encrypted", t.agent("-encrypt=" + keyText(key1)).stats()["serf"]["encrypted"], "true")
	}},
	{"4", "coordinate-of-self", "Vec of 8, Error, Adjustment, Height, and Ok", func(t *trial) {
		var reply struct {
			Coord coordinate
			Ok    bool
		}
		t.sharedAgent().client().get("get-coordinate", fields{"Node": "shared"}, &reply)
		t.equal("Ok", reply.Ok, true)
		t.equal("dimensions", len(reply.Coord.Vec), 8)
		t.equal("Height", reply.Coord.Height, 1e-5)
		t.equal("Error", reply.Coord.Error, 1.5)
	}},
	{"4", "coordinate-of-nobody", "Ok false, Error in the header stays empty", func(t *trial) {
		var reply struct{ Ok bool }
		t.sharedAgent().client().get("get-coordinate", fields{"Node": "nobody"}, &reply)
		t.equal("Ok", reply.Ok, false)
	}},
	{"4", "stop-of-anything", "stop: always success", func(t *trial) {
		c := t.sharedAgent().client()
		c.ok("stop", fields{"Stop": 12345})
		c.open()
	}},
}

var rpcQueryChecks = []check{
	{"4", "query-acks-and-done", "ack records with RequestAck, then done", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("query", fields{"Name": "up", "RequestAck": true, "Timeout": int64(time.Second)})
		t.equal("error", c.header(seq), "")
		r := c.record(seq, "an ack", func(f fields) bool { return f["Type"] == "ack" })
		t.equal("From", r["From"], any("n1"))
		t.equal("Payload", r["Payload"], nil)
		r = c.record(seq, "done", func(f fields) bool { return f["Type"] == "done" })
		t.equal("From", r["From"], any(""))
	}},
	{"4", "query-without-acks", "acks only with RequestAck", func(t *trial) {
		c := t.agent().client()
		seq := c.request("query", fields{"Name": "up", "Timeout": int64(300 * time.Millisecond)})
		t.equal("error", c.header(seq), "")
		r := c.record(seq, "any record", func(fields) bool { return true })
		t.equal("Type", r["Type"], any("done"))
	}},
	{"4", "respond-answers-a-streamed-query", "{Type response, From, Payload}", func(t *trial) {
		a := t.agent()
		answerer, asker := a.client(), a.client()
		seq := answerer.request("stream", fields{"Type": "query"})
		t.equal("error", answerer.header(seq), "")
		question := asker.request("query", fields{"Name": "up", "Timeout": int64(3 * time.Second)})
		t.equal("error", asker.header(question), "")
		id := answerer.record(seq, "the query", func(f fields) bool { return f["Name"] == "up" })["ID"]
		answerer.ok("respond", fields{"ID": id, "Payload": []byte("fine")})
		r := asker.record(question, "the response", func(f fields) bool { return f["Type"] == "response" })
		t.equal("From", r["From"], any("n1"))
		t.equal("Payload", bytesOf(r["Payload"]), "fine")
	}},
	{"3", "respond-twice", "failed to respond to key query: response already sent", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("stream", fields{"Type": "query"})
		t.equal("error", c.header(seq), "")
		a.client().request("query", fields{"Name": "up", "Timeout": int64(5 * time.Second)})
		id := c.record(seq, "the query", func(f fields) bool { return f["Name"] == "up" })["ID"]
		c.ok("respond", fields{"ID": id, "Payload": []byte("fine")})
		text := c.call("respond", fields{"ID": id, "Payload": []byte("again")})
		t.equal("error", text, "failed to respond to key query: response already sent")
	}},
	{"3", "respond-too-big", "failed to respond to key query: response exceeds limit of N bytes", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("stream", fields{"Type": "query"})
		t.equal("error", c.header(seq), "")
		a.client().request("query", fields{"Name": "up", "Timeout": int64(5 * time.Second)})
		id := c.record(seq, "the query", func(f fields) bool { return f["Name"] == "up" })["ID"]
		text := c.call("respond", fields{"ID": id, "Payload": []byte(strings.Repeat("x", 100<<10))})
		t.contains("error", text, "failed to respond to key query: response exceeds limit of ")
	}},
	{"4", "query-for-other-nodes", "FilterNodes: evaluated by the receivers", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("query", fields{"Name": "up", "RequestAck": true, "FilterNodes": []string{"other"}, "Timeout": int64(300 * time.Millisecond)})
		t.equal("error", c.header(seq), "")
		t.equal("Type", c.record(seq, "any record", func(fields) bool { return true })["Type"], any("done"))
	}},
	{"4", "query-tag-filters-search", "tag expressions are not anchored here", func(t *trial) {
		c := t.sharedAgent().client()
		seq := c.request("query", fields{"Name": "up", "RequestAck": true, "FilterTags": map[string]string{"role": "e"}, "Timeout": int64(time.Second)})
		t.equal("error", c.header(seq), "")
		c.record(seq, "an ack", func(f fields) bool { return f["Type"] == "ack" })
	}},
	{"4", "queries-share-a-connection", "several queries may run at once on one connection", func(t *trial) {
		c := t.agent().client()
		first := c.request("query", fields{"Name": "a", "RequestAck": true, "Timeout": int64(time.Second)})
		second := c.request("query", fields{"Name": "b", "RequestAck": true, "Timeout": int64(time.Second)})
		done := map[uint64]int{}
		for done[first] < 3 || done[second] < 3 { // header, ack, done
			var h replyHeader
			c.read(&h)
			done[h.Seq]++
			if done[h.Seq] > 1 {
				var f fields
				c.read(&f)
			}
		}
	}},
}

// keyResult is the reply to a key command.
type keyResult struct {
	Messages                  map[string]string
	Keys                      map[string]int
	NumNodes, NumErr, NumResp int
}

var rpcKeyChecks = []check{
	{"4", "list-keys", "Keys: key to number of nodes having it", func(t *trial) {
		var r keyResult
		t.agent("-encrypt="+keyText(key1)).client().get("list-keys", nil, &r)
		t.equal("reply", r, keyResult{Messages: r.Messages, Keys: map[string]int{keyText(key1): 1}, NumNodes: 1, NumResp: 1})
	}},
	{"4", "install-use-remove", "install, use and remove succeed on a ring", func(t *trial) {
		c := t.agent("-encrypt=" + keyText(key1)).client()
		var r keyResult
		for _, command := range []string{"install-key", "use-key"} {
			c.get(command, fields{"Key": keyText(key2)}, &r)
		}
		c.get("remove-key", fields{"Key": keyText(key1)}, &r)
		r = keyResult{}
		c.get("list-keys", nil, &r)
		t.equal("keys", r.Keys, map[string]int{keyText(key2): 1})
	}},
	{"4", "remove-unknown-and-install-known-succeed", "removing an unknown key and installing a known one succeed", func(t *trial) {
		c := t.agent("-encrypt=" + keyText(key1)).client()
		var r keyResult
		c.get("remove-key", fields{"Key": keyText(key2)}, &r)
		c.get("install-key", fields{"Key": keyText(key1)}, &r)
	}},
	{"4", "remove-primary", "removing the primary key is not allowed", func(t *trial) {
		t.keyRefused("remove-key", keyText(key1), "removing the primary key is not allowed")
	}},
	{"4", "use-unknown", "requested key is not in the keyring", func(t *trial) {
		t.keyRefused("use-key", keyText(key2), "requested key is not in the keyring")
	}},
	{"4", "install-short", "key size must be 16, 24 or 32 bytes", func(t *trial) {
		t.keyRefused("install-key", "AAAA", "key size must be 16, 24 or 32 bytes")
	}},
}

// keyRefused performs a key command that the only node must refuse.
func (t *trial) keyRefused(command, key, message string) {
	c := t.agent("-encrypt=" + keyText(key1)).client()
	t.equal("error", c.call(command, fields{"Key": key}), "1/1 nodes reported failure")
	var r keyResult
	c.read(&r)
	t.equal("messages", r.Messages, map[string]string{"n1": message})
	t.equal("counts", []int{r.NumNodes, r.NumErr, r.NumResp}, []int{1, 1, 1})
}
