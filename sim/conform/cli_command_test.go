//go:build conform

package conform

import (
	"encoding/json"
	"net"
	"net/netip"
	"regexp"
	"strings"

	"serf/sim/process"
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
		r := a.cli("query", "-timeout=4s", "-node=p1", "up")
		<-done
		t.contains("stdout", r.stdout, "Response from 'p1': line one\nline two\n")
		t.contains("stdout", r.stdout, "Total Responses: 1\n")
	}},
	{"4", "query-response-json", "responses are strings, newlines kept", func(t *trial) {
		a, p := t.cluster()
		done := p.answerQuery(a, "up", "fine\n")
		r := a.cli("query", "-timeout=4s", "-node=p1", "-format=json", "up")
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
	done, to := make(chan struct{}), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(a.gossip()))
	go func() {
		defer close(done)
		process.Poll(within, pollEvery/10, func() bool {
			for _, m := range p.since(0) {
				if serfIs(serfQuery, func(q query) bool { return q.Name == name })(m) {
					q := decodeAs[query](m.body[1:])
					answer := user(serfResponse, response{LTime: q.LTime, ID: q.ID, From: p.name, Payload: []byte(text)})
					_, _ = p.udp.WriteTo(p.packet(answer), to) // what is lost is missed by the check
					return true
				}
			}
			return false
		})
	}()
	return done
}
