//go:build conform

package conform

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

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
		t.expect(slices.IsSorted(groups), "groups in order", groups)
		for _, group := range []string{"agent:", "event_handlers:", "runtime:", "serf:", "tags:"} {
			t.expect(slices.Contains(groups, group), "a group "+group, groups)
		}
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
