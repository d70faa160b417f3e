package config

import (
	"fmt"

	"serf/agent/handler"
)

// Handlers returns the event handlers, parsed, and how their scripts are run. All that is wrong is in the error, one line each.
func (c Config) Handlers() ([]handler.Handler, handler.Options, error) {
	o := handler.Options{
		Timeout:          c.HandlerTimeout,
		Concurrency:      c.HandlerConcurrency,
		JSON:             c.HandlerStdin == "json",
		ExtraEnvironment: c.HandlerExtraEnvironment,
		AnswerStdoutOnly: c.HandlerAnswerStdoutOnly,
		AnswerTruncate:   c.HandlerAnswerTruncate,
	}
	handlers, err := handler.ParseAll(c.EventHandlers)
	return handlers, o, err
}

// checkHandlers checks the event handlers and how they are run.
func (c Config) checkHandlers() []error {
	_, _, err := c.Handlers()
	errs := []error{err}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.HandlerTimeout < 0 {
		fail("invalid handler_timeout %v: must not be negative; 0 is no limit", c.HandlerTimeout)
	}
	if c.HandlerConcurrency < 1 || c.HandlerConcurrency > handler.ConcurrencyMax {
		fail("invalid handler_concurrency %d: must be 1 to %d", c.HandlerConcurrency, handler.ConcurrencyMax)
	}
	if c.HandlerStdin != "text" && c.HandlerStdin != "json" {
		fail("invalid handler_stdin '%s': must be text or json", c.HandlerStdin)
	}
	return errs
}

// CopyHandlers makes the event handlers of to, and how they are run, those of c.
func (c Config) CopyHandlers(to *Config) {
	to.EventHandlers = c.EventHandlers
	to.HandlerTimeout, to.HandlerConcurrency, to.HandlerStdin = c.HandlerTimeout, c.HandlerConcurrency, c.HandlerStdin
	to.HandlerExtraEnvironment = c.HandlerExtraEnvironment
	to.HandlerAnswerStdoutOnly, to.HandlerAnswerTruncate = c.HandlerAnswerStdoutOnly, c.HandlerAnswerTruncate
}
