package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// exit ends a command with a status, a text on standard output unless it is empty, and the help of the command.
type exit struct {
	status int
	text   string
	help   bool
	// cause is the error of which text tells, for hint; nil if there is none.
	cause error
	// facts are printed beside the text where the command line asks for JSON.
	facts map[string]any
	// json says that it does.
	json bool
}

func (e exit) Error() string { return e.text }

// line returns what goes to standard output, or nothing.
func (e exit) line() string {
	if !e.json || e.text == "" {
		return e.text
	}
	object := map[string]any{"error": strings.TrimSpace(e.text)}
	for name, fact := range e.facts {
		object[name] = fact
	}
	b, err := json.Marshal(object)
	if err != nil {
		return e.text
	}
	return string(b)
}

// failure ends a command with status 1 and one text.
func failure(format string, args ...any) error {
	e := exit{status: exitFailure, text: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			e.cause = err
		}
	}
	return e
}

// misuse does the same for wrong arguments; help follows.
func misuse(text string) error { return exit{status: exitFailure, text: text, help: true} }

// usageError is a complaint of the flag parser.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }
