//go:build conform

package conform

import (
	"fmt"
	"slices"
	"strings"
)

func rpcChecks() []check {
	return slices.Concat(framingChecks, sessionChecks, authChecks(), rpcErrorChecks(), rpcMemberChecks(), rpcCommandChecks,
		rpcStreamChecks, rpcQueryChecks, rpcKeyChecks)
}

// rpcRaw writes the header of a command in the old profile, as clients from before 2013 do.
func rpcRaw(command string, seq byte) []byte {
	return slices.Concat([]byte{0x82, 0xa7}, []byte("Command"), []byte{0xa0 | byte(len(command))}, []byte(command), []byte{0xa3}, []byte("Seq"), []byte{seq})
}

var framingChecks = []check{
	{"1", "reply-header-bytes", "a reply header is the map {Error, Seq}, keys in ascending order", func(t *trial) {
		a := t.sharedAgent()
		conn := t.dial(a.rpc)
		_, err := conn.Write(slices.Concat(rpcRaw("handshake", 7), unhex("81 a7"), []byte("Version"), []byte{1}))
		t.must(err, "write")
		want := unhex("82 a5 4572726f72 a0 a3 536571 07")
		got := make([]byte, len(want))
		_, err = conn.Read(got)
		t.must(err, "read")
		t.equal("reply", got, want)
	}},
	{"1", "keys-in-any-order", "keys in any order", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		c.raw(slices.Concat(unhex("82 a3 536571 05 a7"), []byte("Command"), unhex("a9"), []byte("handshake"), unhex("81 a7"), []byte("Version"), []byte{1}))
		t.equal("error", c.header(5), "")
	}},
	{"1", "unknown-keys-are-ignored", "unknown keys are ignored", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		c.write(fields{"Command": "handshake", "Seq": 1, "Zzz": []any{1, "x"}}, fields{"Version": 1, "More": nil})
		t.equal("error", c.header(1), "")
	}},
	{"1", "missing-keys-are-zero", "missing keys have the zero value", func(t *trial) {
		c := t.sharedAgent().client()
		c.ok("event", fields{"Name": "conform-missing"})
	}},
	{"1", "nil-is-zero", "nil is accepted for anything", func(t *trial) {
		c := t.sharedAgent().client()
		c.ok("event", fields{"Name": "conform-nil", "Payload": nil, "Coalesce": nil})
	}},
	{"1", "old-clients-send-raw-strings", "str or bin for both string and byte fields", func(t *trial) {
		c := t.sharedAgent().client()
		c.raw(slices.Concat(rpcRaw("event", 9), unhex("82 a4"), []byte("Name"), unhex("a3"), []byte("old"), unhex("a7"), []byte("Payload"), unhex("a2 fffe")))
		t.equal("error", c.header(9), "")
	}},
	{"1", "strings-may-be-binary", "str or bin for both string and byte fields", func(t *trial) {
		c := t.sharedAgent().client()
		c.write(fields{"Command": []byte("event"), "Seq": 9}, fields{"Name": []byte("bin")})
		t.equal("error", c.header(9), "")
	}},
	{"1", "integers-of-any-width", "any integer family and width that fits", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		c.raw(slices.Concat(unhex("82 a7"), []byte("Command"), unhex("a9"), []byte("handshake"), unhex("a3 536571 d30000000000000003 81 a7"), []byte("Version"), unhex("cf0000000000000001")))
		t.equal("error", c.header(3), "")
	}},
	{"1", "map16-headers", "map16/32 are accepted", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		c.raw(slices.Concat(unhex("de0002 a7"), []byte("Command"), unhex("a9"), []byte("handshake"), unhex("a3 536571 04 df00000001 a7"), []byte("Version"), unhex("01")))
		t.equal("error", c.header(4), "")
	}},
	{"1", "garbage-closes", "anything not decodable: closed without a reply", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		c.raw([]byte{0xc1, 0xff, 0xff})
		c.closed()
	}},
	{"1", "a-header-that-is-no-map-closes", "header not a map: closed without a reply", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		c.raw([]byte{0x2a, 0x2a})
		c.closed()
	}},
	{"1", "a-body-of-the-wrong-shape-closes", "body of the wrong shape: closed without a reply", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		c.write(fields{"Command": "handshake", "Seq": 1}, 42)
		c.closed()
	}},
	{"1", "a-field-of-the-wrong-type-closes", "body of the wrong shape: closed without a reply", func(t *trial) {
		c := t.sharedAgent().client()
		c.write(fields{"Command": "event", "Seq": 2}, fields{"Name": fields{"a": 1}})
		c.closed()
	}},
	{"1", "others-survive-garbage", "closed without a reply, other connections go on", func(t *trial) {
		a := t.sharedAgent()
		good, bad := a.client(), a.dialRPC()
		bad.raw([]byte{0xc1})
		bad.closed()
		good.open()
	}},
}

var sessionChecks = []check{
	{"2", "accepted-client-is-logged", "the server logs Accepted client: IP:PORT", func(t *trial) {
		a := t.agent()
		a.dialRPC()
		a.awaitOutput("[INFO] agent.ipc: Accepted client: 127.0.0.1:")
	}},
	{"2", "handshake-comes-first", "any other command first: Handshake required, then close", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		t.equal("error", c.call("members", nil), "Handshake required")
		c.closed()
	}},
	{"2", "auth-needs-a-handshake", "any other command first: Handshake required, then close", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		c.write(fields{"Command": "auth", "Seq": 1})
		t.equal("error", c.header(1), "Handshake required")
		c.closed()
	}},
	{"3", "unsupported-version", "handshake version not 1: Unsupported IPC version, may retry", func(t *trial) {
		c := t.sharedAgent().dialRPC()
		for _, version := range []int{0, 2, -1, 100} {
			t.equal("error", c.call("handshake", fields{"Version": version}), "Unsupported IPC version")
		}
		c.ok("handshake", fields{"Version": 1})
		c.open()
	}},
	{"3", "second-handshake", "Handshake already performed, open", func(t *trial) {
		c := t.sharedAgent().client()
		t.equal("error", c.call("handshake", fields{"Version": 1}), "Handshake already performed")
		c.open()
	}},
	{"3", "unsupported-command", "Unsupported command, closed", func(t *trial) {
		c := t.sharedAgent().client()
		t.equal("error", c.call("bogus", nil), "Unsupported command")
		c.closed()
	}},
	{"3", "commands-are-case-sensitive", "field names and commands are exact", func(t *trial) {
		c := t.sharedAgent().client()
		t.equal("error", c.call("Members", nil), "Unsupported command")
	}},
	{"2", "seq-0-is-fine", "Seq is chosen by the client; 0 is fine", func(t *trial) {
		c := t.sharedAgent().client()
		c.write(fields{"Command": "members", "Seq": 0})
		t.equal("error", c.header(0), "")
		var list memberList
		c.read(&list)
	}},
	{"2", "seq-of-64-bits", "Seq is uint64", func(t *trial) {
		c := t.sharedAgent().client()
		c.write(fields{"Command": "members", "Seq": uint64(1<<64 - 1)})
		t.equal("error", c.header(1<<64-1), "")
	}},
	{"2", "seq-may-repeat", "uniqueness is the client's business", func(t *trial) {
		c := t.sharedAgent().client()
		for range 3 {
			c.write(fields{"Command": "members", "Seq": 5})
			t.equal("error", c.header(5), "")
			var list memberList
			c.read(&list)
		}
	}},
	{"2", "pipelined-requests-are-answered-in-order", "commands are executed strictly in order per connection", func(t *trial) {
		c := t.sharedAgent().client()
		for seq := range uint64(20) {
			c.write(fields{"Command": "event", "Seq": 100 + seq}, fields{"Name": "pipelined", "Coalesce": true})
		}
		for seq := range uint64(20) {
			t.equal("error", c.header(100+seq), "")
		}
	}},
	{"2", "connections-are-independent", "other connections are independent of a slow command", func(t *trial) {
		a := t.sharedAgent()
		slow, fast := a.client(), a.client()
		slow.request("query", fields{"Name": "_serf_ping", "RequestAck": true, "Timeout": int64(1e9)})
		fast.open()
	}},
	{"2", "header-and-body-in-pieces", "objects are self-delimiting, whatever the segments", func(t *trial) {
		c := t.sharedAgent().client()
		for _, b := range slices.Concat(rpcRaw("event", 3), unhex("81 a4"), []byte("Name"), unhex("a1 78")) {
			c.raw([]byte{b})
		}
		t.equal("error", c.header(3), "")
	}},
}

// guarded starts an agent that wants a key.
func (t *trial) guarded() *agentProc { return t.start(setup{config: `{"rpc_auth": "sekrit"}`}) }

func authChecks() []check {
	checks := []check{
		{"2", "auth-opens-the-door", "auth compared with rpc_auth", func(t *trial) {
			c := t.guarded().client()
			c.ok("auth", fields{"AuthKey": "sekrit"})
			c.open()
		}},
		{"4", "auth-may-be-repeated", "may be repeated", func(t *trial) {
			c := t.guarded().client()
			c.ok("auth", fields{"AuthKey": "sekrit"})
			c.ok("auth", fields{"AuthKey": "sekrit"})
			c.open()
		}},
		{"3", "wrong-key", "Invalid authentication token, open", func(t *trial) {
			c := t.guarded().client()
			t.equal("error", c.call("auth", fields{"AuthKey": "wrong"}), "Invalid authentication token")
			c.ok("auth", fields{"AuthKey": "sekrit"})
			c.open()
		}},
		{"3", "key-without-rpc-auth", "also when the agent has no rpc_auth and the key is non-empty", func(t *trial) {
			c := t.sharedAgent().client()
			t.equal("error", c.call("auth", fields{"AuthKey": "any"}), "Invalid authentication token")
			c.open()
		}},
		{"4", "empty-key-without-rpc-auth", "without rpc_auth only the empty key is valid", func(t *trial) {
			c := t.sharedAgent().client()
			c.ok("auth", fields{"AuthKey": ""})
			c.open()
		}},
		{"2", "no-second-error-for-a-refused-body", "a replacement reads and discards the body and answers once", func(t *trial) {
			c := t.guarded().client()
			t.equal("error", c.call("event", fields{"Name": "x", "Payload": []byte("y")}), "Authentication required")
			c.ok("auth", fields{"AuthKey": "sekrit"})
			c.open()
		}},
		{"6", "commands-before-auth-are-logged", "Client sending commands before auth", func(t *trial) {
			a := t.guarded()
			a.client().call("members", nil)
			a.awaitOutput("[WARN] agent.ipc: Client sending commands before auth")
		}},
	}
	for _, command := range []string{"members", "leave", "stats", "list-keys"} { // those without a body
		checks = append(checks, check{"2", "auth-required-for-" + command, "Authentication required, connection stays open, no body follows", func(t *trial) {
			c := t.guarded().client()
			t.equal("error", c.call(command, nil), "Authentication required")
			c.ok("auth", fields{"AuthKey": "sekrit"})
			c.open()
		}})
	}
	return checks
}

// rpcErrorChecks has one check for each error string that a single command brings about.
func rpcErrorChecks() []check {
	long := strings.Repeat("x", 1100)
	var checks []check
	for _, c := range []struct {
		name, command string
		body          fields
		want          string
	}{
		{"event-filter", "stream", fields{"Type": "bogus"}, "Invalid event filter"},
		{"event-filter-in-a-list", "stream", fields{"Type": "user,bogus"}, "Invalid event filter"},
		{"event-filter-with-blank", "stream", fields{"Type": "user, query"}, "Invalid event filter"},
		{"log-level", "monitor", fields{"LogLevel": "foo"}, "Unknown log level: FOO"},
		{"empty-log-level", "monitor", fields{"LogLevel": ""}, "Unknown log level: "},
		{"respond-unknown", "respond", fields{"ID": 99, "Payload": []byte("x")}, "No pending queries matching ID"},
		{"event-too-long", "event", fields{"Name": "x", "Payload": []byte(long[:520])}, "user event exceeds configured limit of 512 bytes before encoding"},
		{"event-too-long-encoded", "event", fields{"Name": "x", "Payload": []byte(long[:500])}, "encoded user event exceeds configured limit of 512 bytes after encoding"},
		{"query-too-long", "query", fields{"Name": "x", "Payload": []byte(long)}, "query exceeds limit of 1024 bytes"},
		{"query-reserved", "query", fields{"Name": "_serf_foo"}, "Queries cannot contain the '_serf_' prefix"},
		{"query-ping-with-payload", "query", fields{"Name": "_serf_ping", "Payload": []byte("x")}, "Queries cannot contain the '_serf_' prefix"},
		{"tags-too-long", "tags", fields{"Tags": map[string]string{"k": long[:600]}}, "Encoded length of tags exceeds limit of 512 bytes"},
	} {
		checks = append(checks, check{"3", "error-" + c.name, c.want, func(t *trial) {
			r := t.sharedAgent().client()
			t.equal("error", r.call(c.command, c.body), c.want)
			r.open()
		}})
	}
	for _, command := range []string{"install-key", "use-key", "remove-key"} {
		checks = append(checks, check{"3", "error-base64-" + command, "illegal base64 data at input byte N, with a body", func(t *trial) {
			r := t.sharedAgent().client()
			t.equal("error", r.call(command, fields{"Key": "!!"}), "illegal base64 data at input byte 0")
			var reply fields
			r.read(&reply)
			r.open()
		}})
		checks = append(checks, check{"4", "no-keyring-" + command, "No keyring to modify (encryption not enabled)", func(t *trial) {
			r := t.sharedAgent().client()
			t.equal("error", r.call(command, fields{"Key": keyText(key1)}), "1/1 nodes reported failure")
			var reply struct{ Messages map[string]string }
			r.read(&reply)
			t.equal("messages", reply.Messages, map[string]string{"shared": "No keyring to modify (encryption not enabled)"})
		}})
	}
	return checks
}

// memberField is a field of a member and what the shared agent puts there.
type memberField struct {
	name string
	want any
}

func rpcMemberChecks() []check {
	var checks []check
	for _, f := range []memberField{
		{"Name", "shared"}, {"Port", int64(7946)}, {"Status", "alive"},
		{"ProtocolMin", int64(1)}, {"ProtocolMax", int64(5)}, {"ProtocolCur", int64(2)},
		{"DelegateMin", int64(2)}, {"DelegateMax", int64(5)}, {"DelegateCur", int64(5)},
	} {
		checks = append(checks, check{"4", "member-" + f.name, fmt.Sprintf("field %s of a member", f.name), func(t *trial) {
			var list struct{ Members []fields }
			t.sharedAgent().client().get("members", nil, &list)
			t.equal("members", len(list.Members), 1)
			got := list.Members[0][f.name]
			if _, isNumber := f.want.(int64); isNumber {
				got = numberOf(got)
			}
			t.equal(f.name, got, f.want)
		}})
	}
	for _, c := range []struct {
		name, says string
		filter     fields
		matches    bool
	}{
		{"none", "empty string = no filter", fields{}, true},
		{"name", "regular expression on the name", fields{"Name": "sh.*"}, true},
		{"name-anchored", "every expression is wrapped as ^EXPR$", fields{"Name": "share"}, false},
		{"status", "regular expression on the status", fields{"Status": "alive"}, true},
		{"status-alternatives", "left|failed matches as expected", fields{"Status": "left|failed"}, false},
		{"status-anchored", "every expression is wrapped as ^EXPR$", fields{"Status": "al"}, false},
		{"tag", "regular expression on a tag", fields{"Tags": map[string]string{"role": "w.b"}}, true},
		{"tag-other", "all filters must match", fields{"Tags": map[string]string{"role": "db"}}, false},
		{"tag-missing", "a missing tag is the empty string", fields{"Tags": map[string]string{"nope": ".*"}}, true},
		{"tag-missing-value", "a missing tag is the empty string", fields{"Tags": map[string]string{"nope": ".+"}}, false},
		{"all", "all filters must match", fields{"Name": "shared", "Status": "alive", "Tags": map[string]string{"role": "web", "dc": "east"}}, true},
		{"all-but-one", "all filters must match", fields{"Name": "shared", "Status": "alive", "Tags": map[string]string{"role": "web", "dc": "west"}}, false},
		{"case", "RE2 syntax", fields{"Name": "(?i)SHARED"}, true},
		{"nil", "nil is accepted for anything", fields{"Name": nil, "Status": nil, "Tags": nil}, true},
	} {
		checks = append(checks, check{"4", "members-filtered-" + c.name, c.says, func(t *trial) {
			var list memberList
			t.sharedAgent().client().get("members-filtered", c.filter, &list)
			t.equal("matches", len(list.Members) == 1, c.matches)
		}})
	}
	return append(checks, check{"4", "members-filtered-bad-expression", "Failed to compile regex, no members, the connection stays", func(t *trial) {
		c := t.sharedAgent().client()
		t.contains("error", c.call("members-filtered", fields{"Name": "["}), "Failed to compile regex")
		var list memberList
		c.read(&list)
		t.equal("members", len(list.Members), 0)
		c.open()
	}}, check{"4", "no-match-is-an-empty-array", "no match: empty array", func(t *trial) {
		var list fields
		t.sharedAgent().client().get("members-filtered", fields{"Name": "zzz"}, &list)
		t.equal("Members", list["Members"], any([]any{}))
	}}, check{"4", "member-Addr", "Addr: bin of 4 or 16 bytes", func(t *trial) {
		var list struct{ Members []fields }
		a := t.sharedAgent()
		a.client().get("members", nil, &list)
		addr, isBinary := list.Members[0]["Addr"].([]byte)
		t.expect(isBinary && strings.HasSuffix(string(addr), string(netIP(a.ip))), "the address as bin", list.Members[0]["Addr"])
	}}, check{"4", "member-Tags", "Tags: map of strings", func(t *trial) {
		var list memberList
		t.sharedAgent().client().get("members", nil, &list)
		t.equal("Tags", list.Members[0].Tags, map[string]string{"role": "web", "dc": "east"})
	}})
}
