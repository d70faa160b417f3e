package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"serf/agent/config"
)

// patience is how long a test waits for what must happen. It only matters when something is wrong.
const patience = 30 * time.Second

// runningAgent is "serf agent" inside the test.
type runningAgent struct {
	out     *transcript
	signals chan os.Signal
	stop    context.CancelFunc
	exited  chan struct{}
	status  int // valid after exited
}

// startAgent runs "serf agent" with args, on ports that the system chooses unless args say otherwise.
func startAgent(p program, name string, args ...string) *runningAgent {
	ctx, cancel := context.WithCancel(context.Background())
	a := &runningAgent{out: newTranscript(), signals: make(chan os.Signal, 4), stop: cancel, exited: make(chan struct{})}
	p.stdin, p.stdout, p.stderr, p.signals = strings.NewReader(""), a.out, a.out, a.signals
	if p.getenv == nil {
		p.getenv = func(string) string { return "" }
	}
	args = append([]string{"agent", "-node=" + name, "-bind=127.0.0.1:0", "-rpc-addr=127.0.0.1:0"}, args...)
	go func() {
		defer close(a.exited)
		a.status = p.run(ctx, args)
	}()
	return a
}

// ended waits for the end and returns the exit status.
func (a *runningAgent) ended() (int, error) {
	select {
	case <-a.exited:
		return a.status, nil
	case <-time.After(patience):
		return 0, fmt.Errorf("still running; output:\n%s", a.out)
	}
}

// logged waits until the output matches expr and returns the match.
func (a *runningAgent) logged(expr string) ([]string, error) {
	re, err := regexp.Compile("(?m)" + expr)
	if err != nil {
		return nil, err
	}
	deadline := time.After(patience)
	for {
		text, more := a.out.now()
		if m := re.FindStringSubmatch(text); m != nil {
			return m, nil
		}
		select {
		case <-more:
		case <-a.exited:
			if text, _ := a.out.now(); !re.MatchString(text) {
				return nil, fmt.Errorf("ended without %q; output:\n%s", expr, text)
			}
		case <-deadline:
			return nil, fmt.Errorf("no %q in the output:\n%s", expr, text)
		}
	}
}

// banner matches the addresses of an agent that is up.
const banner = `Bind addr: '(.+)'(?:\n.*)*?\n *RPC addr: '(.+)'(?:\n.*)*\n==> Log data will now stream in as it occurs:\n`

// transcript gathers the output of an agent.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed by the next write
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{})} }

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.more)
	t.more = make(chan struct{})
	return t.text.Write(b)
}

// now returns what was written, and what is closed when there is more.
func (t *transcript) now() (string, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String(), t.more
}

func (t *transcript) String() string {
	text, _ := t.now()
	return text
}

// scriptAgents are the agents of one script by name.
type scriptAgents map[string]*runningAgent

const agentsKey = "agents"

func scriptAgent(ts *testscript.TestScript, name string) *runningAgent {
	a := ts.Value(agentsKey).(scriptAgents)[name]
	if a == nil {
		ts.Fatalf("no agent %s", name)
	}
	return a
}

// agentCommand starts an agent and waits until it is up: agent NAME ARG... It sets $NAME and $NAME_RPC to its addresses. With "!", the
// agent is expected to end instead.
func agentCommand(ts *testscript.TestScript, neg bool, args []string) {
	name := args[0]
	a := startAgent(program{getenv: secretsOf(ts), syslogPaths: []string{ts.MkAbs(syslogSocket)}}, name, args[1:]...)
	ts.Value(agentsKey).(scriptAgents)[name] = a
	ts.Defer(func() {
		a.stop()
		<-a.exited
	})
	if neg {
		return
	}
	m, err := a.logged(banner)
	ts.Check(err)
	ts.Setenv(name, m[1])
	ts.Setenv(name+"_RPC", m[2])
}

// secretsOf returns the environment of a script as far as an agent looks at it.
func secretsOf(ts *testscript.TestScript) func(string) string {
	values := make(map[string]string)
	for _, name := range config.EnvNames() {
		values[name] = ts.Getenv(name)
	}
	return func(name string) string { return values[name] }
}

// loggedCommand waits for a line of an agent: logged NAME REGEXP
func loggedCommand(ts *testscript.TestScript, _ bool, args []string) {
	_, err := scriptAgent(ts, args[0]).logged(args[1])
	ts.Check(err)
}

// signalCommand sends signals to an agent: signal NAME SIGNAL...
func signalCommand(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}
	for _, s := range args[1:] {
		scriptAgent(ts, args[0]).signals <- signals[s]
	}
}

// exitedCommand waits for the end of an agent: exited NAME STATUS
func exitedCommand(ts *testscript.TestScript, _ bool, args []string) {
	status, err := scriptAgent(ts, args[0]).ended()
	ts.Check(err)
	if got := strconv.Itoa(status); got != args[1] {
		ts.Fatalf("exit status %s, want %s; output:\n%s", got, args[1], scriptAgent(ts, args[0]).out)
	}
}

// syslogSocket is where the syslog daemon of a script listens.
const syslogSocket = "syslog.sock"

// syslogdCommand starts a syslog daemon, whose lines "logged syslogd" finds.
func syslogdCommand(ts *testscript.TestScript, _ bool, _ []string) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: ts.MkAbs(syslogSocket), Net: "unixgram"})
	ts.Check(err)
	d := &runningAgent{out: newTranscript(), exited: make(chan struct{})}
	ts.Value(agentsKey).(scriptAgents)["syslogd"] = d
	go func() {
		defer close(d.exited)
		b := make([]byte, 64<<10)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			_, _ = d.out.Write(b[:n])
		}
	}()
	ts.Defer(func() {
		_ = conn.Close()
		<-d.exited
	})
}

var (
	timePattern = regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`)
	portPattern = regexp.MustCompile(`127\.0\.0\.1:\d{4,5}`)
)

// transcriptCommand writes the output of an agent to a file, with <ts> for times and <addr> for addresses: transcript NAME FILE
func transcriptCommand(ts *testscript.TestScript, _ bool, args []string) {
	text := scriptAgent(ts, args[0]).out.String()
	text = timePattern.ReplaceAllString(text, "<ts>")
	text = portPattern.ReplaceAllString(text, "<addr>")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// wroteCommand waits until the output of an agent is what a file says: <ts> stands for a time, <addr> for an address, $NAME for a
// variable, and a line with three dots for any lines, also none: wrote NAME FILE
func wroteCommand(ts *testscript.TestScript, _ bool, args []string) {
	marks := strings.NewReplacer("<ts>", timePattern.String(), "<addr>", portPattern.String())
	var expr strings.Builder
	for line := range strings.Lines(os.Expand(ts.ReadFile(args[1]), ts.Getenv)) {
		if line == "...\n" {
			expr.WriteString(`(?:.*\n)*?`)
		} else {
			expr.WriteString(marks.Replace(regexp.QuoteMeta(line)))
		}
	}
	if _, err := scriptAgent(ts, args[0]).logged(`\A` + expr.String() + `\z`); err != nil {
		ts.Fatalf("not what %s says: %v", args[1], err)
	}
}

// untilCommand repeats a command until its standard output matches: until REGEXP COMMAND ARG...
func untilCommand(ts *testscript.TestScript, _ bool, args []string) {
	re := regexp.MustCompile("(?m)" + args[0])
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_ = ts.Exec(args[1], args[2:]...)
		out := ts.ReadFile("stdout")
		if re.MatchString(out) {
			return
		}
		if !pause(ctx, 50*time.Millisecond) {
			ts.Fatalf("no %q in the output:\n%s", args[0], out)
		}
	}
}

// holdPortCommand listens at a port of 127.0.0.1 and sets $HELD to it.
func holdPortCommand(ts *testscript.TestScript, _ bool, _ []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	ts.Check(err)
	ts.Setenv("HELD", port)
}

// addressesCommand sets variables to addresses of this host where nobody listens at the usual ports. All are written with as
// many digits, which keeps the columns of tables where they are: addresses NAME...
func addressesCommand(ts *testscript.TestScript, _ bool, names []string) {
	for _, name := range names {
		addr := fmt.Sprintf("127.%d.%d.%d", 100+rand.IntN(100), 100+rand.IntN(100), 100+rand.IntN(100))
		for _, port := range []string{"7946", "7373"} {
			listener, err := net.Listen("tcp", net.JoinHostPort(addr, port))
			ts.Check(err)
			ts.Check(listener.Close())
		}
		ts.Setenv(name, addr)
	}
}
