//go:build conform

package conform

import (
	"regexp"
	"strings"
	"syscall"
	"time"
)

var bannerChecks = []check{
	{"5", "banner", "label column right-aligned to 27 characters after four spaces", func(t *trial) {
		a := t.agent()
		banner := `==> Starting Serf agent...
==> Starting Serf agent RPC...
==> Serf agent running!
                      Node name: 'n1'
                      Bind addr: '` + a.ip + `:7946'
                       RPC addr: '` + a.rpc + `'
                      Encrypted: false
                       Snapshot: false
                        Profile: local
    Message Compression Enabled: true

==> Log data will now stream in as it occurs:

    2`
		t.eventually("the banner, an empty line, and the log", func() (any, bool) {
			out := a.stdout.String()
			return out, strings.HasPrefix(out, banner)
		})
	}},
	{"5", "banner-encrypted", "Encrypted: true", func(t *trial) {
		t.contains("banner", t.agent("-encrypt="+keyText(key1)).stdout.String(), "                      Encrypted: true\n")
	}},
	{"5", "banner-snapshot", "Snapshot: true", func(t *trial) {
		t.contains("banner", t.agent("-snapshot="+t.dir+"/snap").stdout.String(), "                       Snapshot: true\n")
	}},
	{"5", "banner-profile", "Profile: name as configured", func(t *trial) {
		t.contains("banner", t.agent("-profile=wan").stdout.String(), "                        Profile: wan\n")
	}},
	{"5", "banner-compression", "Message Compression Enabled: false", func(t *trial) {
		t.contains("banner", t.agent("-disable-compression").stdout.String(), "    Message Compression Enabled: false\n")
	}},
	{"5", "banner-advertise", "Advertise addr appears only with an advertise address", func(t *trial) {
		a := t.agent("-advertise=127.0.0.9:1234")
		t.contains("banner", a.stdout.String(), "Advertise addr: '127.0.0.9:1234'\n")
		m, _ := a.member("n1")
		t.equal("port", m.Port, uint16(1234))
	}},
	{"4", "advertise-without-port", "without port, 7946 is used", func(t *trial) {
		a := t.agent("-advertise=127.0.0.9")
		t.contains("banner", a.stdout.String(), "Advertise addr: '127.0.0.9:7946'\n")
	}},
	{"2", "bind-with-port", "host:port", func(t *trial) {
		ip := freeAddress(t)
		a := t.agent("-bind=" + ip + ":17946")
		t.contains("banner", a.stdout.String(), "Bind addr: '"+ip+":17946'\n")
		m, _ := a.member("n1")
		t.equal("port", m.Port, uint16(17946))
	}},
	{"5", "join-lines", "==> Joining cluster...(replay: false), Join completed. Synced with 1 initial agents", func(t *trial) {
		p := t.peer("p1")
		a := t.agent("-join=" + p.ip)
		a.awaitOutput("==> Joining cluster...(replay: false)\n    Join completed. Synced with 1 initial agents\n\n==> Log data will now stream in as it occurs:\n\n")
		a.awaitStatus("p1", "alive")
	}},
	{"5", "join-lines-with-replay", "replay: true", func(t *trial) {
		p := t.peer("p1")
		t.contains("stdout", t.agent("-replay", "-join="+p.ip).stdout.String(), "==> Joining cluster...(replay: true)\n")
	}},
	{"1", "everything-goes-to-stdout", "everything it prints goes to stdout", func(t *trial) {
		a := t.agent()
		a.signal(syscall.SIGINT)
		a.status()
		t.equal("stderr", a.stderr.String(), "")
	}},
}

var logLine = regexp.MustCompile(`^    \d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(TRACE|DEBUG|INFO|WARN|ERR)\] [a-z.]+: `)

var logChecks = []check{
	{"6", "line-form", "four spaces, YYYY/MM/DD HH:MM:SS [LEVEL] component: text", func(t *trial) {
		a := t.agent()
		a.awaitOutput("Received event: member-join")
		_, log, _ := strings.Cut(a.stdout.String(), "as it occurs:\n\n")
		for _, line := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
			t.expect(logLine.MatchString(line), "a line of the form of the log", line)
		}
	}},
	{"6", "first-lines", "Serf agent starting, EventMemberJoin: NAME IP, Received event: member-join about 1 s later", func(t *trial) {
		a := t.agent()
		a.awaitOutput("[INFO] agent: Received event: member-join\n")
		t.matches("log", a.stdout.String(), `.*\[INFO\] agent: Serf agent starting\n(.*\n)*.*\[INFO\] serf: EventMemberJoin: n1 `+regexp.QuoteMeta(a.ip)+`\n(.*\n)*.*\[INFO\] agent: Received event: member-join\n.*`)
	}},
	{"6", "level-filters-the-console", "the console shows lines at or above log_level", func(t *trial) {
		a := t.agent("-log-level=warn")
		a.cli("event", "-coalesce=false", "x")
		a.members()
		t.lacks("console", a.stdout.String(), "[INFO]")
	}},
	{"6", "level-in-any-case", "trace/debug/info/warn/err, any case", func(t *trial) {
		for _, level := range []string{"TRACE", "Debug", "wArN", "err"} {
			t.agent("-log-level=" + level)
		}
	}},
	{"6", "join-request", "agent: joining: [A B] replay: false; agent: joined: N nodes", func(t *trial) {
		a, p := t.agent(), t.peer("p1")
		a.cli("join", p.ip)
		a.awaitOutput("[INFO] agent: joining: [" + p.ip + "] replay: false\n")
		a.awaitOutput("[INFO] agent: joined: 1 nodes\n")
	}},
	{"6", "join-failure", "[WARN] agent: error joining: TEXT", func(t *trial) {
		a := t.agent()
		a.cli("join", freeAddress(t)+":1")
		a.awaitOutput("[WARN] agent: error joining: 1 error occurred:")
	}},
	{"6", "user-event-request", `[DEBUG] agent: Requesting user event send: NAME. Coalesced: true. Payload: "TEXT"`, func(t *trial) {
		a := t.agent()
		a.cli("event", "hello", "pay\"load")
		a.awaitOutput(`[DEBUG] agent: Requesting user event send: hello. Coalesced: true. Payload: "pay\"load"` + "\n")
	}},
	{"6", "query-request", `[DEBUG] agent: Requesting query send: NAME. Payload: "TEXT"`, func(t *trial) {
		a := t.agent()
		a.cli("query", "-timeout=200ms", "up", "x")
		a.awaitOutput(`[DEBUG] agent: Requesting query send: up. Payload: "x"` + "\n")
	}},
	{"6", "user-event-failure", "[WARN] agent: failed to send user event: TEXT", func(t *trial) {
		a := t.agent()
		a.cli("event", "x", strings.Repeat("x", 600))
		a.awaitOutput("[WARN] agent: failed to send user event: user event exceeds configured limit of 512 bytes before encoding\n")
	}},
	{"6", "query-failure", "[WARN] agent: failed to start user query: TEXT", func(t *trial) {
		a := t.agent()
		a.cli("query", "x", strings.Repeat("x", 1100))
		a.awaitOutput("[WARN] agent: failed to start user query: query exceeds limit of 1024 bytes\n")
	}},
	{"6", "received-events", "Received event: user-event: NAME, query: NAME", func(t *trial) {
		a := t.agent()
		a.cli("event", "-coalesce=false", "hello")
		a.cli("query", "-timeout=200ms", "up")
		a.awaitOutput("[INFO] agent: Received event: user-event: hello\n")
		a.awaitOutput("[INFO] agent: Received event: query: up\n")
	}},
	{"6", "force-leave-request", "Force leaving node: NAME; Force leaving node (prune): NAME", func(t *trial) {
		a := t.agent()
		a.cli("force-leave", "x")
		a.cli("force-leave", "-prune", "x")
		a.awaitOutput("[INFO] agent: Force leaving node: x\n")
		a.awaitOutput("[INFO] agent: Force leaving node (prune): x\n")
	}},
	{"6", "key-requests", "Initiating key installation, primary key change, key removal, key listing; Received X query", func(t *trial) {
		a := t.agent("-encrypt=" + keyText(key1))
		for _, args := range []string{"-install=" + keyText(key2), "-use=" + keyText(key1), "-remove=" + keyText(key2), "-list"} {
			a.cli("keys", args)
		}
		for _, text := range []string{"key installation", "primary key change", "key removal", "key listing"} {
			a.awaitOutput("[INFO] agent: Initiating " + text + "\n")
		}
		for _, name := range []string{"install-key", "use-key", "remove-key", "list-keys"} {
			a.awaitOutput("[INFO] serf: Received " + name + " query\n")
		}
	}},
	{"6", "bad-filter", "[WARN] serf: failed to compile filter regex (EXPR): TEXT", func(t *trial) {
		a, p := t.cluster()
		q := p.query(5, 1, "up")
		q.Filters = [][]byte{message(1, tagFilter{"role", "["})}
		p.send(a, user(serfQuery, q))
		a.awaitOutput("[WARN] serf: failed to compile filter regex ([): ")
	}},
	{"6", "member-lines", "EventMemberFailed: NAME IP, attempting reconnect to NAME IP:PORT", func(t *trial) {
		a := t.start(setup{config: `{"reconnect_interval": "1s"}`})
		p := t.peer("p1")
		p.join(a)
		x := p.other("x", 1)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		m, _ := a.member("x")
		_ = m
		a.awaitOutput("[INFO] serf: EventMemberFailed: x ")
		a.awaitOutput("[INFO] serf: attempting reconnect to x ")
	}},
	{"6", "failed-is-delivered", "Received event: member-failed", func(t *trial) {
		a, p := t.cluster()
		p.newcomer(a, "x", tags(nil))
		p.send(a, message(typeDead, accusation{1, "x", "p1"}))
		a.awaitOutput("[INFO] agent: Received event: member-failed\n")
	}},
}

var joinFlagChecks = []check{
	{"7", "failed-join-ends-the-agent", "none answers: ==> error text, exit 1", func(t *trial) {
		to := freeAddress(t) + ":1"
		r := t.fails("-join=" + to)
		t.contains("stdout", r.stdout, "==> Joining cluster...(replay: false)\n")
		t.contains("stdout", r.stdout, "==> 1 error occurred:\n\t* ")
		t.contains("stdout", r.stdout, "connect: connection refused\n")
	}},
	{"7", "one-answer-is-enough", "succeeds if at least one answers", func(t *trial) {
		p := t.peer("p1")
		a := t.agent("-join="+freeAddress(t)+":1", "-join="+p.ip)
		t.contains("stdout", a.stdout.String(), "Join completed. Synced with 1 initial agents\n")
	}},
	{"7", "start-join-in-a-file", "start_join is appended", func(t *trial) {
		p := t.peer("p1")
		a := t.start(setup{config: `{"start_join": ["` + p.ip + `"]}`})
		a.awaitStatus("p1", "alive")
	}},
	{"7", "retry-join", "attempts immediately; Join completed. Synced with N initial agents", func(t *trial) {
		p := t.peer("p1")
		a := t.agent("-retry-join=" + p.ip)
		a.awaitOutput("[INFO] agent: Joining cluster...(replay: false)\n")
		a.awaitOutput("[INFO] agent: Join completed. Synced with 1 initial agents\n")
	}},
	{"7", "retry-join-retries", "then every retry_interval", func(t *trial) {
		ip := freeAddress(t)
		a := t.agent("-retry-join="+ip, "-retry-interval=1s")
		a.awaitOutput("retrying in 1s")
		p := t.peerAt("p1", ip)
		a.awaitOutput("[INFO] agent: Join completed. Synced with 1 initial agents\n")
		_ = p
	}},
	{"7", "retry-max", "N retries, i.e. N+1 attempts, then the process exits 1", func(t *trial) {
		a := t.agent("-retry-join="+freeAddress(t)+":1", "-retry-interval=1s", "-retry-max=1")
		t.equal("exit status", a.status(), 1)
		t.equal("attempts", strings.Count(a.stdout.String(), "agent: Joining cluster...(replay: false)"), 2)
		t.contains("log", a.stdout.String(), "[ERR] agent: maximum retry join attempts made, exiting\n")
	}},
}

// stops sends a signal and checks how the agent ends.
func (a *agentProc) stops(s syscall.Signal, status int, texts ...string) {
	a.cli("members") // some listen for signals only a moment after they have said that they run
	a.signal(s)
	a.t.equal("exit status", a.status(), status)
	rest := a.stdout.String()
	for _, text := range texts {
		_, after, found := strings.Cut(rest, text)
		a.t.expect(found, "these texts in this order: "+strings.Join(texts, " | "), a.stdout.String())
		rest = after
	}
}

var (
	graceful = []string{"==> Caught signal: interrupt\n", "==> Gracefully shutting down agent...\n", "agent: requesting graceful leave from Serf\n", "agent: requesting serf shutdown\n", "agent: shutdown complete\n"}
	abrupt   = []string{"==> Caught signal: terminated\n", "agent: requesting serf shutdown\n", "[WARN] serf: Shutdown without a Leave\n", "agent: shutdown complete\n"}
)

var signalChecks = []check{
	{"7", "interrupt-is-graceful", "SIGINT: graceful leave, exit 0", func(t *trial) {
		t.agent().stops(syscall.SIGINT, 0, graceful...)
	}},
	{"7", "terminate-is-abrupt", "SIGTERM: immediate stop, exit 1", func(t *trial) {
		t.agent().stops(syscall.SIGTERM, 1, abrupt...)
	}},
	{"7", "leave-on-terminate", "SIGTERM with leave_on_terminate: graceful leave, exit 0", func(t *trial) {
		t.start(setup{config: `{"leave_on_terminate": true}`}).stops(syscall.SIGTERM, 0, "==> Caught signal: terminated\n", "==> Gracefully shutting down agent...\n")
	}},
	{"7", "skip-leave-on-interrupt", "SIGINT with skip_leave_on_interrupt: immediate stop, exit 1", func(t *trial) {
		t.start(setup{config: `{"skip_leave_on_interrupt": true}`}).stops(syscall.SIGINT, 1, "==> Caught signal: interrupt\n", "Shutdown without a Leave\n")
	}},
	{"7", "second-signal-ends-at-once", "while leaving a second signal ends with status 1", func(t *trial) {
		a, _ := t.cluster()
		a.signal(syscall.SIGINT)
		a.awaitOutput("==> Gracefully shutting down agent...")
		a.stops(syscall.SIGINT, 1)
	}},
	{"7", "graceful-leave-takes-a-second", "1-2 s: leave is broadcast, then a 1 s linger", func(t *trial) {
		a, _ := t.cluster()
		start := time.Now()
		a.stops(syscall.SIGINT, 0)
		t.expect(time.Since(start) > 900*time.Millisecond, "at least 1 s", time.Since(start))
	}},
	{"7", "peers-see-a-graceful-leave", "the leave is broadcast", func(t *trial) {
		a, p := t.cluster()
		a.stops(syscall.SIGINT, 0)
		p.await("its leave intent", serfIs(serfLeave, func(i leaveIntent) bool { return i.Node == a.node }))
		p.await("its death by itself", isAbout(typeDead, a.node))
	}},
	{"7", "leave-by-rpc-ends-with-0", "0 = leave by RPC; Serf shutdown detected, quitting", func(t *trial) {
		a := t.agent()
		a.cli("leave")
		t.equal("exit status", a.status(), 0)
	}},
	{"10", "usr1-does-not-end-the-agent", "SIGUSR1: telemetry dump on stderr, the agent goes on", func(t *trial) {
		a := t.agent()
		a.signal(syscall.SIGUSR1)
		a.client().open()
		t.equal("exit status", func() int { a.stops(syscall.SIGINT, 0); return a.status() }(), 0)
	}},
	{"1", "stdin-is-ignored", "stays in the foreground, ignores stdin", func(t *trial) {
		a := t.agent() // its stdin is at its end
		a.client().open()
	}},
}
