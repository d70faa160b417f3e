package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// startTimeout is how long five agents on one machine may take to find each other.
	startTimeout = 20 * time.Second
	// pollInterval is how often the members are looked at.
	pollInterval = 200 * time.Millisecond
)

func main() {
	// The children die with the thread that started them, see attributes: that thread has to be the one that lives as long as the
	// process.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout))
}

// run shows the demo until ctx ends, the parent process dies or no agent is left, and returns the exit status.
func run(ctx context.Context, args []string, out io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(out)
	network := flags.String("net", "127.77.0", "first three bytes of the loopback addresses")
	path := flags.String("serf", "bin/serf", "path of the program")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if _, err := exec.LookPath(*path); err != nil {
		fmt.Fprintf(out, "demo: there is no program %s: make build builds it\n", *path)
		return 1
	}
	a := newAgents(*path, *network, out)
	if err := a.checkFree(); err != nil {
		fmt.Fprintf(out, "demo: %v\n", err)
		return 1
	}
	defer a.end()
	if err := show(ctx, a, out); err != nil && ctx.Err() == nil {
		fmt.Fprintf(out, "demo: %v\n", err)
		return 1
	}
	return 0
}

// show starts the agents, introduces them, and tells what happens.
func show(ctx context.Context, a *agents, out io.Writer) error {
	fmt.Fprintf(out, "Starting five agents, %s to %s, each joining the first one.\n", a.list[0].addr, a.list[len(a.list)-1].addr)
	if err := a.start(); err != nil {
		return err
	}
	w := &watcher{agents: a, out: out}
	defer w.close()
	if err := w.waitComplete(ctx, startTimeout); err != nil {
		return err
	}
	if err := a.printMembers(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, strings.Join(suggestions(a), "\n"))
	return w.watch(ctx)
}

// suggestions returns what the reader is told to try.
func suggestions(a *agents) []string {
	first, fourth, last := a.list[0], a.list[3], a.list[4]
	return []string{
		"",
		"Try these in another terminal, and watch here what the others notice:",
		"",
		fmt.Sprintf("  %s says goodbye:", fourth.name),
		fmt.Sprintf("    %s leave -rpc-addr=%s", a.binary, fourth.rpcAddr()),
		fmt.Sprintf("  %s dies without a word:", last.name),
		fmt.Sprintf("    kill -9 %d", last.pid()),
		fmt.Sprintf("  %s comes back (Ctrl-C there makes it leave):", last.name),
		"    " + strings.Join(a.command(last), " "),
		"",
		fmt.Sprintf("%s members -rpc-addr=%s shows the members at any time.", a.binary, first.rpcAddr()),
		fmt.Sprintf("The logs of the agents are in %s. Ctrl-C here ends everything.", a.logs),
		"",
	}
}
