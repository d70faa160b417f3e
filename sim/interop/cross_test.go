//go:build interop

package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"serf/sim/process"
)

// outcome is all that a script can see of a command.
type outcome struct {
	stdout, stderr string
	code           int
}

func (o outcome) String() string {
	return fmt.Sprintf("exit %d\nstdout %q\nstderr %q", o.code, o.stdout, o.stderr)
}

// command runs s with args as they are.
func (s side) command(t *testing.T, env []string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), convergeWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.path, args...)
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatalf("%s %v: %v", s.name, args, err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// crossCase is a command line that both clients are given. What a script sees must be the same but for the named differences.
type crossCase struct {
	args        string // separated by blanks; LONG is 600 bytes, OTHER a second member, KEY1 and KEY2 keys, NOWHERE a closed port
	differences string // names in knownDifferences, separated by blanks
}

// crossCases run in this order against one agent of each side: the keys go from KEY1 to KEY2 and back.
var crossCases = []crossCase{
	{"members", "order"},
	{"members -detailed", "order"},
	{"members surplus", "order"},
	{"members -status=alive -tag role=w.b", "order"},
	{"members -name=cross-o.* -detailed=false", "order"},
	{"members -role=web", "order"},
	{"members -name=nobody", ""},
	{"members -status=al", ""},
	{"members -format=json", "order"},
	{"members -format json -name=nobody", ""},
	{"members -format=xml", ""},
	{"members -tag foo", ""},
	{"members -name=[", "hint"},
	{"members -bogus", "help-text"},
	{"members -detailed=maybe", "help-text"},

	{"info", "figures"},
	{"info -format=json", "figures"},
	{"info -format=xml", ""},

	{"event deploy", ""},
	{"event deploy v1", ""},
	{"event -coalesce=false deploy v1", ""},
	{"event -coalesce false deploy", "hint"},
	{"event -- -x", ""},
	{"event", "help-text"},
	{"event a b c", "help-text"},
	{"event deploy -coalesce=false x", "help-text"},
	{"event deploy LONG", ""},

	{"query -timeout=1s up", "order"},
	{"query -timeout=1s up payload", "order"},
	{"query -timeout=1s -no-ack up", "order"},
	{"query -timeout=1s -node OTHER up", "order"},
	{"query -timeout=1s -tag role=^we up", "order"},
	{"query -timeout=1s -tag role=none up", ""},
	{"query -timeout=1s -relay-factor=2 up", "order"},
	{"query -timeout=1s -format=json up", "order"},
	{"query -timeout=1s -format=json -no-ack -tag role=none up", ""},
	{"query -format=xml up", ""},
	{"query -tag foo up", ""},
	{"query -relay-factor=256 up", ""},
	{"query -timeout=5 up", "help-text"},
	{"query _serf_foo", ""},
	{"query up LONGLONG", ""},
	{"query", "help-text"},

	{"join OTHERBIND", ""},
	{"join -replay OTHERBIND NOWHERE", ""},
	{"join NOWHERE", ""},
	{"join", "help-text"},

	{"tags -set release=1 -delete none", ""},
	{"tags -set a=1,2", ""},
	{"tags -set a=1|2", ""},
	{"members", "pipe order"},
	{"tags -delete release -delete a", ""},
	{"tags -set new", ""},
	{"tags -set y=LONG", ""},
	{"tags", "help-text"},

	{"rtt OTHER", "figures"},
	{"rtt cross-ours cross-theirs", "figures"},
	{"rtt nope", "hint"},
	{"rtt", "help-text"},
	{"rtt a b c", "help-text"},

	{"reachability", ""},
	{"reachability -verbose", "order figures"},

	{"keys -list", ""},
	{"keys -install=KEY2", ""},
	{"keys -use KEY2", ""},
	{"keys -remove=KEY2", "order"},
	{"keys -remove=KEY1", ""},
	{"keys -use=KEY1", "order"},
	{"keys -install=AAAA", "order"},
	{"keys -install=!!", ""},
	{"keys -list surplus", ""},
	{"keys -install=KEY1", ""},
	{"keys -use=KEY1", ""},
	{"keys -remove=KEY2", ""},
	{"keys -list -install=x", ""},
	{"keys", "help-text"},
	{"keys -list=false", "help-text"},

	{"force-leave cross-gone", "hint"}, // the second of the clients finds it left
	{"force-leave -prune cross-gone", "hint"},
	{"force-leave nobody", "hint"},
	{"force-leave a b", "help-text"},
	{"force-leave", "help-text"},

	{"monitor -log-level=FOO", ""},
	{"monitor -bogus", "help-text"},
}

// offlineCases need no agent.
var offlineCases = []crossCase{
	{"version", "version"},
	{"version surplus", "version"},
	{"-v", "version"},
	{"event deploy -v", "version"},
	{"version -h", ""},
	{"keygen", "figures"},
	{"keygen surplus -bogus", "figures"},
	{"", "help-text"},
	{"help", "help-text hint"},
	{"help members", "help-text hint"},
	{"mem", "help-text hint"},
	{"quantum", "help-text"},
	{"-h", "help-text"},
	{"leave -h", "help-text"},
	{"leave x --help", "help-text"},
	{"-x leave", "help-text"},
	{"members -rpc-addr=NOWHERE", "hint"},
	{"leave -rpc-addr=NOWHERE", "hint"},
	{"members -rpc-addr=", ""},
	{"members -rpc-addr=NOWHEREHOST", "default-port"},
	{"members -rpc-addr", "help-text"},
	{"agent -retry-max=5x", "help-text"},
}

// authCases run against an agent with an RPC auth token.
var authCases = []crossCase{
	{"members", "hint"}, {"info", "hint"}, {"event x", "hint"}, {"query x", "hint"}, {"reachability", "hint"}, {"leave", "hint"},
	{"monitor", "hint"}, {"tags -set a=b", "hint"}, {"join x", "hint"}, {"force-leave x", "hint"}, {"keys -list", "hint"}, {"rtt x", "hint"},
	{"rtt x y", "hint"},
	{"members -rpc-auth=bad", "hint"},
	{"members -rpc-auth=sekrit", ""},
}

// TestClientsOfBothSidesSayTheSame gives each command line to both clients, against an agent of each side in an encrypted cluster.
func TestClientsOfBothSidesSayTheSame(t *testing.T) {
	t.Parallel()
	used := newUses()
	o := start(t, ours, "cross-ours", "-tag", "role=web", "-encrypt="+key32)
	p := start(t, theirs, "cross-theirs", "-tag", "role=db", "-tag", "dc=<1>", "-encrypt="+key32, "-event-handler", "query:up=printf up-$SERF_SELF_NAME")
	gone := start(t, theirs, "cross-gone", "-encrypt="+key32)
	all := []*agent{o, p, gone}
	joined(t, p.must(t, theirs, "join", o.bind))
	joined(t, gone.must(t, theirs, "join", o.bind))
	sees(t, all, statuses(all, nil, ""))
	for _, a := range all[:2] {
		eventually(t, a.node+" has coordinates", func() error {
			if out, code := a.cli(t, ours, "rtt", "cross-ours", "cross-theirs"); code != 0 {
				return fmt.Errorf("%s", out)
			}
			return nil
		})
	}
	gone.kill()
	sees(t, all[:2], statuses(all, gone, "failed"))
	for i, a := range all[:2] {
		words := crossWords(t, all[1-i])
		for _, c := range crossCases {
			if strings.HasPrefix(c.args, "force-leave") && a == p {
				continue // it is gone: once in a cluster is enough
			}
			args := strings.Fields(words.Replace(c.args))
			compare(t, used, a.name+"' agent", c, []string{"SERF_RPC_ADDR=" + a.rpc}, args)
		}
	}
	for _, c := range offlineCases {
		compare(t, used, "no agent", c, []string{"SERF_RPC_ADDR="}, strings.Fields(crossWords(t, p).Replace(c.args)))
	}
	authCompared(t, used)
	used.checkAll(t)
}

// crossWords replaces the placeholders of crossCase.
func crossWords(t *testing.T, other *agent) *strings.Replacer {
	t.Helper()
	nowhere, err := process.FreeAddresses(host(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("OTHERBIND", other.bind, "OTHER", other.node, "KEY1", key32, "KEY2", key16,
		"NOWHEREHOST", host(), "NOWHERE", nowhere[0], "LONGLONG", strings.Repeat("x", 1200), "LONG", strings.Repeat("x", 600))
}

// authCompared runs authCases.
func authCompared(t *testing.T, used *uses) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "auth.json")
	if err := os.WriteFile(path, []byte(`{"rpc_auth": "sekrit"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []side{ours, theirs} {
		a := start(t, s, "auth-"+s.name, "-config-file="+path)
		for _, c := range authCases {
			compare(t, used, s.name+"' agent with a token", c, []string{"SERF_RPC_ADDR=" + a.rpc}, strings.Fields(c.args))
		}
		compare(t, used, s.name+"' agent with a token", crossCase{"info", "figures"},
			[]string{"SERF_RPC_ADDR=" + a.rpc, "SERF_RPC_AUTH=sekrit"}, []string{"info"})
	}
}

// compare runs args with both clients. What changes by itself gets a second chance.
func compare(t *testing.T, used *uses, where string, c crossCase, env, args []string) {
	t.Helper()
	const tries = 3
	var them, us outcome
	for range tries {
		them, us = theirs.command(t, env, args...), ours.command(t, env, args...)
		for _, name := range strings.Fields(c.differences) {
			them, us = used.apply(name, them, us)
		}
		if them == us {
			return
		}
	}
	t.Errorf("%s: serf %s (known to differ in: %s)\ntheirs: %v\nours:   %v", where, c.args, c.differences, them, us)
}
