package handler

import "time"

// ConcurrencyMax is the largest Options.Concurrency that makes sense on one host.
const ConcurrencyMax = 64

// Options says how scripts are run. The zero value is the way of the reference.
type Options struct {
	// Timeout is how long one run may take; then it is killed with all that it has started. 0 is no limit.
	Timeout time.Duration
	// Concurrency is how many runs of one handler may be under way at once; less than 1 is 1, which keeps their order.
	Concurrency int
	// JSON makes the standard input of scripts that of AppendJSON instead of AppendText.
	JSON bool
	// ExtraEnvironment adds the variables that the reference does not have; see Environ.
	ExtraEnvironment bool
	// AnswerStdoutOnly keeps what a script writes to its standard error out of the answer to a query.
	AnswerStdoutOnly bool
	// AnswerTruncate makes an answer that is too large fit: its end is sent, behind a line that says what is left out.
	AnswerTruncate bool
}
