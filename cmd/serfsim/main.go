package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"serf/sim"
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
func run(ctx context.Context, args []string, _ io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdout: stdout, stderr: stderr, terminal: isTerminal(stderr)}
	err := p.app().RunContext(ctx, append([]string{"serfsim"}, args...))
	p.clear()
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
	stdout, stderr io.Writer
	terminal       bool      // standard error is one: progress is shown
	shown          time.Time // when progress was last shown
	dirty          bool      // the last line on it is progress
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
		Commands: []*cli.Command{p.listCommand(), p.runCommand(), p.planCommand(), p.studyCommand(), p.swarmCommand()},
	}
}

func (p *program) usage(c *cli.Context, err error, sub bool) error {
	u := usageError{text: err.Error()}
	if sub {
		u.command = " " + c.Command.Name
	}
	return u
}

// progressInterval is how often a line of progress is written at most.
const progressInterval = 200 * time.Millisecond

// progress shows how far a run is.
func (p *program) progress(text string) {
	if now := time.Now(); p.terminal && now.Sub(p.shown) >= progressInterval {
		p.shown, p.dirty = now, true
		fmt.Fprintf(p.stderr, "\r\x1b[K%s", text)
	}
}

// clear takes the line of progress away.
func (p *program) clear() {
	if p.dirty {
		fmt.Fprint(p.stderr, "\r\x1b[K")
		p.dirty = false
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// formatFlag chooses among sim.Formats.
func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "format", Value: "text", Usage: "print results as " + strings.Join(sim.Formats, ", ")}
}

// write prints a report.
func (p *program) write(c *cli.Context, r *sim.Report) error {
	p.clear()
	return r.Write(p.stdout, c.String("format"))
}
