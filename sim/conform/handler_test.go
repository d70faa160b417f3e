//go:build conform

package conform

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"
)

func handlerChecks() []check {
	return slices.Concat(environmentChecks(), stdinChecks, handlerFilterChecks(), handlerRunChecks, answerChecks)
}

// saving is a handler that writes its input to a file when it has all of it.
func (t *trial) saving(filter, name string) string {
	return fmt.Sprintf("%s=cat > %s/.%s && mv %s/.%s %s/%s", filter, t.dir, name, t.dir, name, t.dir, name)
}

// environmentChecks has one check for each variable, seen by a handler for one user event or query.
func environmentChecks() []check {
	var checks []check
	for _, c := range []struct{ name, event, variable, want string }{
		{"event", "user:deploy", "SERF_EVENT", "user"},
		{"event-of-a-query", "query:up", "SERF_EVENT", "query"},
		{"self-name", "user:deploy", "SERF_SELF_NAME", "n1"},
		{"self-role", "user:deploy", "SERF_SELF_ROLE", "web"},
		{"tag", "user:deploy", "SERF_TAG_ROLE", "web"},
		{"tag-with-dash", "user:deploy", "SERF_TAG_MUNIN_GROUP", "manage"},
		{"tag-with-dot", "user:deploy", "SERF_TAG_X_Y", "dot"},
		{"user-event", "user:deploy", "SERF_USER_EVENT", "deploy"},
		{"user-ltime", "user:deploy", "SERF_USER_LTIME", "1"},
		{"query-name", "query:up", "SERF_QUERY_NAME", "up"},
		{"query-ltime", "query:up", "SERF_QUERY_LTIME", "1"},
		{"no-query-in-an-event", "user:deploy", "SERF_QUERY_NAME", "unset"},
		{"no-event-in-a-query", "query:up", "SERF_USER_EVENT", "unset"},
		{"inherited", "user:deploy", "CONFORM_INHERITED", "yes"},
	} {
		checks = append(checks, check{"8", "environment-" + c.name, c.variable + " is " + c.want, func(t *trial) {
			a := t.start(setup{env: []string{"CONFORM_INHERITED=yes"}, args: []string{
				"-tag", "role=web", "-tag", "munin-group=manage", "-tag", "x.y=dot",
				"-event-handler", fmt.Sprintf(`%s=printf %%s "${%s-unset}" > %s/.v && mv %s/.v %s/v`, c.event, c.variable, t.dir, t.dir, t.dir),
			}})
			a.cli("event", "-coalesce=false", "deploy")
			a.cli("query", "-timeout=300ms", "up")
			t.awaitFile("v", c.want)
		}})
	}
	return append(checks, check{"8", "environment-follows-the-tags", "one SERF_TAG_ per local tag, current value", func(t *trial) {
		a := t.agent("-tag", "role=old", "-event-handler", "user:deploy=printf %s $SERF_TAG_ROLE > "+t.dir+"/v")
		t.equal("status of tags", a.cli("tags", "-set", "role=new").status, 0)
		a.cli("event", "-coalesce=false", "deploy")
		t.awaitFile("v", "new")
	}}, check{"8", "no-role-is-empty", "SERF_SELF_ROLE is an empty string if there is none", func(t *trial) {
		a := t.agent("-event-handler", `user:deploy=printf %s "<${SERF_SELF_ROLE-unset}>" > `+t.dir+"/v")
		a.cli("event", "-coalesce=false", "deploy")
		t.awaitFile("v", "<>")
	}})
}

var stdinChecks = []check{
	{"8", "stdin-of-a-join", "NAME<TAB>IP<TAB>ROLE<TAB>TAGS<LF>, without tags two tabs at the end", func(t *trial) {
		a := t.agent("-event-handler", t.saving("member-join", "v"))
		t.awaitFile("v", "n1\t"+a.ip+"\t\t\n")
	}},
	{"8", "stdin-has-role-and-tags", "ROLE = tag role, TAGS includes role", func(t *trial) {
		a := t.agent("-tag", "role=db", "-event-handler", t.saving("member-join", "v"))
		t.awaitFile("v", "n1\t"+a.ip+"\tdb\trole=db\n")
	}},
	{"8", "stdin-has-a-line-per-member", "one line per member", func(t *trial) {
		a := t.agent("-event-handler", "member-join=cat >> "+t.dir+"/v")
		a.awaitOutput("Received event: member-join")
		p := t.peer("p1")
		p.join(a)
		for _, name := range []string{"x", "y"} {
			p.send(a, message(typeAlive, p.other(name, 1)))
		}
		t.eventually("lines of four members", func() (any, bool) {
			text := t.content("v")
			return text, strings.Count(text, "\n") == 4 && strings.Contains(text, "x\t127.") && strings.Contains(text, "p1\t"+p.ip+"\t\t\n")
		})
	}},
	{"8", "stdin-escapes-tabs-and-newlines", "each tab becomes \\t and each newline \\n", func(t *trial) {
		a := t.agent("-event-handler", "member-join=cat >> "+t.dir+"/v")
		p := t.peer("p1")
		p.join(a)
		x := p.other("x", 1)
		x.Meta = tags(map[string]string{"role": "a\tb\nc"})
		p.send(a, message(typeAlive, x))
		t.eventually("an escaped role", func() (any, bool) {
			text := t.content("v")
			return text, strings.Contains(text, "\ta\\tb\\nc\trole=a\\tb\\nc\n")
		})
	}},
	{"8", "payload-on-stdin", "the payload bytes; one newline is added", func(t *trial) {
		a := t.agent("-event-handler", t.saving("user:deploy", "v"))
		a.cli("event", "-coalesce=false", "deploy", "v1.2")
		t.awaitFile("v", "v1.2\n")
	}},
	{"8", "payload-with-newline-is-left-alone", "if not ending in a newline", func(t *trial) {
		a := t.agent("-event-handler", t.saving("user:deploy", "v"))
		a.cli("event", "-coalesce=false", "deploy", "v1.2\n")
		t.awaitFile("v", "v1.2\n")
	}},
	{"8", "empty-payload-is-end-of-file", "empty payload: immediate EOF", func(t *trial) {
		a := t.agent("-event-handler", fmt.Sprintf("user:deploy=(cat; echo end) > %s/v", t.dir))
		a.cli("event", "-coalesce=false", "deploy")
		t.awaitFile("v", "end\n")
	}},
	{"8", "binary-payload", "the payload bytes", func(t *trial) {
		a := t.agent("-event-handler", t.saving("user:deploy", "v"))
		a.client().ok("event", fields{"Name": "deploy", "Payload": []byte{0, 1, 255, '\n'}, "Coalesce": false})
		t.awaitFile("v", "\x00\x01\xff\n")
	}},
	{"8", "query-payload-on-stdin", "user events and queries: the payload bytes", func(t *trial) {
		a := t.agent("-event-handler", t.saving("query:up", "v"))
		a.cli("query", "-timeout=300ms", "up", "please")
		t.awaitFile("v", "please\n")
	}},
	{"8", "stdin-need-not-be-read", "the handler need not read stdin", func(t *trial) {
		a := t.agent("-event-handler", "user:deploy=true", "-event-handler", t.saving("user:after", "v"))
		a.cli("event", "-coalesce=false", "deploy", strings.Repeat("x", 400))
		a.cli("event", "-coalesce=false", "after", "x")
		t.awaitFile("v", "x\n")
	}},
}

// handlerFilterChecks has one check for each form of a filter: whether event deploy or query up runs the script.
func handlerFilterChecks() []check {
	var checks []check
	for _, c := range []struct{ name, spec, want string }{
		{"star", "*=", "join user query "},
		{"empty", "=", "join user query "},
		{"user", "user=", "user "},
		{"user-name", "user:deploy=", "user "},
		{"user-other-name", "user:other=", ""},
		{"user-empty-name", "user:=", "user "},
		{"query", "query=", "query "},
		{"query-name", "query:up=", "query "},
		{"query-other-name", "query:upp=", ""},
		{"query-empty-name", "query:=", "query "},
		{"list", "user:deploy,query:up=", "user query "},
		{"list-that-matches-twice", "user,user:deploy=", "user user "},
		{"member-join", "member-join=", "join "},
		{"member-leave", "member-leave,member-failed,member-update,member-reap=", ""},
	} {
		checks = append(checks, check{"8", "filter-" + c.name, strings.TrimSpace(fmt.Sprintf("%sSCRIPT runs for: %s", c.spec, c.want)), func(t *trial) {
			script := fmt.Sprintf("[ \"$SERF_USER_EVENT\" = last ] || printf '%%s ' ${SERF_EVENT#member-} >> %s/v", t.dir)
			a := t.agent("-event-handler", c.spec+script, "-event-handler", "user:last=echo > "+t.dir+"/last")
			a.awaitOutput("Received event: member-join")
			t.settles("v", c.want, "join ")
			a.cli("event", "-coalesce=false", "deploy")
			t.settles("v", c.want, "join ", "user ", "user user ")
			a.cli("query", "-timeout=300ms", "up")
			t.settles("v", c.want, "join ", "user ", "query ")
			a.cli("event", "-coalesce=false", "last")
			t.awaitFile("last", "\n")
			t.awaitFile("v", c.want)
		}})
	}
	return checks
}

// settles waits until a file holds as much of a text as the given words make up of its start.
func (t *trial) settles(name, want string, words ...string) {
	rest := want
	for trimmed := true; trimmed; {
		trimmed = false
		for _, w := range words {
			if strings.HasPrefix(rest, w) {
				rest, trimmed = rest[len(w):], true
			}
		}
	}
	t.awaitFile(name, want[:len(want)-len(rest)])
}

var handlerRunChecks = []check{
	{"8", "scripts-without-a-filter", "without = the whole text is the script for all events", func(t *trial) {
		a := t.agent("-event-handler", "echo $SERF_EVENT >> "+t.dir+"/v")
		t.awaitFile("v", "member-join\n")
		a.cli("event", "-coalesce=false", "deploy")
		t.awaitFile("v", "member-join\nuser\n")
	}},
	{"8", "scripts-run-in-a-shell", "/bin/sh -c SCRIPT", func(t *trial) {
		a := t.agent("-event-handler", "user:deploy=for i in 1 2 3; do printf $i; done > "+t.dir+"/v")
		a.cli("event", "-coalesce=false", "deploy")
		t.awaitFile("v", "123")
	}},
	{"8", "scripts-may-hold-equals", "split at the first =; such scripts need a leading filter", func(t *trial) {
		a := t.agent("-event-handler", "user:deploy=A=b; echo $A > "+t.dir+"/v")
		a.cli("event", "-coalesce=false", "deploy")
		t.awaitFile("v", "b\n")
	}},
	{"8", "output-is-logged", "[DEBUG] agent: Event 'TYPE' script output: TEXT", func(t *trial) {
		a := t.agent("-event-handler", "user:deploy=echo hello; echo oops >&2")
		a.cli("event", "-coalesce=false", "deploy")
		a.awaitOutput("[DEBUG] agent: Event 'user' script output: hello\noops\n")
	}},
	{"8", "failures-are-logged", "[ERR] agent: Error invoking script 'SCRIPT': exit status N", func(t *trial) {
		a := t.agent("-event-handler", "user:deploy=exit 3")
		a.cli("event", "-coalesce=false", "deploy")
		a.awaitOutput("[ERR] agent: Error invoking script 'exit 3': exit status 3")
	}},
	{"6", "slow-scripts-are-logged", "[WARN] agent: Script 'SCRIPT' slow, execution exceeding 1s", func(t *trial) {
		a := t.agent("-event-handler", "user:deploy=sleep 1.5")
		a.cli("event", "-coalesce=false", "deploy")
		a.awaitOutput("[WARN] agent: Script 'sleep 1.5' slow, execution exceeding 1s")
	}},
	{"8", "events-of-a-handler-are-in-order", "one at a time, events in order", func(t *trial) {
		a := t.agent("-event-handler", "user:e=sleep 0.05; cat >> "+t.dir+"/v")
		c := a.client()
		for i := range 10 {
			c.ok("event", fields{"Name": "e", "Payload": []byte(fmt.Sprint(i)), "Coalesce": false})
		}
		t.awaitFile("v", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n")
	}},
	{"8", "last-8192-bytes-are-kept", "the last 8192 bytes of the output", func(t *trial) {
		a := t.agent("-event-handler", "user:deploy=head -c 9000 /dev/zero | tr '\\0' a; echo end")
		a.cli("event", "-coalesce=false", "deploy")
		a.awaitOutput("aaa" + "end\n")
		out := a.stdout.String()
		t.equal("letters kept", strings.Count(out, "a")-strings.Count(strings.ReplaceAll(out, strings.Repeat("a", 64), ""), "a") >= 8100, true)
		t.lacks("log", out, strings.Repeat("a", 8193))
	}},
	{"8", "leaves-run-handlers", "member-leave", func(t *trial) {
		a := t.agent("-event-handler", t.saving("member-leave", "v"))
		p := t.peer("p1")
		p.join(a)
		p.newcomer(a, "x", tags(nil))
		p.leaving(a, "x", 10)
		p.send(a, message(typeDead, accusation{1, "x", "x"}))
		t.eventually("a line about x", func() (any, bool) { return t.content("v"), strings.HasPrefix(t.content("v"), "x\t127.") })
	}},
	{"8", "failed-members-run-handlers", "member-failed", func(t *trial) {
		a := t.agent("-event-handler", "member-failed="+`printf %s $SERF_EVENT > `+t.dir+"/v", "-event-handler", "member-join=cut -f1 >> "+t.dir+"/joins")
		p := t.peer("p1")
		p.join(a)
		p.newcomer(a, "x", tags(nil))
		t.eventually("the join is told first", func() (any, bool) {
			joins := t.content("joins")
			return joins, strings.Contains(joins, "x\n")
		})
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		t.awaitFile("v", "member-failed")
	}},
	{"8", "reload-replaces-handlers", "event handlers take effect with the next event", func(t *trial) {
		before := fmt.Sprintf(`{"event_handlers": ["user:e=echo old >> %s/v"]}`, t.dir)
		after := fmt.Sprintf(`{"event_handlers": ["user:e=echo new >> %s/v"], "tags": {"a": "b"}}`, t.dir)
		file := t.file("c.json", before)
		a := t.agent("-config-file=" + file)
		a.cli("event", "-coalesce=false", "e")
		t.awaitFile("v", "old\n")
		t.file("c.json", after)
		a.signal(syscall.SIGHUP)
		a.awaitOutput("EventMemberUpdate: n1")
		a.cli("event", "-coalesce=false", "e")
		t.awaitFile("v", "old\nnew\n")
	}},
	{"8", "internal-queries-run-nothing", "queries whose name starts with _serf_ never reach handlers", func(t *trial) {
		a := t.agent("-event-handler", "query=printf '%s ' $SERF_QUERY_NAME >> "+t.dir+"/v")
		a.cli("reachability")
		a.cli("query", "-timeout=300ms", "up")
		t.awaitFile("v", "up ")
	}},
}

// asked starts an agent with handlers and returns what the query up prints.
func (t *trial) asked(handlers ...string) (*agentProc, result) {
	var args []string
	for _, h := range handlers {
		args = append(args, "-event-handler", h)
	}
	a := t.agent(args...)
	return a, a.cli("query", "-timeout=2s", "up", "question")
}

var answerChecks = []check{
	{"8", "output-answers-a-query", "exit 0 and at least one byte: the buffered output is the response", func(t *trial) {
		_, r := t.asked("query:up=echo fine")
		t.contains("stdout", r.stdout, "Response from 'n1': fine\n")
		t.contains("stdout", r.stdout, "Total Responses: 1\n")
	}},
	{"8", "answers-are-unmodified", "unmodified, including the final newline", func(t *trial) {
		a := t.agent("-event-handler", "query:up=printf 'a\\n\\n'")
		c := a.client()
		seq := c.request("query", fields{"Name": "up", "Timeout": int64(2 * time.Second)})
		t.equal("error", c.header(seq), "")
		t.equal("payload", bytesOf(c.record(seq, "a response", func(f fields) bool { return f["Type"] == "response" })["Payload"]), "a\n\n")
	}},
	{"8", "stderr-answers-too", "stdout or stderr", func(t *trial) {
		_, r := t.asked("query:up=echo fine >&2")
		t.contains("stdout", r.stdout, "Response from 'n1': fine\n")
	}},
	{"8", "failures-do-not-answer", "non-zero exit: no response", func(t *trial) {
		_, r := t.asked("query:up=echo broken; exit 1")
		t.contains("stdout", r.stdout, "Total Responses: 0\n")
		t.contains("stdout", r.stdout, "Ack from 'n1'\n")
	}},
	{"8", "silence-does-not-answer", "at least one byte", func(t *trial) {
		_, r := t.asked("query:up=true")
		t.contains("stdout", r.stdout, "Total Responses: 0\n")
	}},
	{"8", "the-first-answer-wins", "the first handler that responds wins; further ones log Failed to respond", func(t *trial) {
		a, r := t.asked("query:up=echo first", "query=echo second")
		t.contains("stdout", r.stdout, "Response from 'n1': first\n")
		t.contains("stdout", r.stdout, "Total Responses: 1\n")
		a.awaitOutput("[WARN] agent: Failed to respond to query 'query: up': ")
		a.awaitOutput("response already sent")
	}},
	{"8", "the-question-is-on-stdin", "the payload of the query on stdin", func(t *trial) {
		_, r := t.asked("query:up=cat")
		t.contains("stdout", r.stdout, "Response from 'n1': question\n")
	}},
	{"8", "a-late-answer-is-refused", "response is past the deadline", func(t *trial) {
		a := t.agent("-event-handler", "query:up=sleep 1; echo late")
		a.cli("query", "-timeout=300ms", "up")
		a.awaitOutput("response is past the deadline")
	}},
	{"8", "answers-to-peers", "the response goes to the asker", func(t *trial) {
		a := t.agent("-event-handler", "query:up=echo fine")
		p := t.peer("p1")
		p.join(a)
		r := p.ask(a, p.query(5, 1, "up"), "a response", isAnswerOf)
		t.equal("response", r, response{LTime: 5, ID: 1, From: "n1", Payload: []byte("fine\n")})
	}},
}
