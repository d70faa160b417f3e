package main

import (
	"context"
	"errors"
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
		Description: "Manages the keys that the members of an encrypted cluster use. A key is replaced by -rotate, or in three steps, each " +
			"of which must succeed before the next: -install the new one, -use it, -remove the old one.\n\n" +
			"A key on the command line shows in the list of processes. Where - stands for the key, it is read from standard input, or from " +
			"the file that -key-file names.\n\n" +
			"Example: serf keygen >new.key && serf keys -rotate=- -key-file=new.key",
		Flags: clientFlags(
			&cli.StringFlag{Name: "install", DefaultText: "<key>", Usage: "Give this key to all members, beside those they have."},
			&cli.StringFlag{Name: "use", DefaultText: "<key>", Usage: "Make all members encrypt with this key, which they must have."},
			&cli.StringFlag{Name: "remove", DefaultText: "<key>", Usage: "Take this key from all members. It must not be the one in use."},
			&cli.StringFlag{Name: "rotate", DefaultText: "<key>", Usage: "Make this the only key of all members: install it, use it and remove all " +
				"others, each step verified on every member. Refused while a member has failed, since it would be locked out."},
			&cli.StringFlag{Name: "key-file", DefaultText: "<path>", Usage: "File with the key that - stands for."},
			&cli.BoolFlag{Name: "list", Usage: "Show which keys there are, and how many members have each."},
			formatFlag(),
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

var (
	keyInstall = keyAction{"install", "Installing key on all members...", "Successfully installed key!", "Error installing key",
		(*rpc.Client).InstallKey}
	keyUse = keyAction{"use", "Changing primary key on all members...", "Successfully changed primary key!", "Error changing primary key",
		(*rpc.Client).UseKey}
	keyRemove = keyAction{"remove", "Removing key on all members...", "Successfully removed key!", "Error removing key",
		(*rpc.Client).RemoveKey}
	keyList = keyAction{"list", "Asking all members for installed keys...", "Keys gathered, listing cluster keys...",
		"Failed to gather member keys", listKeys}
)

func listKeys(c *rpc.Client, ctx context.Context, _ string) (rpc.KeyResult, error) {
	return c.ListKeys(ctx)
}

func (p *program) keys(c *cli.Context) error {
	action, key, err := p.keyRequest(c)
	if err != nil {
		return err
	}
	client, err := p.open(c)
	if err != nil {
		return err
	}
	defer client.Close()
	k := &keyRun{program: p, client: client, ctx: c.Context, json: c.String("format") == "json"}
	if action == nil {
		return k.rotate(key)
	}
	result, err := k.do(*action, key)
	if err != nil {
		return err
	}
	if k.json {
		return writeJSON(p.stdout, keyFacts(action.flag, result))
	}
	if action.flag == "list" {
		fmt.Fprintf(p.stdout, "\n%s\n", columns(keyRows(result)))
		p.sayPrimary(result)
	}
	return nil
}

// sayPrimary tells beside the list, whose form scripts know, which key the members encrypt with. Where nobody looks on, it tells
// so only of members that do not all have the same.
func (p *program) sayPrimary(r rpc.KeyResult) {
	if same := len(r.PrimaryKeys) == 1 && slices.Contains(slices.Collect(maps.Values(r.PrimaryKeys)), r.NumNodes); same && !isTerminal(p.stderr) {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(r.PrimaryKeys)) {
		say(p.stderr, fmt.Sprintf("%d of %d members encrypt with %s", r.PrimaryKeys[key], r.NumNodes, key))
	}
}

// keyRequest returns what the command line wants done with which key; no action is to rotate.
func (p *program) keyRequest(c *cli.Context) (action *keyAction, key string, err error) {
	var wanted []string // flags; a key that is empty counts as none
	for _, a := range []keyAction{keyInstall, keyUse, keyRemove, {flag: "rotate"}} {
		if c.String(a.flag) != "" {
			wanted = append(wanted, a.flag)
			action, key = &a, c.String(a.flag)
		}
	}
	if c.Bool("list") {
		wanted = append(wanted, "list")
		action = &keyList
	}
	switch {
	case len(wanted) == 0:
		return nil, "", misuse("")
	case len(wanted) > 1:
		return nil, "", failure("Only one of -install, -use, -remove, or -list allowed")
	}
	if action.flag == "rotate" {
		action = nil
	}
	key, err = p.key(c, key)
	return action, key, err
}

// key returns the key that value stands for.
func (p *program) key(c *cli.Context, value string) (string, error) {
	path := c.String("key-file")
	switch {
	case value != "-" && path != "":
		return "", failure("Error reading key: -key-file names the key that - stands for, as in -install=-")
	case value != "-":
		return value, nil
	case path == "":
		path = "-"
	}
	b, err := p.input(path)
	if err == nil && len(strings.Fields(string(b))) != 1 {
		err = errors.New("there must be one key, in base64, and nothing else")
	}
	if err != nil {
		return "", failure("Error reading key: %v", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// keyRun is one call of keys under way.
type keyRun struct {
	program *program
	client  *rpc.Client
	ctx     context.Context
	json    bool
}

// announce prints a line of progress.
func (k *keyRun) announce(text string) {
	if !k.json {
		fmt.Fprintf(k.program.stdout, "==> %s\n", text)
	}
}

// do executes a on all members and tells of it. An error is what the command ends with.
func (k *keyRun) do(a keyAction, key string) (rpc.KeyResult, error) {
	k.announce(a.announced)
	result, err := a.run(k.client, k.ctx, key)
	if err != nil {
		return result, k.failed(a, result, err)
	}
	k.announce(a.succeeded)
	return result, nil
}

// failed prints what members had to say and returns the exit.
func (k *keyRun) failed(a keyAction, result rpc.KeyResult, err error) error {
	if rows := keyComplaints(result); len(rows) > 0 && !k.json {
		fmt.Fprintln(k.program.stdout, columns(rows))
	}
	if notEncrypted(result) {
		say(k.program.stderr, "the cluster is not encrypted; agents need a first key to start with (-encrypt, -keyring-file)")
	}
	e := failure("\n%s: %v", a.failed, err).(exit)
	e.facts = keyFacts(a.flag, result)
	return e
}

// keyFacts is a result as JSON.
func keyFacts(action string, r rpc.KeyResult) map[string]any {
	facts := map[string]any{"action": action, "nodes": r.NumNodes, "responses": r.NumResp, "failures": r.NumErr, "messages": r.Messages}
	if r.Messages == nil {
		facts["messages"] = map[string]string{}
	}
	if action == "list" && r.Keys != nil {
		facts["keys"] = r.Keys
	}
	if len(r.PrimaryKeys) > 0 {
		facts["primary_keys"] = r.PrimaryKeys
	}
	return facts
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
