//go:build conform

package conform

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// content reads a file of the check; a missing one is empty.
func (t *trial) content(name string) string {
	b, err := os.ReadFile(filepath.Join(t.dir, name))
	if err != nil {
		return ""
	}
	return string(b)
}

// awaitLine waits for a whole line in a file.
func (t *trial) awaitLine(name, line string) {
	t.eventually(fmt.Sprintf("file %s has a line %q", name, line), func() (any, bool) {
		text := t.content(name)
		return text, strings.Contains("\n"+text, "\n"+line+"\n")
	})
}

var fileChecks = []check{
	{"7", "tags-file-is-written", "two-space indentation, no final newline, mode 0600", func(t *trial) {
		a := t.agent("-tags-file=" + filepath.Join(t.dir, "tags.json"))
		t.equal("status of tags", a.cli("tags", "-set", "k=v").status, 0)
		t.equal("file", t.content("tags.json"), "{\n  \"k\": \"v\"\n}")
		info, err := os.Stat(filepath.Join(t.dir, "tags.json"))
		t.must(err, "stat")
		t.equal("mode", info.Mode().Perm(), os.FileMode(0o600))
	}},
	{"7", "tags-file-is-read", "Restored N tag(s) from PATH", func(t *trial) {
		file := t.file("tags.json", `{"a": "1", "b": "2"}`)
		a := t.agent("-tags-file=" + file)
		m, _ := a.member("n1")
		t.equal("tags", m.Tags, map[string]string{"a": "1", "b": "2"})
		a.awaitOutput("[INFO] agent: Restored 2 tag(s) from " + file + "\n")
	}},
	{"7", "missing-tags-file-is-fine", "missing at start: fine, created on first change", func(t *trial) {
		a := t.agent("-tags-file=" + filepath.Join(t.dir, "tags.json"))
		t.equal("file", t.content("tags.json"), "")
		a.cli("tags", "-set", "k=v")
		t.expect(t.content("tags.json") != "", "the file", "")
	}},
	{"7", "tags-survive-a-restart", "rewritten at every tag change", func(t *trial) {
		a := t.agent("-tags-file=" + filepath.Join(t.dir, "tags.json"))
		a.cli("tags", "-set", "k=v")
		a.stops(syscall.SIGTERM, 1)
		a.restart()
		m, _ := a.member("n1")
		t.equal("tags", m.Tags, map[string]string{"k": "v"})
	}},
	{"7", "keyring-file-is-read", "Restored keyring with N keys from PATH", func(t *trial) {
		file := t.keyringFile(key1, key2)
		a := t.agent("-keyring-file=" + file)
		a.awaitOutput("[INFO] agent: Restored keyring with 2 keys from " + file + "\n")
		t.contains("banner", a.stdout.String(), "Encrypted: true")
	}},
	{"7", "keyring-file-keeps-its-mode", "an existing file keeps its mode", func(t *trial) {
		file := t.keyringFile(key1)
		a := t.agent("-keyring-file=" + file)
		t.equal("status of keys", a.cli("keys", "-install="+keyText(key2)).status, 0)
		info, err := os.Stat(file)
		t.must(err, "stat")
		t.equal("mode", info.Mode().Perm(), os.FileMode(0o600))
	}},
}

// snapshotted is an agent with a snapshot that a peer has joined.
func (t *trial) snapshotted(args ...string) (*agentProc, *peer) {
	a := t.agent(append([]string{"-snapshot=" + filepath.Join(t.dir, "snap")}, args...)...)
	p := t.peer("p1")
	p.join(a)
	return a, p
}

var snapshotChecks = []check{
	{"7", "snapshot-names-members", "alive: NAME IP:PORT", func(t *trial) {
		a, p := t.snapshotted()
		a.awaitOutput("Received event: member-join")
		a.stops(syscall.SIGTERM, 1)
		t.awaitLine("snap", "alive: n1 "+a.ip+":7946")
		t.awaitLine("snap", "alive: p1 "+p.ip+":7946")
	}},
	{"7", "snapshot-names-the-gone", "not-alive: NAME", func(t *trial) {
		a, p := t.snapshotted()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitStatus("x", "failed")
		a.awaitOutput("EventMemberFailed: x ")
		a.stops(syscall.SIGTERM, 1)
		t.awaitLine("snap", "not-alive: x")
	}},
	{"7", "snapshot-has-clocks", "clock: N, event-clock: N, query-clock: N", func(t *trial) {
		a, p := t.snapshotted()
		p.send(a, user(serfUserEvent, userEvent{LTime: 40, Name: "x"}))
		p.ask(a, p.query(50, 1, "x"), "an ack", isAckOf)
		p.send(a, user(serfJoin, joinIntent{60, "x"}))
		a.awaitOutput("Received event: user-event: x")
		a.awaitOutput("Received event: query: x")
		a.awaitLTime("member_time", 61)
		a.stops(syscall.SIGTERM, 1)
		t.awaitLine("snap", "event-clock: 40")
		t.awaitLine("snap", "query-clock: 50")
		t.awaitLine("snap", "clock: 60")
	}},
	{"7", "snapshot-has-a-leave", "leave", func(t *trial) {
		a, _ := t.snapshotted()
		a.stops(syscall.SIGINT, 0)
		t.awaitLine("snap", "leave")
	}},
	{"7", "restart-rejoins", "Attempting re-join to previously known node, Re-joined to previously known node", func(t *trial) {
		a, p := t.snapshotted()
		a.awaitOutput("Received event: member-join")
		a.stops(syscall.SIGTERM, 1)
		a.restart()
		a.awaitStatus("p1", "alive")
		a.awaitOutput("[INFO] serf: Attempting re-join to previously known node: p1: " + p.ip + ":7946\n")
		a.awaitOutput("[INFO] serf: Re-joined to previously known node: p1: " + p.ip + ":7946\n")
	}},
	{"7", "leave-cancels-the-rejoin", "a leave line cancels the re-join unless -rejoin", func(t *trial) {
		p := t.peer("p1")
		t.file("snap", "alive: p1 "+p.ip+":7946\nleave\n")
		a := t.agent("-snapshot=" + filepath.Join(t.dir, "snap"))
		a.awaitOutput("Received event: member-join")
		t.lacks("log", a.stdout.String(), "re-join")
		t.equal("members", len(a.members()), 1)
	}},
	{"7", "rejoin-ignores-the-leave", "with -rejoin a leave is logged as ignored", func(t *trial) {
		p := t.peer("p1")
		t.file("snap", "alive: p1 "+p.ip+":7946\nleave\n")
		a := t.agent("-rejoin", "-snapshot="+filepath.Join(t.dir, "snap"))
		a.awaitStatus("p1", "alive")
		a.awaitOutput("[INFO] serf: Ignoring previous leave in snapshot\n")
	}},
	{"7", "rejoin-failure-is-logged", "Failed to re-join any previously known node", func(t *trial) {
		t.file("snap", "alive: p1 "+freeAddress(t)+":7946\n")
		a := t.agent("-snapshot=" + filepath.Join(t.dir, "snap"))
		a.awaitOutput("[WARN] serf: Failed to re-join any previously known node")
	}},
	{"7", "clocks-are-restored", "restored value r gives r+1", func(t *trial) {
		t.file("snap", "clock: 70\nevent-clock: 80\nquery-clock: 90\n")
		a := t.agent("-snapshot=" + filepath.Join(t.dir, "snap"))
		s := a.stats()["serf"]
		t.equal("clocks", []string{s["member_time"], s["event_time"], s["query_time"]}, []string{"71", "81", "91"})
	}},
	{"7", "old-events-are-not-delivered-again", "no events and queries at or below the recorded clocks", func(t *trial) {
		t.file("snap", "clock: 70\nevent-clock: 80\nquery-clock: 90\n")
		a, p := t.snapshotted()
		p.send(a, user(serfUserEvent, userEvent{LTime: 80, Name: "old"}))
		p.send(a, user(serfUserEvent, userEvent{LTime: 81, Name: "new"}))
		p.send(a, user(serfQuery, p.query(90, 1, "old")))
		p.ask(a, p.query(91, 2, "new"), "an ack", isAckOf)
		a.awaitOutput("Received event: user-event: new")
		t.lacks("log", a.stdout.String(), "user-event: old")
		p.neverAnswered(1)
	}},
	{"7", "comments-and-coordinates-are-skipped", "coordinate: lines and lines starting with # are skipped", func(t *trial) {
		t.file("snap", "# comment\ncoordinate: {}\nevent-clock: 80\n")
		a := t.agent("-snapshot=" + filepath.Join(t.dir, "snap"))
		t.equal("event clock", a.stats()["serf"]["event_time"], "81")
		t.lacks("log", a.stdout.String(), "[WARN]")
	}},
	{"7", "other-lines-are-skipped", "other lines are logged and skipped", func(t *trial) {
		t.file("snap", "what is this\nalive: nospace\nclock: x\nevent-clock: 80\n")
		a := t.agent("-snapshot=" + filepath.Join(t.dir, "snap"))
		t.equal("event clock", a.stats()["serf"]["event_time"], "81")
	}},
	{"7", "torn-last-line-is-ignored", "the final line without newline is ignored", func(t *trial) {
		t.file("snap", "event-clock: 80\nquery-clock: 9")
		s := t.agent("-snapshot=" + filepath.Join(t.dir, "snap")).stats()["serf"]
		t.equal("clocks", []string{s["event_time"], s["query_time"]}, []string{"81", "1"})
	}},
}

// reloads starts an agent with a configuration file, replaces the file, and has it reloaded.
func (t *trial) reloads(before, after string, args ...string) *agentProc {
	file := t.file("c.json", before)
	a := t.agent(append([]string{"-config-file=" + file}, args...)...)
	t.file("c.json", after)
	a.signal(syscall.SIGHUP)
	a.awaitOutput("==> Caught signal: hangup\n")
	a.awaitOutput("==> Reloading configuration...\n")
	return a
}

var reloadChecks = []check{
	{"7", "reload-tags", "applied: tags; gossip and member-update", func(t *trial) {
		a := t.reloads(`{"tags": {"a": "1"}}`, `{"tags": {"b": "2"}}`)
		t.eventually("the new tags", func() (any, bool) {
			m, _ := a.member("n1")
			return m.Tags, len(m.Tags) == 1 && m.Tags["b"] == "2"
		})
		a.awaitOutput("EventMemberUpdate: n1")
	}},
	{"7", "reload-log-level", "applied: log_level", func(t *trial) {
		ip := freeAddress(t)
		file := t.file("c.json", `{"log_level": "err"}`)
		a := &agentProc{t: t, node: "n1", ip: ip, rpc: ip + ":7373", args: []string{"agent", "-node=n1", "-bind=" + ip, "-rpc-addr=" + ip + ":7373", "-profile=local", "-config-file=" + file}}
		a.begin()
		a.awaitOutput("Log data will now stream")
		t.file("c.json", `{"log_level": "debug"}`)
		a.signal(syscall.SIGHUP)
		a.awaitOutput("==> Reloading configuration...\n")
		a.awaitOutput("\n") // the level is set before the next event is heard
		t.eventually("a line at INFO", func() (any, bool) {
			a.cli("event", "-coalesce=false", "x")
			return a.stdout.String(), strings.Contains(a.stdout.String(), "[INFO]")
		})
	}},
	{"7", "reload-leave-on-terminate", "applied: leave_on_terminate", func(t *trial) {
		a := t.reloads(`{}`, `{"leave_on_terminate": true, "tags": {"a": "b"}}`)
		a.awaitOutput("EventMemberUpdate: n1")
		a.stops(syscall.SIGTERM, 0, "==> Gracefully shutting down agent...\n")
	}},
	{"7", "reload-of-a-broken-file", "error text, Failed to reload configs, old configuration stays", func(t *trial) {
		a := t.reloads(`{"tags": {"a": "1"}}`, `{`)
		a.awaitOutput("==> Error decoding '" + filepath.Join(t.dir, "c.json") + "': unexpected EOF\n")
		a.awaitOutput("==> Failed to reload configs\n")
		m, _ := a.member("n1")
		t.equal("tags", m.Tags, map[string]string{"a": "1"})
	}},
	{"7", "reload-with-a-bad-level", "prints the level error, applies the rest", func(t *trial) {
		a := t.reloads(`{"tags": {"a": "1"}}`, `{"tags": {"a": "2"}, "log_level": "foo"}`, "-log-level=")
		a.awaitOutput("Invalid log level: FOO")
		a.awaitOutput("EventMemberUpdate: n1")
	}},
	{"7", "reload-with-tags-too-long", "==> Failed to update tags: TEXT", func(t *trial) {
		a := t.reloads(`{"tags": {"a": "1"}}`, `{"tags": {"a": "`+strings.Repeat("x", 600)+`"}}`)
		a.awaitOutput("==> Failed to update tags: ")
	}},
}
