package main

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"serf/agent/rpc"
	"serf/eventbus"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "12") // unless the command line says otherwise: scripts wait more than they compute
	testscript.Main(m, map[string]func(){"serf": main})
}

func TestScripts(t *testing.T) {
	_ = os.Unsetenv("SERF_RPC_ADDR") // event handlers of agents in this process would inherit it
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SERF_RPC_ADDR", "127.0.0.1:1") // where nothing listens, whatever runs on this machine
			e.Setenv("GORACE", "atexit_sleep_ms=0")  // each command is a process
			e.Values[agentsKey] = make(scriptAgents)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":      statusCommand,
			"until":       untilCommand,
			"fakeagent":   fakeAgentCommand,
			"agent":       agentCommand,
			"logged":      loggedCommand,
			"transcript":  transcriptCommand,
			"wrote":       wroteCommand,
			"signal":      signalCommand,
			"exited":      exitedCommand,
			"holdport":    holdPortCommand,
			"addresses":   addressesCommand,
			"syslogd":     syslogdCommand,
			"certificate": certificateCommand,
		},
		RequireUniqueNames: true,
	})
}

// statusCommand runs a command and checks its exit status: status N COMMAND ARG...
func statusCommand(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var e *exec.ExitError
		if !errors.As(err, &e) {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// fakeAgentCommand starts an RPC server with made-up members and points SERF_RPC_ADDR at it: fakeagent [KEY]
func fakeAgentCommand(ts *testscript.TestScript, _ bool, args []string) {
	cfg := rpc.ServerConfig{}
	if len(args) > 0 {
		cfg.AuthKey = args[0]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := rpc.NewServer(fakeBackend{}, cfg)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	ts.Defer(func() {
		_ = server.Close()
		if err := <-done; err != nil {
			ts.Logf("fake agent: %v", err)
		}
	})
	ts.Setenv("SERF_RPC_ADDR", listener.Addr().String())
}

// fakeBackend answers always the same. What it does not answer panics.
type fakeBackend struct{ rpc.Backend }

var _ rpc.Backend = fakeBackend{}

func (fakeBackend) Members() []*eventbus.Member {
	versions := eventbus.Versions{1, 5, 2, 2, 5, 5}
	return []*eventbus.Member{
		{Name: "web1", Addr: netip.MustParseAddrPort("10.0.0.5:7946"), Status: eventbus.StatusAlive, Versions: versions,
			Tags: map[string]string{"role": "web", "dc": "east", "a": "x=<1>"}},
		{Name: "db", Addr: netip.MustParseAddrPort("[fd00::2]:7946"), Status: eventbus.StatusFailed, Versions: versions},
		{Name: "old", Addr: netip.MustParseAddrPort("10.0.0.7:17946"), Status: eventbus.StatusLeft,
			Versions: eventbus.Versions{1, 2, 2, 2, 4, 4}, Tags: map[string]string{"role": "web"}},
		{Name: "a\nb", Addr: netip.MustParseAddrPort("10.0.0.8:7946"), Status: eventbus.StatusLeaving, Versions: versions},
	}
}

func (fakeBackend) Join(_ context.Context, addrs []string, _ bool) (int, error) {
	return len(addrs), nil
}
func (fakeBackend) Leave(context.Context) error { return errors.New("Leave already in progress") }

func (fakeBackend) ForceLeave(_ context.Context, node string, _ bool) error {
	if node == "stuck" {
		return errors.New("timed out broadcasting node removal")
	}
	return nil
}

func (fakeBackend) Stats() map[string]map[string]string {
	return map[string]map[string]string{
		"agent":          {"name": "web1"},
		"serf":           {"members": "4", "failed": "1", "encrypted": "true"},
		"tags":           {"role": "web"},
		"event_handlers": {},
		"runtime":        {"os": "linux"},
	}
}
