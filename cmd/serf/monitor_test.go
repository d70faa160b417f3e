package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// startCommand runs a command that waits, like startAgent.
func startCommand(args ...string) *runningAgent {
	ctx, cancel := context.WithCancel(context.Background())
	a := &runningAgent{out: newTranscript(), signals: make(chan os.Signal, 4), stop: cancel, exited: make(chan struct{})}
	p := &program{stdin: strings.NewReader(""), stdout: a.out, stderr: a.out, signals: a.signals, getenv: func(string) string { return "" }}
	go func() {
		defer close(a.exited)
		a.status = p.run(ctx, args)
	}()
	return a
}

// monitored starts an agent and a monitor of it, and waits until that shows the first line.
func monitored(t *testing.T) (agent, monitor *runningAgent, rpcAddr string) {
	t.Helper()
	agent = startAgent(program{}, "n1")
	m, err := agent.logged(banner)
	if err != nil {
		t.Fatal(err)
	}
	monitor = startCommand("monitor", "-log-level=debug", "-rpc-addr="+m[2])
	if _, err := monitor.logged(`^\d{4}/.* \[INFO\] agent: Serf agent starting$`); err != nil {
		t.Fatal(err)
	}
	return agent, monitor, m[2]
}

func TestMonitorShowsLogAndEvents(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	agent, monitor, addr := monitored(t)
	defer agent.stop()
	defer monitor.stop()
	var out bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: func(string) string { return "" }}
	if got := p.run(context.Background(), []string{"event", "-rpc-addr=" + addr, "-coalesce=false", "deploy", "a\nb"}); got != 0 {
		t.Fatalf("event ended with %d: %s", got, out.String())
	}
	if _, err := monitor.logged(`^Event Info:\n\tEvent: "user"\n\tName: "deploy"\n\tPayload: "a\\nb"\n\tLTime: \d+\n\tCoalesce: false$`); err != nil {
		t.Error(err)
	}
	monitor.signals <- os.Interrupt
	if status, err := monitor.ended(); err != nil || status != 0 {
		t.Errorf("exit status %d, %v, want 0; output:\n%s", status, err, monitor.out)
	}
	agent.stop()
	if _, err := agent.ended(); err != nil {
		t.Error(err)
	}
}

func TestMonitorPrintsOneObjectALine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	agent, text, addr := monitored(t)
	defer agent.stop()
	text.stop()
	monitor := startCommand("monitor", "-format=json", "-event=user:deploy", "-rpc-addr="+addr)
	defer monitor.stop()
	if _, err := monitor.logged(`^\{"log":"\d{4}/.* \[INFO\] agent: Serf agent starting"\}$`); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"other"}, {"deploy", "a\xff"}} {
		if out, _, status := runAgainst(addr, patience, append([]string{"event", "-coalesce=false"}, args...)...); status != 0 {
			t.Fatalf("event ended with %d: %s", status, out)
		}
	}
	want := `^\{"event":"user","name":"deploy","payload":"a\\ufffd","payload_base64":"Yf8=","ltime":\d+,"coalesce":false\}$`
	if _, err := monitor.logged(want); err != nil {
		t.Error(err)
	}
	agent.stop()
	if status, err := monitor.ended(); err != nil || status != 1 {
		t.Errorf("exit status %d, %v, want 1", status, err)
	}
	out := monitor.out.String()
	if strings.Contains(out, `"name":"other"`) || !strings.Contains(out, `{"error":"Remote side ended the monitor! `) {
		t.Errorf("an event that was not asked for, or no last words, in:\n%s", out)
	}
	if _, err := text.ended(); err != nil {
		t.Error(err)
	}
}

func TestLogOnly(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	agent, text, addr := monitored(t)
	defer agent.stop()
	defer text.stop()
	monitor := startCommand("monitor", "-no-events", "-rpc-addr="+addr)
	defer monitor.stop()
	if _, err := monitor.logged(`^\d{4}/.* \[INFO\] agent: Serf agent starting$`); err != nil {
		t.Fatal(err)
	}
	if out, _, status := runAgainst(addr, patience, "event", "-coalesce=false", "deploy"); status != 0 {
		t.Fatalf("event ended with %d: %s", status, out)
	}
	if _, err := text.logged(`^Event Info:\n\tEvent: "user"$`); err != nil {
		t.Error(err)
	}
	if _, err := monitor.logged(`Received event: user-event: deploy$`); err != nil {
		t.Error(err)
	}
	agent.stop()
	for _, a := range []*runningAgent{text, monitor} {
		if status, err := a.ended(); err != nil || status != 1 {
			t.Errorf("exit status %d, %v, want 1", status, err)
		}
	}
	if strings.Contains(monitor.out.String(), "Event Info:") {
		t.Errorf("an event in\n%s", monitor.out)
	}
}

func TestEventsOnly(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	agent, text, addr := monitored(t)
	defer agent.stop()
	text.stop()
	monitor := startCommand("monitor", "-no-log", "-format=json", "-rpc-addr="+addr)
	defer monitor.stop()
	seen := func() bool { // the monitor may not listen yet
		_, _, _ = runAgainst(addr, patience, "event", "-coalesce=false", "deploy")
		return strings.Contains(monitor.out.String(), `{"event":"user","name":"deploy","payload":"","ltime":`)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !seen() && pause(ctx, 20*time.Millisecond) {
	}
	monitor.signals <- os.Interrupt
	if status, err := monitor.ended(); err != nil || status != 0 || !seen() || strings.Contains(monitor.out.String(), `"log"`) {
		t.Errorf("exit status %d, %v, want 0 and events alone; output:\n%s", status, err, monitor.out)
	}
	agent.stop()
	for _, a := range []*runningAgent{agent, text} {
		if _, err := a.ended(); err != nil {
			t.Error(err)
		}
	}
}

func TestMonitorOfAnAgentThatEnds(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	agent, monitor, _ := monitored(t)
	defer monitor.stop()
	agent.stop()
	if _, err := agent.ended(); err != nil {
		t.Error(err)
	}
	status, err := monitor.ended()
	if err != nil || status != 1 {
		t.Errorf("exit status %d, %v, want 1", status, err)
	}
	if text := monitor.out.String(); !strings.Contains(text, "\n\nRemote side ended the monitor! ") {
		t.Errorf("last words missing in:\n%s", text)
	}
}

func TestMonitorConnectsAgainAndRepeatsNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir, err := os.MkdirTemp("", "m") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	addr := "unix://" + dir + "/s"
	first := startAgent(program{}, "n1", "-rpc-addr="+addr)
	defer first.stop()
	if _, err := first.logged(banner); err != nil {
		t.Fatal(err)
	}
	monitor := startCommand("monitor", "-reconnect", "-no-events", "-rpc-addr="+addr)
	defer monitor.stop()
	if _, err := monitor.logged(`EventMemberJoin: n1 `); err != nil {
		t.Fatal(err)
	}
	first.stop()
	if _, err := first.ended(); err != nil {
		t.Error(err)
	}
	if _, err := monitor.logged(`^hint: the connection to the agent was lost; trying again every second until Ctrl-C$`); err != nil {
		t.Error(err)
	}
	second := startAgent(program{}, "n2", "-rpc-addr="+addr)
	defer second.stop()
	for _, line := range []string{`^hint: connected again$`, `EventMemberJoin: n2`} {
		if _, err := monitor.logged(line); err != nil {
			t.Error(err)
		}
	}
	monitor.signals <- os.Interrupt
	if status, err := monitor.ended(); err != nil || status != 0 {
		t.Errorf("exit status %d, %v, want 0; output:\n%s", status, err, monitor.out)
	}
	if out := monitor.out.String(); strings.Contains(out, "Remote side ended") || strings.Count(out, "EventMemberJoin: n1 ") != 1 {
		t.Errorf("last words, or lines twice, in\n%s", out)
	}
	second.stop()
	if _, err := second.ended(); err != nil {
		t.Error(err)
	}
}

func TestLinesOfBeforeAreNotRepeated(t *testing.T) {
	const first, second, third = "2026/11/25 12:00:00 [INFO] a", "2026/11/25 12:00:01 [INFO] b", "2026/11/25 12:00:01 [INFO] c"
	const late = "2026/11/25 12:00:02 [INFO] d"
	var r resume
	r.connected()
	show := func(lines ...string) (shown []string) {
		for _, l := range lines {
			if r.isNew(l) {
				shown = append(shown, l)
			}
		}
		return shown
	}
	if got, want := show(first, first, second), []string{first, first, second}; !slices.Equal(got, want) {
		t.Errorf("at first: got %q, want %q", got, want)
	}
	r.connected()
	if got, want := show(first, second, third, second, "odd", late, first), []string{third, second, "odd", late, first}; !slices.Equal(got, want) {
		t.Errorf("after the loss: got %q, want %q", got, want)
	}
}

func TestInterruptedQueriesEndAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	agent := startAgent(program{}, "n1")
	defer agent.stop()
	m, err := agent.logged(banner)
	if err != nil {
		t.Fatal(err)
	}
	query := startCommand("query", "-rpc-addr="+m[2], "-wait", "-timeout=1h", "up")
	defer query.stop()
	if _, err := query.logged("Ack from 'n1'"); err != nil {
		t.Fatal(err)
	}
	query.signals <- os.Interrupt
	if status, err := query.ended(); err != nil || status != 1 || !strings.Contains(query.out.String(), "Total Acks: 1\nTotal Responses: 0\n") {
		t.Errorf("exit status %d, %v, want 1 and a summary; output:\n%s", status, err, query.out)
	}
	other := startAgent(program{}, "n2", "-join="+m[1])
	defer other.stop()
	if _, err := other.logged("Join completed"); err != nil {
		t.Fatal(err)
	}
	other.stop() // without a leave: the test waits for its ack
	if _, err := other.ended(); err != nil {
		t.Fatal(err)
	}
	reachability := startCommand("reachability", "-rpc-addr="+m[2])
	defer reachability.stop()
	if _, err := reachability.logged("Starting reachability test"); err != nil {
		t.Fatal(err)
	}
	reachability.signals <- os.Interrupt
	if status, err := reachability.ended(); err != nil || status != 1 || !strings.Contains(reachability.out.String(), "Test interrupted\n") {
		t.Errorf("exit status %d, %v, want 1 and a word; output:\n%s", status, err, reachability.out)
	}
	agent.stop()
	if _, err := agent.ended(); err != nil {
		t.Error(err)
	}
}
