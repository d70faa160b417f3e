package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// Exit statuses.
const (
	statusFailed = 1
	statusUsage  = 2
)

// run executes one command line, args, without the name of the program, and returns the exit status. When ctx ends, what was
// found so far is printed.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, progress: newProgress(stderr)}
	err := p.app().RunContext(ctx, append([]string{"serfsim"}, args...))
	p.progress.clear()
	var u usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "error: %v\nhint: serfsim help%s\n", err, u.command)
		return statusUsage
	}
	fmt.Fprintf(stderr, "error: %v\n", err)
	return statusFailed
}

// usageError says that the command line is wrong.
type usageError struct {
	command string // with a space before it, or empty
	text    string
}

func (e usageError) Error() string { return e.text }

// program is one call of the tool.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	progress       *progress
}

func (p *program) app() *cli.App {
	return &cli.App{
		Name: "serfsim", Usage: "asks questions about Serf clusters of virtual hosts",
		Writer: p.stdout, ErrWriter: p.stderr, HideVersion: true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              p.usage,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usageError{text: fmt.Sprintf("unknown command %q", c.Args().First())}
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{p.listCommand(), p.runCommand(), p.planCommand(), p.studyCommand(), p.swarmCommand(), p.sweepCommand(), p.mergeCommand()},
	}
}

func (p *program) usage(c *cli.Context, err error, sub bool) error {
	u := usageError{text: err.Error()}
	if sub {
		u.command = " " + c.Command.Name
	}
	return u
}
