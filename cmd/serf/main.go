package main

import (
	"context"
	"io"
	"os"
	"time"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line, args, without the name of the program, and returns the exit status. When ctx ends, an
// agent stops without leaving.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv}
	return p.run(ctx, args)
}

// program is one call of the tool.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(name string) string
	addr           string // of the agent that a command talks to

	// Tests set these; else they are zero.

	// signals replaces those of the operating system.
	signals <-chan os.Signal
	// syslogPaths replaces journal.SyslogPaths.
	syslogPaths []string
	// rpcTimeout replaces the time that the agent has to answer a call from memory.
	rpcTimeout time.Duration
}
