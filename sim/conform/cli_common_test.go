//go:build conform

package conform

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func cliChecks() []check {
	return slices.Concat(topLevelChecks(), usageChecks(), connectionChecks(), memberCommandChecks(), eventCommandChecks, queryCommandChecks,
		joinCommandChecks, infoCommandChecks, monitorCommandChecks, keysCommandChecks())
}

// commands are the subcommands and how their usage line begins.
var commands = []struct{ name, usage string }{
	{"agent", "Usage: serf agent [options]"},
	{"event", "Usage: serf event [options] name payload"},
	{"force-leave", "Usage: serf force-leave [options] name"},
	{"info", "Usage: serf info [options]"},
	{"join", "Usage: serf join [options] address ..."},
	{"keygen", "Usage: serf keygen"},
	{"keys", "Usage: serf keys [options]..."},
	{"leave", "Usage: serf leave"},
	{"members", "Usage: serf members [options]"},
	{"monitor", "Usage: serf monitor [options]"},
	{"query", "Usage: serf query [options] name payload"},
	{"reachability", "Usage: serf reachability [options]"},
	{"rtt", "Usage: serf rtt [options] node1 [node2]"},
	{"tags", "Usage: serf tags [options] ..."},
}

const generalUsage = "Usage: serf [--version] [--help] <command> [<args>]"

func topLevelChecks() []check {
	var checks []check
	for _, c := range []struct {
		name string
		args []string
	}{
		{"no-command", nil}, {"help-command", []string{"help"}}, {"help-with-argument", []string{"help", "members"}},
		{"unknown-command", []string{"bogus"}}, {"abbreviation", []string{"mem"}}, {"single-dash-version", []string{"-version"}},
		{"dashes", []string{"--", "members"}},
	} {
		checks = append(checks, check{"2", c.name + "-is-127", "general help on stderr, status 127", func(t *trial) {
			r := t.run(c.args...)
			t.equal("status", r.status, 127)
			t.contains("stderr", r.stderr, generalUsage)
			t.equal("stdout", r.stdout, "")
		}})
	}
	for _, flag := range []string{"-h", "-help", "--help"} {
		checks = append(checks, check{"2", "help-" + strings.TrimLeft(flag, "-") + fmt.Sprint(strings.Count(flag, "-")), "the same help on stderr, status 0", func(t *trial) {
			r := t.run(flag)
			t.equal("status", r.status, 0)
			t.contains("stderr", r.stderr, generalUsage)
		}})
	}
	for _, c := range []struct {
		name string
		args []string
	}{
		{"flag-v", []string{"-v"}}, {"flag-version", []string{"--version"}}, {"command", []string{"version"}},
		{"command-with-arguments", []string{"version", "a", "b"}}, {"anywhere", []string{"event", "deploy", "-v"}},
		{"after-dashes", []string{"event", "--", "-v"}}, {"instead-of-an-agent", []string{"agent", "--version"}},
	} {
		checks = append(checks, check{"2", "version-" + c.name, "prints the version, status 0, nothing else is done", func(t *trial) {
			r := t.run(c.args...)
			t.equal("status", r.status, 0)
			t.contains("stdout", r.stdout, "\nAgent Protocol: 5 (Understands back to: 2)\n")
			t.equal("lines", strings.Count(r.stdout, "\n"), 2)
		}})
	}
	return append(checks, check{"2", "general-help-lists-commands", "one line per command sorted by name: four spaces, name padded to 16 columns", func(t *trial) {
		r := t.run("--help")
		var names []string
		for _, m := range regexp.MustCompile(`(?m)^    ([a-z-]+) +\S`).FindAllStringSubmatch(r.stderr, -1) {
			names = append(names, m[1])
		}
		for _, c := range commands {
			t.expect(slices.Contains(names, c.name), "a line for "+c.name, names)
		}
		t.expect(slices.IsSorted(names), "names in order", names)
		t.contains("help", r.stderr, "Available commands are:")
	}}, check{"2", "flag-before-the-command", "Invalid flags before the subcommand, help of the subcommand, stderr, status 1", func(t *trial) {
		r := t.run("-x", "members")
		t.equal("status", r.status, 1)
		t.contains("stderr", r.stderr, "Invalid flags before the subcommand. If these flags are for\nthe subcommand, please put them after the subcommand.")
		t.contains("stderr", r.stderr, "Usage: serf members [options]")
	}})
}

func usageChecks() []check {
	var checks []check
	for _, c := range commands {
		checks = append(checks, check{"2", "help-of-" + c.name, "help of the subcommand on stderr, status 0", func(t *trial) {
			for _, flag := range []string{"-h", "--help"} {
				r := t.run(c.name, flag)
				t.equal("status", r.status, 0)
				first, _, _ := strings.Cut(strings.TrimLeft(r.stderr, "\n"), "\n")
				t.equal("usage", strings.TrimSpace(first), c.usage)
			}
		}})
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"undefined", []string{"members", "-bogus"}, "flag provided but not defined: -bogus"},
		{"no-argument", []string{"members", "-rpc-addr"}, "flag needs an argument: -rpc-addr"},
		{"bool", []string{"members", "-detailed=maybe"}, `invalid boolean value "maybe" for -detailed: parse error`},
		{"duration", []string{"query", "-timeout=5x", "a"}, `invalid value "5x" for flag -timeout: parse error`},
		{"bare-duration", []string{"query", "-timeout=5", "a"}, `invalid value "5" for flag -timeout: parse error`},
		{"number", []string{"query", "-relay-factor=x", "a"}, `invalid value "x" for flag -relay-factor: parse error`},
		{"two-dashes", []string{"members", "--bogus"}, "flag provided but not defined: -bogus"},
		{"agent", []string{"agent", "-bogus"}, "flag provided but not defined: -bogus"},
		{"agent-number", []string{"agent", "-protocol=x"}, `invalid value "x" for flag -protocol: parse error`},
	} {
		checks = append(checks, check{"1", "flag-complaint-" + c.name, c.want, func(t *trial) {
			r := t.run(c.args...)
			t.equal("status", r.status, 1)
			t.contains("stderr", r.stderr, c.want+"\n")
			t.contains("stdout", r.stdout, "Usage: serf "+c.args[0])
		}})
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"event-without-name", []string{"event"}, "An event name must be specified.\n\nUsage: serf event"},
		{"event-with-three", []string{"event", "a", "b", "c"}, "Too many command line arguments. Only a name and payload must be specified.\n\nUsage: serf event"},
		{"event-flag-behind", []string{"event", "deploy", "x", "-coalesce=false"}, "Too many command line arguments. Only a name and payload must be specified.\n\nUsage: serf event"},
		{"query-without-name", []string{"query"}, "A query name must be specified.\n\nUsage: serf query"},
		{"query-with-three", []string{"query", "a", "b", "c"}, "Too many command line arguments. Only a name and payload must be specified.\n\nUsage: serf query"},
		{"query-relay-factor", []string{"query", "-relay-factor=256", "a"}, "Relay factor must be between 0 and 255\n"},
		{"query-relay-factor-negative", []string{"query", "-relay-factor=-1", "a"}, "Relay factor must be between 0 and 255\n"},
		{"query-tag", []string{"query", "-tag=foo", "a"}, "Error: Invalid tag: 'foo'\n"},
		{"members-tag", []string{"members", "-tag=foo"}, "Error: Invalid tag: 'foo'\n"},
		{"join-without-address", []string{"join"}, "At least one address to join must be specified.\n\nUsage: serf join"},
		{"force-leave-without-name", []string{"force-leave"}, "A node name must be specified to force leave.\n\nUsage: serf force-leave"},
		{"force-leave-with-two", []string{"force-leave", "a", "b"}, "A node name must be specified to force leave.\n\nUsage: serf force-leave"},
		{"keys-without-action", []string{"keys"}, "Usage: serf keys"},
		{"keys-list-false", []string{"keys", "-list=false"}, "Usage: serf keys"},
		{"keys-with-two", []string{"keys", "-list", "-install=x"}, "Only one of -install, -use, -remove, or -list allowed\n"},
		{"tags-without-flags", []string{"tags"}, "Usage: serf tags"},
	} {
		checks = append(checks, check{"4", "complaint-" + c.name, strings.TrimSpace(c.want), func(t *trial) {
			r := t.run(append([]string{c.args[0], "-rpc-addr=127.0.0.1:1"}, c.args[1:]...)...)
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, c.want)
		}})
	}
	return checks
}

func connectionChecks() []check {
	var checks []check
	for _, c := range []struct{ name, addr, want string }{
		{"refused", "127.0.0.1:1", "dial tcp 127.0.0.1:1: connect: connection refused"},
		{"other-port", "127.0.0.1:2", "dial tcp 127.0.0.1:2: connect: connection refused"},
	} {
		checks = append(checks, check{"3", "connect-" + c.name, "Error connecting to Serf agent: REASON, stdout, status 1", func(t *trial) {
			r := t.run("members", "-rpc-addr="+c.addr)
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, "Error connecting to Serf agent: "+c.want+"\n")
		}})
	}
	for _, command := range []string{"info", "leave", "members", "monitor", "reachability", "event x", "query x", "join 127.0.0.1", "force-leave x", "tags -set a=b", "keys -list", "rtt x"} {
		name, _, _ := strings.Cut(command, " ")
		checks = append(checks, check{"3", "connect-" + name, "Error connecting to Serf agent, stdout, status 1", func(t *trial) {
			words := strings.Fields(command)
			r := t.run(slices.Concat([]string{words[0], "-rpc-addr=127.0.0.1:1"}, words[1:])...)
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, "Error connecting to Serf agent: dial tcp 127.0.0.1:1: connect: connection refused\n")
		}})
	}
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"members", "Error retrieving members: Authentication required\n", nil},
		{"event", "Error sending event: Authentication required\n", []string{"x"}},
		{"info", "Error querying agent: Authentication required\n", nil},
		{"rtt", "Error querying agent: Authentication required\n", []string{"x"}},
		{"query", "Error sending query: Authentication required\n", []string{"x"}},
		{"reachability", "Error getting members: Authentication required\n", nil},
		{"leave", "Error leaving: Authentication required\n", nil},
		{"monitor", "Error starting stream: Authentication required\n", nil},
		{"tags", "Error setting tags: Authentication required\n", []string{"-set", "a=b"}},
		{"join", "Error joining the cluster: Authentication required\n", []string{"127.0.0.1"}},
		{"force-leave", "Error force leaving: Authentication required\n", []string{"x"}},
		{"keys", "Failed to gather member keys: Authentication required\n", []string{"-list"}},
	} {
		checks = append(checks, check{"3", "auth-required-" + c.name, strings.TrimSpace(c.want), func(t *trial) {
			r := t.guarded().cli(c.name, c.args...)
			t.equal("status", r.status, 1)
			t.contains("stdout", r.stdout, c.want)
		}})
	}
	return append(checks, check{"3", "auth-by-flag", "-rpc-auth token", func(t *trial) {
		t.equal("status", t.guarded().cli("members", "-rpc-auth=sekrit").status, 0)
	}}, check{"3", "auth-by-environment", "SERF_RPC_AUTH", func(t *trial) {
		a := t.guarded()
		r := t.runEnv([]string{"SERF_RPC_AUTH=sekrit", "SERF_RPC_ADDR=" + a.rpc}, "members")
		t.equal("status", r.status, 0)
		t.contains("stdout", r.stdout, "n1")
	}}, check{"3", "flag-wins-over-environment", "flag wins over environment", func(t *trial) {
		a := t.sharedAgent()
		t.equal("status", t.runEnv([]string{"SERF_RPC_ADDR=127.0.0.1:1"}, "members", "-rpc-addr="+a.rpc).status, 0)
	}}, check{"3", "address-by-environment", "SERF_RPC_ADDR", func(t *trial) {
		a := t.sharedAgent()
		t.contains("stdout", t.runEnv([]string{"SERF_RPC_ADDR=" + a.rpc}, "members").stdout, "shared")
	}}, check{"3", "wrong-key", "Error connecting to Serf agent: Invalid authentication token", func(t *trial) {
		r := t.guarded().cli("members", "-rpc-auth=bad")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error connecting to Serf agent: Invalid authentication token\n")
	}}, check{"3", "key-for-an-open-agent", "or key given to an agent without rpc_auth", func(t *trial) {
		r := t.sharedAgent().cli("members", "-rpc-auth=any")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error connecting to Serf agent: Invalid authentication token\n")
	}}, check{"3", "peer-that-hangs-up", "client closed: peer hung up or speaks something else", func(t *trial) {
		p := t.peer("p1") // closes streams that are no gossip
		r := t.run("members", "-rpc-addr="+p.ip+":7946")
		t.equal("status", r.status, 1)
		t.contains("stdout", r.stdout, "Error connecting to Serf agent: ")
	}})
}
