package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"serf/agent/rpc"
)

func (p *program) keysCommand() *cli.Command {
	return &cli.Command{
		Name:      "keys",
		Usage:     "Changes or lists the encryption keys of all members",
		UsageText: "serf keys [options]...",
		Description: "Manages the keys that the members of an encrypted cluster use. A key is replaced in three steps, each of which must " +
			"succeed before the next: -install the new one, -use it, -remove the old one.\n\n" +
			"Example: serf keys -install=\"$(serf keygen)\"",
		Flags: clientFlags(
			&cli.StringFlag{Name: "install", DefaultText: "<key>", Usage: "Give this key to all members, beside those they have."},
			&cli.StringFlag{Name: "use", DefaultText: "<key>", Usage: "Make all members encrypt with this key, which they must have."},
			&cli.StringFlag{Name: "remove", DefaultText: "<key>", Usage: "Take this key from all members. It must not be the one in use."},
			&cli.BoolFlag{Name: "list", Usage: "Show which keys there are, and how many members have each."},
		),
		Action: p.keys,
	}
}

// keyAction is one thing that keys does.
type keyAction struct {
	flag      string
	announced string
	succeeded string
	failed    string
	run       func(c *rpc.Client, ctx context.Context, key string) (rpc.KeyResult, error)
}

// wanted says whether the command line asks for a. A key that is empty counts as none.
func (a keyAction) wanted(c *cli.Context) bool {
	if a.flag == "list" {
		return c.Bool(a.flag)
	}
	return c.String(a.flag) != ""
}

var keyActions = []keyAction{
	{"install", "Installing key on all members...", "Successfully installed key!", "Error installing key", (*rpc.Client).InstallKey},
	{"use", "Changing primary key on all members...", "Successfully changed primary key!", "Error changing primary key", (*rpc.Client).UseKey},
	{"remove", "Removing key on all members...", "Successfully removed key!", "Error removing key", (*rpc.Client).RemoveKey},
	{"list", "Asking all members for installed keys...", "Keys gathered, listing cluster keys...", "Failed to gather member keys", listKeys},
}

func listKeys(c *rpc.Client, ctx context.Context, _ string) (rpc.KeyResult, error) {
	return c.ListKeys(ctx)
}

func (p *program) keys(c *cli.Context) error {
	var wanted []keyAction
	for _, a := range keyActions {
		if a.wanted(c) {
			wanted = append(wanted, a)
		}
	}
	switch {
	case len(wanted) == 0:
		return misuse("")
	case len(wanted) > 1:
		return failure("Only one of -install, -use, -remove, or -list allowed")
	}
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	a := wanted[0]
	fmt.Fprintf(p.stdout, "==> %s\n", a.announced)
	result, err := a.run(client, c.Context, c.String(a.flag))
	if err != nil {
		if rows := keyComplaints(result); len(rows) > 0 {
			fmt.Fprintln(p.stdout, columns(rows))
		}
		if notEncrypted(result) {
			fmt.Fprintln(p.stderr, "hint: the cluster is not encrypted; agents need a first key to start with (-encrypt, -keyring-file)")
		}
		return failure("\n%s: %v", a.failed, err)
	}
	fmt.Fprintf(p.stdout, "==> %s\n", a.succeeded)
	if a.flag == "list" {
		fmt.Fprintf(p.stdout, "\n%s\n", columns(keyRows(result)))
	}
	return nil
}

// keyComplaints returns what members had to say, sorted by their names.
func keyComplaints(r rpc.KeyResult) [][]string {
	var rows [][]string
	for _, node := range slices.Sorted(maps.Keys(r.Messages)) {
		rows = append(rows, []string{"failed:", printable(node), printable(r.Messages[node])})
	}
	return rows
}

// notEncrypted says whether every complaint is that there are no keys.
func notEncrypted(r rpc.KeyResult) bool {
	for _, text := range r.Messages {
		if !strings.Contains(text, "encryption not enabled") {
			return false
		}
	}
	return len(r.Messages) > 0
}

// keyRows returns the keys, sorted, and how many of the members have each.
func keyRows(r rpc.KeyResult) [][]string {
	var rows [][]string
	for _, key := range slices.Sorted(maps.Keys(r.Keys)) {
		rows = append(rows, []string{key, fmt.Sprintf("[%d/%d]", r.Keys[key], r.NumNodes)})
	}
	return rows
}
