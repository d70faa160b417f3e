package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// Exit statuses that are not an action's own business.
const (
	exitFailure        = 1
	exitUnknownCommand = 127
)

// run sorts out what stands before the subcommand and what counts anywhere, then executes the subcommand:
//
//  1. -v or --version anywhere, even behind "--": the version.
//  2. -h, -help or --help before "--": help of the subcommand if there is one.
//  3. No subcommand, or an unknown one, which help is, too: help, status 127.
//  4. Flags before the subcommand: a complaint.
func (p *program) run(ctx context.Context, args []string) int {
	if slices.ContainsFunc(args, isVersion) {
		p.printVersion()
		return 0
	}
	name, rest, flags := split(args)
	command := find(p.commands(), name)
	help := wantsHelp(args)
	switch {
	case help && (command != nil || name == ""):
		fmt.Fprint(p.stderr, p.help(command))
		return 0
	case name == "help" && jsonWanted(rest):
		return p.report(nil, writeJSON(p.stdout, describe(p.commands())))
	case command == nil:
		fmt.Fprint(p.stderr, p.help(nil))
		if name != "" {
			say(p.stderr, suggestion(p.commands(), name, rest))
		}
		return exitUnknownCommand
	case len(flags) > 0:
		fmt.Fprint(p.stderr, "Invalid flags before the subcommand. If these flags are for\nthe subcommand, please put them after the subcommand.\n\n")
		fmt.Fprint(p.stderr, p.help(command))
		return exitFailure
	}
	return p.execute(ctx, command, rest)
}

func isVersion(arg string) bool { return arg == "-v" || arg == "--version" }

// wantsHelp looks for a request for help before "--".
func wantsHelp(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "-h", "-help", "--help":
			return true
		}
	}
	return false
}

// jsonWanted looks for -format=json among args that are not parsed, since commands like version ignore what they do not know.
func jsonWanted(args []string) bool {
	for i, a := range args {
		switch a {
		case "-format=json", "--format=json":
			return true
		case "-format", "--format":
			return i+1 < len(args) && args[i+1] == "json"
		}
	}
	return false
}

// split returns the name of the subcommand, what follows it and the flags before it. There is no subcommand behind "--".
func split(args []string) (name string, rest, flags []string) {
	for i, a := range args {
		if a == "--" {
			break
		}
		if !strings.HasPrefix(a, "-") {
			return a, args[i+1:], args[:i]
		}
	}
	return "", nil, args
}

// find returns the command called name, or nil.
func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// commands returns all subcommands, sorted by name.
func (p *program) commands() []*cli.Command {
	return []*cli.Command{
		p.agentCommand(),
		p.completionCommand(),
		p.eventCommand(),
		p.forceLeaveCommand(),
		p.infoCommand(),
		p.joinCommand(),
		p.keygenCommand(),
		p.keysCommand(),
		p.leaveCommand(),
		p.manCommand(),
		p.membersCommand(),
		p.monitorCommand(),
		p.queryCommand(),
		p.reachabilityCommand(),
		p.rttCommand(),
		p.tagsCommand(),
		p.versionCommand(),
	}
}

// execute parses the flags of command and runs its action.
func (p *program) execute(ctx context.Context, command *cli.Command, args []string) int {
	command.HideHelp = true // run has seen to it
	command.Action = failingInJSON(command.Action)
	command.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return usageError{err} }
	app := &cli.App{
		Name:                      "serf",
		Commands:                  []*cli.Command{command},
		HideHelp:                  true,
		HideVersion:               true,
		Compiled:                  time.Unix(0, 0), // else the library examines the executable
		DisableSliceFlagSeparator: true,            // "-tag a=1,2" is one tag
		Reader:                    p.stdin,
		Writer:                    p.stdout,
		ErrWriter:                 p.stderr,
		ExitErrHandler:            func(*cli.Context, error) {}, // report does it
	}
	return p.report(command, app.RunContext(ctx, append([]string{"serf", command.Name}, args...)))
}

// report prints what err says and returns the status.
func (p *program) report(command *cli.Command, err error) int {
	var e exit
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		p.printExit(command, e)
		return e.status
	case errors.As(err, &usage):
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(p.stderr, err)
		}
		p.printExit(command, exit{help: true})
		return exitFailure
	}
	fmt.Fprintf(p.stderr, "Error executing CLI: %v\n", err)
	return exitFailure
}

// failingInJSON lets an action fail in the format that its command line asks for.
func failingInJSON(action cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		err := action(c)
		var e exit
		if errors.As(err, &e) {
			e.json = c.String("format") == "json"
			return e
		}
		return err
	}
}

// printExit prints the text and the help of e to standard output. Help that would break JSON goes to standard error, as hints do.
func (p *program) printExit(command *cli.Command, e exit) {
	if text := e.line(); text != "" {
		fmt.Fprintln(p.stdout, text)
	}
	say(p.stderr, hint(e.cause, p.addr))
	if !e.help {
		return
	}
	out := p.stdout
	if e.json {
		out = p.stderr
	}
	if e.text != "" {
		fmt.Fprintln(out)
	}
	if command.Name == "agent" {
		fmt.Fprint(out, "==> ")
	}
	fmt.Fprint(out, p.help(command))
}
