//go:build conform

package conform

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func agentChecks() []check {
	return slices.Concat(startErrorChecks(), configErrorChecks(), configChecks, bannerChecks, logChecks, joinFlagChecks, signalChecks,
		fileChecks, snapshotChecks, reloadChecks, telemetryChecks)
}

// fails runs an agent that must not start and returns what it printed.
func (t *trial) fails(args ...string) result {
	ip := freeAddress(t)
	r := t.run(slices.Concat([]string{"agent", "-node=n1", "-bind=" + ip, "-rpc-addr=" + ip + ":7373"}, args)...)
	t.equal("exit status", r.status, 1)
	return r
}

// file writes a file into the check's directory and returns its path.
func (t *trial) file(name, content string) string {
	path := filepath.Join(t.dir, name)
	t.must(os.MkdirAll(filepath.Dir(path), 0o700), "make a directory")
	t.must(os.WriteFile(path, []byte(content), 0o600), "write a file")
	return path
}

// startErrorChecks has one check for each flag value that keeps the agent from starting.
func startErrorChecks() []check {
	var checks []check
	for _, c := range []struct {
		at, name string
		args     []string
		want     string
	}{
		{"3", "bad-tag", []string{"-tag", "foo"}, "==> Error: Invalid tag: 'foo'\n"},
		{"2", "tag-without-key", []string{"-tag", "=x"}, "==> Error: Invalid tag: '=x'\n"},
		{"3", "duration-without-unit", []string{"-retry-interval=5"}, `==> Error: time: missing unit in duration "5"` + "\n"},
		{"3", "duration-with-unknown-unit", []string{"-retry-interval=5x"}, `==> Error: time: unknown unit "x" in duration "5x"` + "\n"},
		{"3", "invalid-duration", []string{"-broadcast-timeout=x"}, `==> Error: time: invalid duration "x"` + "\n"},
		{"3", "handler-filter", []string{"-event-handler", "bogus=true"}, "==> Invalid event script: Event 'bogus' invoking 'true'"},
		{"8", "handler-filter-with-blank", []string{"-event-handler", "member-join, member-leave=true"}, "==> Invalid event script: Event ' member-leave' invoking 'true'"},
		{"3", "interface", []string{"-iface=nope0"}, "==> Invalid network interface: route ip+net: no such network interface\n"},
		{"3", "log-level", []string{"-log-level=foo"}, "==> Invalid log level: FOO. Valid log levels are: [TRACE DEBUG INFO WARN ERR]\n"},
		{"3", "bind-port", []string{"-bind=127.0.0.1:99999"}, "==> Invalid bind address: address 99999: invalid port\n"},
		{"2", "bind-bare-ipv6", []string{"-bind=::1"}, "==> Invalid bind address: address ::1: too many colons in address"},
		{"3", "advertise", []string{"-advertise=127.0.0.1:99999"}, "==> Invalid advertise address: "},
		{"3", "key-not-base64", []string{"-encrypt=!!"}, "==> Invalid encryption key: illegal base64 data at input byte 0\n"},
		{"3", "profile", []string{"-profile=moon"}, "==> Unknown profile: moon\n"},
		{"3", "protocol-too-low", []string{"-protocol=1"}, "==> Failed to start the Serf agent: Error creating Serf: Protocol version '1' too low. Must be in range: [2, 5]\n"},
		{"3", "protocol-too-high", []string{"-protocol=6"}, "==> Failed to start the Serf agent: Error creating Serf: Protocol version '6' too high. Must be in range: [2, 5]\n"},
		{"3", "tags-too-long", []string{"-tag", "k=" + strings.Repeat("x", 600)}, "==> Failed to start the Serf agent: Error creating Serf: Encoded length of tags exceeds limit of 512 bytes\n"},
		{"3", "key-size", []string{"-encrypt=AAAA"}, "==> Failed to start the Serf agent: Error creating Serf: Failed to create memberlist: key size must be 16, 24 or 32 bytes\n"},
		{"3", "snapshot", []string{"-snapshot=/nonexistent/snap"}, "==> Failed to start the Serf agent: Error creating Serf: Failed to setup snapshot: failed to open snapshot: open /nonexistent/snap: no such file or directory\n"},
		{"3", "keyring-missing", []string{"-keyring-file=/nonexistent/ring"}, "==> Failed to setup the Serf agent: stat /nonexistent/ring: no such file or directory\n"},
		{"3", "config-missing", []string{"-config-file=/nonexistent/c.json"}, "==> Error reading '/nonexistent/c.json': open /nonexistent/c.json: no such file or directory\n"},
		{"3", "config-dir-missing", []string{"-config-dir=/nonexistent"}, "==> Error reading '/nonexistent': open /nonexistent: no such file or directory\n"},
	} {
		checks = append(checks, check{c.at, "error-" + c.name, strings.TrimSpace(c.want) + ", status 1", func(t *trial) {
			t.contains("stdout", t.fails(c.args...).stdout, c.want)
		}})
	}
	return append(checks, check{"3", "error-port-in-use", "failed to start TCP listener on IP port PORT: ... address already in use", func(t *trial) {
		a := t.sharedAgent()
		r := t.fails("-bind=" + a.ip)
		t.contains("stdout", r.stdout, `failed to start TCP listener on "`+a.ip+`" port 7946: listen tcp `+a.ip+":7946: bind: address already in use\n")
	}}, check{"3", "error-rpc-port-in-use", "Error starting RPC listener: listen tcp ADDR: bind: address already in use", func(t *trial) {
		a := t.sharedAgent()
		r := t.fails("-rpc-addr=" + a.rpc)
		t.contains("stdout", r.stdout, "==> Error starting RPC listener: listen tcp "+a.rpc+": bind: address already in use\n")
	}}, check{"3", "error-tags-and-tags-file", "Tags config not allowed while using tag files", func(t *trial) {
		r := t.fails("-tag", "a=b", "-tags-file="+filepath.Join(t.dir, "tags"))
		t.contains("stdout", r.stdout, "==> Failed to setup the Serf agent: Tags config not allowed while using tag files\n")
	}}, check{"3", "error-tags-file-undecodable", "Failed to decode tags file: ...", func(t *trial) {
		t.contains("stdout", t.fails("-tags-file="+t.file("tags", "[]")).stdout, "==> Failed to setup the Serf agent: Failed to decode tags file: ")
	}}, check{"3", "error-key-and-keyring", "Encryption key not allowed while using a keyring", func(t *trial) {
		r := t.fails("-encrypt="+keyText(key1), "-keyring-file="+t.keyringFile(key1))
		t.contains("stdout", r.stdout, "==> Failed to setup the Serf agent: Encryption key not allowed while using a keyring\n")
	}}, check{"3", "error-keyring-undecodable", "Failed to decode keyring file: ...", func(t *trial) {
		t.contains("stdout", t.fails("-keyring-file="+t.file("ring", "{}")).stdout, "==> Failed to setup the Serf agent: Failed to decode keyring file: ")
	}}, check{"3", "error-keyring-key-undecodable", "Failed to decode key from keyring: ...", func(t *trial) {
		t.contains("stdout", t.fails("-keyring-file="+t.file("ring", `["!!"]`)).stdout, "==> Failed to setup the Serf agent: Failed to decode key from keyring: ")
	}}, check{"3", "error-keyring-empty", "Keyring file contains no keys", func(t *trial) {
		t.contains("stdout", t.fails("-keyring-file="+t.file("ring", `[]`)).stdout, "==> Failed to setup the Serf agent: Keyring file contains no keys\n")
	}}, check{"3", "error-keyring-key-size", "Failed to restore keyring: key size must be 16, 24 or 32 bytes", func(t *trial) {
		t.contains("stdout", t.fails("-keyring-file="+t.file("ring", `["AAAA"]`)).stdout, "==> Failed to setup the Serf agent: Failed to restore keyring: key size must be 16, 24 or 32 bytes\n")
	}})
}

// configErrorChecks has one check for each way a configuration file can be wrong.
func configErrorChecks() []check {
	problem := "decoding failed due to the following error(s):"
	var checks []check
	for _, c := range []struct{ name, content, first, line string }{
		{"cut-off", `{`, "unexpected EOF", ""},
		{"empty", ``, "EOF", ""},
		{"trailing-comma", `{"bind": "x",}`, "invalid character '}' looking for beginning of object key string", ""},
		{"array", `[]`, `'' expected a map`, ""},
		{"string", `"x"`, `'' expected a map`, ""},
		{"duration-unit", `{"retry_interval": "30"}`, `time: missing unit in duration "30"`, ""},
		{"duration", `{"reconnect_interval": "x"}`, `time: invalid duration "x"`, ""},
		{"tag-array", `{"tags": {"role": ["a"]}}`, problem, "'tags[role]' expected type 'string', got unconvertible type '[]interface {}'"},
		{"tag-number", `{"tags": {"role": 1}}`, problem, "'tags[role]' expected type 'string', got unconvertible type 'float64'"},
		{"string-number", `{"bind": 1}`, problem, "'bind' expected type 'string', got unconvertible type 'float64'"},
		{"number-string", `{"protocol": "5"}`, problem, "'protocol' expected type 'int', got unconvertible type 'string'"},
		{"bool-string", `{"leave_on_terminate": "yes"}`, problem, "'leave_on_terminate' expected type 'bool', got unconvertible type 'string'"},
		{"array-string", `{"retry_join": "x"}`, problem, "'retry_join'"},
		{"handler-number", `{"event_handlers": [1]}`, problem, "'event_handlers[0]' expected type 'string', got unconvertible type 'float64'"},
		{"unknown-key", `{"bogus": 1}`, problem, "invalid keys: bogus"},
		{"unknown-keys", `{"bogus": 1, "also": 2}`, problem, "invalid keys: also, bogus"},
		{"unknown-mdns-key", `{"mdns": {"foo": 1}}`, problem, "'mdns' has invalid keys: foo"},
	} {
		checks = append(checks, check{"3", "config-" + c.name, "Error decoding 'PATH': " + c.first, func(t *trial) {
			file := t.file("c.json", c.content)
			r := t.fails("-config-file=" + file)
			t.contains("stdout", r.stdout, "==> Error decoding '"+file+"': "+c.first)
			t.contains("stdout", r.stdout, c.line)
		}})
	}
	return checks
}

// shownTags starts an agent with arguments and returns its tags.
func (t *trial) shownTags(args ...string) map[string]string {
	m, _ := t.agent(args...).member("n1")
	return m.Tags
}

var configChecks = []check{
	{"3", "errors-name-the-field", "the quoted field path ('tags[role]') is what people grep for", func(t *trial) {
		file := t.file("c.json", `{"tags": {"role": ["a"]}}`)
		r := t.fails("-config-file=" + file)
		t.contains("stdout", r.stdout, "==> Error decoding '"+file+"': ")
		t.contains("stdout", r.stdout, "'tags[role]' expected type 'string', got unconvertible type '[]interface {}'")
	}},
	{"3", "every-key-is-accepted", "a replacement must accept all keys", func(t *trial) {
		t.start(setup{config: `{"node_name": "x", "disable_coordinates": false, "tags": {"a": "b"}, "log_level": "debug", "rpc_auth": "",
			"protocol": 5, "replay_on_join": true, "query_response_size_limit": 1024, "query_size_limit": 1024,
			"user_event_size_limit": 512, "start_join": [], "event_handlers": [], "profile": "local", "leave_on_terminate": true,
			"skip_leave_on_interrupt": false, "mdns": {"disable_ipv4": false, "disable_ipv6": false}, "reconnect_interval": "30s",
			"reconnect_timeout": "24h", "tombstone_timeout": "24h", "disable_name_resolution": false, "enable_syslog": false,
			"syslog_facility": "LOCAL0", "retry_join": [], "retry_max_attempts": 1, "retry_interval": "30s",
			"rejoin_after_leave": false, "enable_compression": true, "broadcast_timeout": "5s", "validate_node_names": false,
			"msgpackusenewtimeformat": false}`})
	}},
	{"3", "keys-are-case-insensitive", "TAGS works", func(t *trial) {
		t.equal("tags", t.shownTags("-config-file="+t.file("c.json", `{"TAGS": {"a": "b"}}`)), map[string]string{"a": "b"})
	}},
	{"3", "null-is-an-empty-configuration", "null is an empty configuration", func(t *trial) {
		t.agent("-config-file=" + t.file("c.json", `null`))
	}},
	{"3", "flags-win", "defaults, then files, then flags", func(t *trial) {
		a := t.agent("-config-file=" + t.file("c.json", `{"node_name": "other", "log_level": "err"}`))
		t.contains("banner", a.stdout.String(), "Node name: 'n1'")
		a.awaitOutput("[INFO] agent: Serf agent starting")
	}},
	{"3", "tags-are-merged", "merged per key, later value wins", func(t *trial) {
		file := t.file("c.json", `{"tags": {"a": "file", "b": "file"}}`)
		t.equal("tags", t.shownTags("-config-file="+file, "-tag", "b=flag", "-tag", "c=flag"), map[string]string{"a": "file", "b": "flag", "c": "flag"})
	}},
	{"3", "files-in-order", "files in command-line order", func(t *trial) {
		one, two := t.file("1.json", `{"tags": {"a": "1", "b": "1"}}`), t.file("2.json", `{"tags": {"a": "2"}}`)
		t.equal("tags", t.shownTags("-config-file="+two, "-config-file="+one), map[string]string{"a": "1", "b": "1"})
	}},
	{"3", "directories-in-byte-order", "only .json, in plain byte order of the names, not recursive", func(t *trial) {
		for name, content := range map[string]string{
			"d/9.json": `{"tags": {"v": "9"}}`, "d/10.json": `{"tags": {"v": "10", "ten": "1"}}`, "d/Z.json": `{"tags": {"z": "1"}}`,
			"d/notes.txt": "not JSON", "d/X.JSON": "not JSON", "d/sub.json/x.json": "not JSON",
		} {
			t.file(name, content)
		}
		t.equal("tags", t.shownTags("-config-dir="+filepath.Join(t.dir, "d")), map[string]string{"v": "9", "ten": "1", "z": "1"})
	}},
	{"2", "config-dir-takes-a-file", "either flag accepts a file or a directory", func(t *trial) {
		t.equal("tags", t.shownTags("-config-dir="+t.file("c.json", `{"tags": {"a": "b"}}`)), map[string]string{"a": "b"})
	}},
	{"3", "error-in-a-directory-names-the-file", "for a file inside a directory PATH is dir/file", func(t *trial) {
		file := t.file("d/c.json", `{`)
		t.contains("stdout", t.fails("-config-dir="+filepath.Dir(file)).stdout, "==> Error decoding '"+file+"': unexpected EOF")
	}},
	{"3", "handlers-are-appended", "lists hold file entries first, flag entries last", func(t *trial) {
		file := t.file("c.json", `{"event_handlers": ["user:x=echo file"]}`)
		handlers := t.agent("-config-file="+file, "-event-handler", "user:y=echo flag").stats()["event_handlers"]
		t.equal("handlers", handlers, map[string]string{"user:x": "echo file", "user:y": "echo flag"})
	}},
	{"2", "tag-values-may-hold-equals", "split at the first =; the value may be empty", func(t *trial) {
		t.equal("tags", t.shownTags("-tag", "a=b=c", "-tag", "e="), map[string]string{"a": "b=c", "e": ""})
	}},
	{"3", "role-becomes-a-tag", "role is stored as tag role, with a deprecation notice", func(t *trial) {
		a := t.agent("-role=web")
		t.contains("stdout", a.stdout.String(), "==> Deprecation warning: 'Role' has been replaced with 'Tags'\n")
		m, _ := a.member("n1")
		t.equal("tags", m.Tags, map[string]string{"role": "web"})
	}},
	{"3", "retry-interval-is-clamped", "Warning: 'RetryInterval' is too low. Setting to 1s", func(t *trial) {
		t.contains("stdout", t.agent("-retry-interval=0.5s").stdout.String(), "==> Warning: 'RetryInterval' is too low. Setting to 1s\n")
	}},
	{"3", "broadcast-timeout-is-clamped", "Warning: 'BroadcastTimeout' is too low. Setting to 1s", func(t *trial) {
		t.contains("stdout", t.agent("-broadcast-timeout=10ms").stdout.String(), "==> Warning: 'BroadcastTimeout' is too low. Setting to 1s\n")
	}},
	{"3", "rejoin-without-snapshot", "Warning: 'RejoinAfterLeave' enabled without snapshot file", func(t *trial) {
		t.contains("stdout", t.agent("-rejoin").stdout.String(), "==> Warning: 'RejoinAfterLeave' enabled without snapshot file\n")
	}},
	{"2", "positional-arguments-are-ignored", "positional arguments after the flags are silently ignored", func(t *trial) { t.agent("a", "b") }},
	{"2", "last-flag-wins", "last wins", func(t *trial) {
		t.contains("banner", t.agent("-node=second").stdout.String(), "Node name: 'second'")
	}},
	{"3", "user-event-limit", "user event size limit exceeds limit of 9216 bytes", func(t *trial) {
		r := t.fails("-config-file=" + t.file("c.json", `{"user_event_size_limit": 9217}`))
		t.contains("stdout", r.stdout, "==> Failed to start the Serf agent: Error creating Serf: user event size limit exceeds limit of 9216 bytes\n")
	}},
	{"3", "user-event-limit-applies", "user_event_size_limit", func(t *trial) {
		a := t.start(setup{config: `{"user_event_size_limit": 1000}`})
		c := a.client()
		c.ok("event", fields{"Name": "x", "Payload": make([]byte, 900)})
		t.equal("error", c.call("event", fields{"Name": "x", "Payload": make([]byte, 1000)}), "user event exceeds configured limit of 1000 bytes before encoding")
	}},
	{"3", "query-limit-applies", "query_size_limit", func(t *trial) {
		a := t.start(setup{config: `{"query_size_limit": 200}`})
		t.equal("error", a.client().call("query", fields{"Name": "x", "Payload": make([]byte, 300)}), "query exceeds limit of 200 bytes")
	}},
	{"3", "mdns-interface-without-discover", "mDNS interface specified without enabling mDNS discovery", func(t *trial) {
		t.contains("stdout", t.fails("-mdns-iface=lo").stdout, "==> mDNS interface specified without enabling mDNS discovery\n")
	}},
	{"4", "interface-owns-the-address", "with a specific bind address: only checks that the interface owns it", func(t *trial) {
		t.contains("stdout", t.fails("-iface=lo", "-bind=192.0.2.1").stdout, "==> Interface 'lo' has no '192.0.2.1' address\n")
	}},
	{"1", "environment-is-ignored", "the agent itself reads no SERF_* variable", func(t *trial) {
		a := t.start(setup{env: []string{"SERF_RPC_ADDR=127.0.0.1:1", "SERF_RPC_AUTH=x"}})
		a.client().open()
	}},
}
