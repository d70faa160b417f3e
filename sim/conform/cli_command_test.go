//go:build conform

package conform

import (
	"encoding/json"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func memberCommandChecks() []check {
	checks := []check{
		{"4", "members-line", "name, IP:PORT, status, tags as k=v joined with a comma", func(t *trial) {
			a := t.sharedAgent()
			r := a.cli("members")
			t.equal("status", r.status, 0)
			t.matches("stdout", r.stdout, `shared  `+regexp.QuoteMeta(a.ip)+`:7946  alive  (role=web,dc=east|dc=east,role=web)\n`)
		}},
		{"4", "members-without-tags-is-trimmed", "the last line has no trailing blanks", func(t *trial) {
			a := t.agent()
			t.equal("stdout", a.cli("members").stdout, "n1  "+a.ip+":7946  alive\n")
		}},
		{"4", "members-columns-are-aligned", "columns separated by at least two spaces, left-aligned", func(t *trial) {
			a, p := t.cluster()
			p.newcomer(a, "a-much-longer-name", tags(nil))
			var starts []int
			for _, line := range strings.Split(strings.TrimSuffix(a.cli("members").stdout, "\n"), "\n") {
				starts = append(starts, strings.Index(line, "127."))
			}
			t.equal("columns of the addresses", starts, []int{20, 20, 20})
		}},
		{"4", "members-detailed", "Protocol Version: 5, Available Protocol Range: [2, 5]", func(t *trial) {
			r := t.sharedAgent().cli("members", "-detailed")
			t.matches("stdout", r.stdout, `shared  .*  Protocol Version: 5  Available Protocol Range: \[2, 5\]\n`)
		}},
		{"4", "members-json", "JSON with two-space indentation", func(t *trial) {
			a := t.agent("-tag", "role=a<b")
			t.equal("stdout", a.cli("members", "-format=json").stdout, `{
  "members": [
    {
      "name": "n1",
      "addr": "`+a.ip+`:7946",
      "port": 7946,
      "tags": {
        "role": "a\u003cb"
      },
      "status": "alive",
      "protocol": {
        "max": 5,
        "min": 2,
        "version": 5
      }
    }
  ]
}
`)
		}},
		{"4", "members-no-match", "no match: one empty line, status 0", func(t *trial) {
			r := t.sharedAgent().cli("members", "-name=zzz")
			t.equal("status", r.status, 0)
			t.equal("stdout", r.stdout, "\n")
		}},
		{"4", "members-no-match-json", `no match: "members": null`, func(t *trial) {
			t.equal("stdout", t.sharedAgent().cli("members", "-name=zzz", "-format=json").stdout, "{\n  \"members\": null\n}\n")
		}},
		{"4", "members-bad-format", `Encoding error: Invalid output format "xml"`, func(t *trial) {
			r := t.sharedAgent().cli("members", "-format=xml")
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, `Encoding error: Invalid output format "xml"`+"\n")
		}},
		{"4", "members-bad-expression", "Error retrieving members: ..., status 1", func(t *trial) {
			r := t.sharedAgent().cli("members", "-name=[")
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, "Error retrieving members: ")
		}},
		{"4", "members-role-is-deprecated", "Deprecation warning: 'Role' has been replaced with 'Tags'; acts as -tag role=X", func(t *trial) {
			r := t.sharedAgent().cli("members", "-role=web")
			t.contains("output", r.all(), "Deprecation warning: 'Role' has been replaced with 'Tags'")
			t.contains("stdout", r.stdout, "shared  ")
		}},
		{"1", "surplus-arguments-are-ignored", "surplus positional arguments are ignored by members, info, leave...", func(t *trial) {
			a := t.sharedAgent()
			for _, command := range []string{"members", "info"} {
				t.equal("status of "+command, a.cli(command, "a", "b").status, 0)
			}
			t.equal("status of keygen", t.run("keygen", "a", "b").status, 0)
		}},
		{"4", "keygen", "32 random bytes in standard base64 and newline", func(t *trial) {
			first, second := t.run("keygen"), t.run("keygen")
			t.matches("stdout", first.stdout, `[A-Za-z0-9+/]{43}=\n`)
			t.expect(first.stdout != second.stdout, "another key each time", second.stdout)
		}},
	}
	for _, c := range []struct {
		name    string
		args    []string
		matches bool
	}{
		{"name", []string{"-name=sha.*"}, true}, {"name-anchored", []string{"-name=share"}, false},
		{"status", []string{"-status=alive"}, true}, {"status-anchored", []string{"-status=al"}, false},
		{"status-alternatives", []string{"-status=left|failed"}, false},
		{"tag", []string{"-tag", "role=w.b"}, true}, {"tags", []string{"-tag", "role=web", "-tag", "dc=west"}, false},
		{"tag-last-wins", []string{"-tag", "dc=west", "-tag", "dc=east"}, true},
	} {
		checks = append(checks, check{"4", "members-filter-" + c.name, "filters are matched against the whole value; all must match", func(t *trial) {
			r := t.sharedAgent().cli("members", c.args...)
			t.equal("status", r.status, 0)
			t.equal("the member is shown", strings.HasPrefix(r.stdout, "shared "), c.matches)
		}})
	}
	return checks
}

var eventCommandChecks = []check{
	{"4", "event-is-dispatched", "Event 'deploy' dispatched! Coalescing enabled: true", func(t *trial) {
		r := t.sharedAgent().cli("event", "deploy")
		t.equal("result", r, result{stdout: "Event 'deploy' dispatched! Coalescing enabled: true\n"})
	}},
	{"4", "event-without-coalescing", "-coalesce=false", func(t *trial) {
		r := t.sharedAgent().cli("event", "-coalesce=false", "deploy", "payload")
		t.equal("stdout", r.stdout, "Event 'deploy' dispatched! Coalescing enabled: false\n")
	}},
	{"1", "bare-boolean-flag", "-coalesce false deploy means coalesce=true and event name false", func(t *trial) {
		r := t.sharedAgent().cli("event", "-coalesce", "false", "deploy")
		t.contains("stdout", r.stdout, "Event 'false' dispatched! Coalescing enabled: true\n")
	}},
	{"1", "dashes-end-flags", "serf event -- -x sends event -x", func(t *trial) {
		r := t.sharedAgent().cli("event", "--", "-x")
		t.contains("stdout", r.stdout, "Event '-x' dispatched!")
	}},
	{"1", "flags-with-two-dashes", "--x v, --x=v", func(t *trial) {
		a := t.sharedAgent()
		t.equal("status", t.run("event", "--rpc-addr", a.rpc, "--coalesce=false", "x").status, 0)
	}},
	{"4", "event-with-empty-name", "empty name accepted", func(t *trial) {
		t.equal("status", t.sharedAgent().cli("event", "").status, 0)
	}},
	{"4", "event-too-long", "Error sending event: user event exceeds configured limit of 512 bytes before encoding", func(t *trial) {
		r := t.sharedAgent().cli("event", "big", strings.Repeat("x", 510))
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error sending event: user event exceeds configured limit of 512 bytes before encoding\n")
	}},
	{"4", "event-too-long-encoded", "Error sending event: encoded user event exceeds configured limit of 512 bytes after encoding", func(t *trial) {
		r := t.sharedAgent().cli("event", "x", strings.Repeat("x", 500))
		t.contains("stdout", r.stdout, "Error sending event: encoded user event exceeds configured limit of 512 bytes after encoding\n")
	}},
}

var queryCommandChecks = []check{
	{"4", "query-text", "dispatched, acks, totals", func(t *trial) {
		r := t.sharedAgent().cli("query", "-timeout=500ms", "up")
		t.equal("result", r, result{stdout: "Query 'up' dispatched\nAck from 'shared'\nTotal Acks: 1\nTotal Responses: 0\n"})
	}},
	{"4", "query-without-acks", "Total Acks is omitted with -no-ack", func(t *trial) {
		r := t.sharedAgent().cli("query", "-timeout=500ms", "-no-ack", "up")
		t.equal("stdout", r.stdout, "Query 'up' dispatched\nTotal Responses: 0\n")
	}},
	{"4", "query-json", "printed once at the end", func(t *trial) {
		r := t.sharedAgent().cli("query", "-timeout=500ms", "-format=json", "up")
		t.equal("stdout", r.stdout, "{\n  \"Acks\": [\n    \"shared\"\n  ],\n  \"Responses\": {}\n}\n")
	}},
	{"4", "query-of-nobody", "status 0 whatever the number of answers", func(t *trial) {
		r := t.sharedAgent().cli("query", "-timeout=500ms", "-node=nobody", "up")
		t.equal("result", r, result{stdout: "Query 'up' dispatched\nTotal Acks: 0\nTotal Responses: 0\n"})
	}},
	{"4", "query-by-tag", "-tag key=RE, not anchored", func(t *trial) {
		r := t.sharedAgent().cli("query", "-timeout=500ms", "-tag", "role=e", "up")
		t.contains("stdout", r.stdout, "Total Acks: 1\n")
	}},
	{"4", "query-by-node", "-node NAME, repeatable", func(t *trial) {
		r := t.sharedAgent().cli("query", "-timeout=500ms", "-node", "x", "-node", "shared", "up")
		t.contains("stdout", r.stdout, "Total Acks: 1\n")
	}},
	{"4", "query-bad-format", "Invalid format: xml (after connecting)", func(t *trial) {
		r := t.sharedAgent().cli("query", "-format=xml", "up")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Invalid format: xml\n")
	}},
	{"4", "query-too-long", "Error sending query: query exceeds limit of 1024 bytes", func(t *trial) {
		r := t.sharedAgent().cli("query", "x", strings.Repeat("x", 1100))
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error sending query: query exceeds limit of 1024 bytes\n")
	}},
	{"4", "query-reserved", "Error sending query: Queries cannot contain the '_serf_' prefix", func(t *trial) {
		r := t.sharedAgent().cli("query", "_serf_foo")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error sending query: Queries cannot contain the '_serf_' prefix\n")
	}},
	{"4", "query-response-line", "Response from 'NAME': TEXT, one trailing newline removed", func(t *trial) {
		a, p := t.cluster()
		done := p.answerQuery(a, "up", "line one\nline two\n")
		r := a.cli("query", "-timeout=1500ms", "-node=p1", "up")
		<-done
		t.contains("stdout", r.stdout, "Response from 'p1': line one\nline two\n")
		t.contains("stdout", r.stdout, "Total Responses: 1\n")
	}},
	{"4", "query-response-json", "responses are strings, newlines kept", func(t *trial) {
		a, p := t.cluster()
		done := p.answerQuery(a, "up", "fine\n")
		r := a.cli("query", "-timeout=1500ms", "-node=p1", "-format=json", "up")
		<-done
		var reply struct {
			Acks      []string
			Responses map[string]string
		}
		t.must(json.Unmarshal([]byte(r.stdout), &reply), "parse the output")
		t.equal("responses", reply.Responses, map[string]string{"p1": "fine\n"})
	}},
}

// answerQuery waits for a query in the background and answers it; the channel is closed when that is done.
func (p *peer) answerQuery(a *agentProc, name, text string) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for deadline := timeout(); time.Now().Before(deadline); time.Sleep(pollEvery / 10) {
			for _, m := range p.since(0) {
				if serfIs(serfQuery, func(q query) bool { return q.Name == name })(m) {
					q := decodeAs[query](m.body[1:])
					answer := user(serfResponse, response{LTime: q.LTime, ID: q.ID, From: p.name, Payload: []byte(text)})
					p.send(a, answer)
					return
				}
			}
		}
	}()
	return done
}

var joinCommandChecks = []check{
	{"4", "join", "Successfully joined cluster by contacting 1 nodes.", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		t.equal("result", a.cli("join", p.ip), result{stdout: "Successfully joined cluster by contacting 1 nodes.\n"})
	}},
	{"4", "join-failure", "Error joining the cluster: 1 error occurred:, a bulleted line each, status 1", func(t *trial) {
		to := freeAddress(t) + ":1"
		r := t.sharedAgent().cli("join", to)
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error joining the cluster: 1 error occurred:\n\t* failed to join "+to+": dial tcp "+to+": connect: connection refused\n")
	}},
	{"4", "join-two-failures", "2 errors occurred:", func(t *trial) {
		r := t.sharedAgent().cli("join", freeAddress(t)+":1", freeAddress(t)+":1")
		t.contains("stdout", r.stdout, "Error joining the cluster: 2 errors occurred:\n\t* ")
	}},
	{"4", "leave", "Graceful leave complete, status 0", func(t *trial) {
		a := t.agent()
		t.equal("result", a.cli("leave"), result{stdout: "Graceful leave complete\n"})
		t.equal("exit status of the agent", a.status(), 0)
	}},
	{"4", "force-leave-is-silent", "success prints nothing, status 0, also for unknown nodes", func(t *trial) {
		r := t.sharedAgent().cli("force-leave", "nobody")
		t.equal("status", r.status, 0)
		t.equal("stdout", r.stdout, "")
	}},
	{"4", "tags-set", "Successfully updated agent tags", func(t *trial) {
		a := t.agent("-tag", "old=1")
		t.equal("result", a.cli("tags", "-set", "k=v", "-delete", "old"), result{stdout: "Successfully updated agent tags\n"})
		t.contains("members", a.cli("members").stdout, "  k=v\n")
	}},
	{"4", "tags-set-wins-over-delete", "set wins over delete of the same key", func(t *trial) {
		a := t.agent("-tag", "k=1")
		t.equal("status", a.cli("tags", "-delete", "k", "-set", "k=2").status, 0)
		t.contains("members", a.cli("members").stdout, "  k=2\n")
	}},
	{"4", "tags-bad", "Error: Invalid tag: 'new'", func(t *trial) {
		r := t.sharedAgent().cli("tags", "-set", "new")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error: Invalid tag: 'new'\n")
	}},
	{"4", "tags-too-long", "Error setting tags: Encoded length of tags exceeds limit of 512 bytes", func(t *trial) {
		r := t.sharedAgent().cli("tags", "-set", "y="+strings.Repeat("x", 600))
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error setting tags: Encoded length of tags exceeds limit of 512 bytes\n")
	}},
}

var infoCommandChecks = []check{
	{"4", "info-text", "groups sorted by name, lines TAB KEY = VALUE sorted", func(t *trial) {
		r := t.sharedAgent().cli("info")
		t.equal("status", r.status, 0)
		groups := regexp.MustCompile(`(?m)^(\w+):$`).FindAllString(r.stdout, -1)
		t.equal("groups", groups, []string{"agent:", "event_handlers:", "runtime:", "serf:", "tags:"})
		t.contains("stdout", r.stdout, "agent:\n\tname = shared\n")
		t.contains("stdout", r.stdout, "tags:\n\tdc = east\n\trole = web\n")
	}},
	{"4", "info-json", "object of objects of strings, two-space indentation", func(t *trial) {
		var info map[string]map[string]string
		r := t.sharedAgent().cli("info", "-format=json")
		t.must(json.Unmarshal([]byte(r.stdout), &info), "parse the output")
		t.equal("name", info["agent"]["name"], "shared")
		t.contains("stdout", r.stdout, "{\n  \"agent\": {\n    \"name\": \"shared\"\n  },\n")
	}},
	{"4", "info-bad-format", `Encoding error: Invalid output format "xml"`, func(t *trial) {
		r := t.sharedAgent().cli("info", "-format=xml")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, `Encoding error: Invalid output format "xml"`+"\n")
	}},
	{"4", "rtt-to-self", "Estimated n1 <-> n1 rtt: X ms, NODE2 defaults to the agent's own node", func(t *trial) {
		r := t.sharedAgent().cli("rtt", "shared")
		t.equal("status", r.status, 0)
		t.matches("stdout", r.stdout, `Estimated shared <-> shared rtt: \d+\.\d{3} ms\n`)
	}},
	{"4", "rtt-unknown", `Could not find a coordinate for node "nope", status 1`, func(t *trial) {
		r := t.sharedAgent().cli("rtt", "nope")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, `Could not find a coordinate for node "nope"`+"\n")
	}},
	{"4", "rtt-wrong-count", "One or two node names must be specified (after connecting)", func(t *trial) {
		a := t.sharedAgent()
		for _, args := range [][]string{nil, {"a", "b", "c"}} {
			r := a.cli("rtt", args...)
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, "One or two node names must be specified\n\nUsage: serf rtt")
		}
	}},
	{"4", "reachability", "Total members, Starting reachability test..., Successfully contacted all live nodes", func(t *trial) {
		r := t.sharedAgent().cli("reachability")
		t.equal("result", r, result{stdout: "Total members: 1, live members: 1\nStarting reachability test...\nSuccessfully contacted all live nodes\n"})
	}},
	{"4", "reachability-verbose", "acks and times", func(t *trial) {
		r := t.sharedAgent().cli("reachability", "-verbose")
		t.contains("stdout", r.stdout, "\tAck from 'shared'\n")
		t.matches("stdout", r.stdout, `.*\nQuery time: \d+\.\d\d sec, time to last response: \d+\.\d\d sec\n.*`)
	}},
	{"4", "reachability-missing-acks", "Received less acks than live nodes! Missing acks from:, status 1, five hints", func(t *trial) {
		a, _ := t.cluster() // the peer answers no queries
		r := a.cli("reachability")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Received less acks than live nodes! Missing acks from:\n\tp1\n")
		t.contains("stdout", r.stdout, "Troubleshooting tips:\n* ")
		t.equal("hints", strings.Count(r.stdout, "\n* "), 5)
	}},
}

var monitorCommandChecks = []check{
	{"4", "monitor-bad-level", "Error starting monitor: Unknown log level: FOO", func(t *trial) {
		r := t.sharedAgent().cli("monitor", "-log-level=foo")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error starting monitor: Unknown log level: FOO\n")
	}},
	{"4", "monitor-prints-lines-and-ends-on-interrupt", "buffered lines, then live ones; SIGINT: status 0, silent", func(t *trial) {
		a := t.agent()
		m := t.background("monitor", "-rpc-addr="+a.rpc)
		m.awaitOutput("[INFO] agent: Serf agent starting")
		a.cli("event", "-coalesce=false", "deploy")
		m.awaitOutput("Received event: user-event: deploy")
		m.signal(syscall.SIGINT)
		t.equal("status", m.status(), 0)
		t.matches("first line", strings.SplitAfter(m.stdout.String(), "\n")[0], `\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[INFO\] agent: .*`)
	}},
	{"4", "monitor-prints-events", "Event Info:, then the event", func(t *trial) {
		a := t.agent()
		m := t.background("monitor", "-rpc-addr="+a.rpc)
		m.awaitOutput("Serf agent starting")
		a.cli("event", "-coalesce=false", "deploy")
		m.awaitOutput("Event Info:\n\t")
	}},
	{"4", "monitor-ends-with-the-agent", "Remote side ended the monitor!, status 1", func(t *trial) {
		a := t.agent()
		m := t.background("monitor", "-rpc-addr="+a.rpc)
		m.awaitOutput("Serf agent starting")
		a.kill()
		t.equal("status", m.status(), 1)
		t.contains("stdout", m.stdout.String(), "Remote side ended the monitor!")
	}},
	{"4", "query-interrupted", "SIGINT while waiting: status 1", func(t *trial) {
		a, _ := t.cluster()
		q := t.background("query", "-rpc-addr="+a.rpc, "-timeout=30s", "-node=p1", "up")
		q.awaitOutput("Query 'up' dispatched")
		q.signal(syscall.SIGINT)
		t.equal("status", q.status(), 1)
	}},
}

// background starts a command that runs until it is told to end.
func (t *trial) background(args ...string) *agentProc {
	a := &agentProc{t: t, node: args[0], args: args}
	a.begin()
	return a
}

func keysCommandChecks() []check {
	checks := []check{
		{"4", "keys-without-encryption", "failed:  NODE  MESSAGE, an empty line, then Failed to gather member keys: ERR", func(t *trial) {
			r := t.sharedAgent().cli("keys", "-list")
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, "==> Asking all members for installed keys...\nfailed:  shared  Keyring is empty (encryption not enabled)\n\nFailed to gather member keys: 1/1 nodes reported failure\n")
		}},
		{"4", "keys-list", "==> Keys gathered, listing cluster keys..., empty line, KEY  [n/total]", func(t *trial) {
			r := t.agent("-encrypt="+keyText(key1)).cli("keys", "-list")
			t.equal("status", r.status, 0)
			t.matches("stdout", r.stdout, regexp.QuoteMeta("==> Asking all members for installed keys...\n==> Keys gathered, listing cluster keys...\n\n"+keyText(key1)+"  [1/1]")+".*\n")
		}},
	}
	for _, c := range []struct{ name, flag, first, done string }{
		{"install", "-install=" + keyText(key2), "==> Installing key on all members...", "==> Successfully installed key!"},
		{"use", "-use=" + keyText(key1), "==> Changing primary key on all members...", "==> Successfully changed primary key!"},
		{"remove", "-remove=" + keyText(key2), "==> Removing key on all members...", "==> Successfully removed key!"},
	} {
		checks = append(checks, check{"4", "keys-" + c.name, c.done, func(t *trial) {
			r := t.agent("-encrypt="+keyText(key1)).cli("keys", c.flag)
			t.equal("status", r.status, 0)
			t.equal("stdout", r.stdout, c.first+"\n"+c.done+"\n")
		}})
	}
	for _, c := range []struct{ name, flag, first, failed, last string }{
		{"install", "-install=AAAA", "==> Installing key on all members...", "key size must be 16, 24 or 32 bytes", "Error installing key: "},
		{"use", "-use=" + keyText(key2), "==> Changing primary key on all members...", "requested key is not in the keyring", "Error changing primary key: "},
		{"remove", "-remove=" + keyText(key1), "==> Removing key on all members...", "removing the primary key is not allowed", "Error removing key: "},
	} {
		checks = append(checks, check{"4", "keys-" + c.name + "-fails", c.last + "1/1 nodes reported failure", func(t *trial) {
			r := t.agent("-encrypt="+keyText(key1)).cli("keys", c.flag)
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, c.first+"\nfailed:  n1  "+c.failed+"\n\n"+c.last+"1/1 nodes reported failure\n")
		}}, check{"4", "keys-" + c.name + "-not-base64", c.last + "illegal base64 data at input byte 0", func(t *trial) {
			flag, _, _ := strings.Cut(c.flag, "=")
			r := t.agent("-encrypt="+keyText(key1)).cli("keys", flag+"=!!")
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, c.last+"illegal base64 data at input byte 0\n")
		}})
	}
	return checks
}
