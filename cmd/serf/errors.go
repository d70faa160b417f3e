package main

import "fmt"

// exit ends a command with a status, a text on standard output unless it is empty, and the help of the command.
type exit struct {
	status int
	text   string
	help   bool
}

func (e exit) Error() string { return e.text }

// failure ends a command with status 1 and one text.
func failure(format string, args ...any) error {
	return exit{status: exitFailure, text: fmt.Sprintf(format, args...)}
}

// misuse does the same for wrong arguments; help follows.
func misuse(text string) error { return exit{status: exitFailure, text: text, help: true} }

// usageError is a complaint of the flag parser.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }
