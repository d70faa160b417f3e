package handler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"serf/agent/journal"
	"serf/eventbus"
)

const (
	// outputBytesMax is how much of the output of a run is logged: as much as the reference does.
	outputBytesMax = 8192
	// answerBytesMax is how much of it is kept for the answer to a query: more than the largest answer that can be sent.
	answerBytesMax = 64 << 10
	// slowAfter is how long a run may take before it is called slow.
	slowAfter = time.Second
	// component begins the log's lines.
	component = "agent"
)

// errTimeout tells a run that took too long from one that the end of the agent cut off.
var errTimeout = errors.New("handler timeout")

// handle runs script for j, and tells how it went.
func (h *Handlers) handle(script string, j job) {
	o := h.current()
	isQuery := j.event.Type == eventbus.Query
	ctx, cancel := h.ctx, func() {}
	if o.Timeout > 0 {
		ctx, cancel = context.WithTimeoutCause(h.ctx, o.Timeout, errTimeout)
	}
	defer cancel()
	r := h.request(script, j.event, o)
	slow := time.AfterFunc(slowAfter, func() {
		h.log.Printf(journal.Warn, component, "Script '%s' slow, execution exceeding %v", script, slowAfter)
	})
	begin := time.Now()
	out := h.run(ctx, r)
	slow.Stop()
	if measure := h.measure.Load(); measure != nil {
		(*measure)(script, time.Since(begin))
	}
	h.await(j)
	h.logOutput(script, j.event, out)
	switch {
	case out.err != nil:
		h.onFailure(script, out, o)
	case isQuery && o.AnswerStdoutOnly:
		h.answer(script, j, &out.stdout, o)
	case isQuery:
		h.answer(script, j, &out.output, o)
	}
}

// request puts together what script gets for e.
func (h *Handlers) request(script string, e eventbus.Event, o *Options) request {
	self := h.member.Self()
	env, notes := Environ(self, e, o.ExtraEnvironment)
	for _, note := range notes {
		h.counters.replaced.Add(1)
		h.log.Limited("handler environment", journal.Warn, component, "Event '%s': %s", e.Type, note)
	}
	r := request{script: script, env: env, keep: outputBytesMax}
	if o.JSON {
		r.stdin = AppendJSON(nil, self, e)
	} else {
		r.stdin = AppendText(nil, e)
	}
	if e.Type == eventbus.Query {
		r.keep, r.split = answerBytesMax, o.AnswerStdoutOnly
	}
	return r
}

// logOutput writes what a run has printed: at DEBUG, or with the error if there is one.
func (h *Handlers) logOutput(script string, e eventbus.Event, out outcome) {
	text := out.output.bytes()
	text = text[max(0, len(text)-outputBytesMax):]
	level := journal.Debug
	if out.err != nil && len(text) > 0 {
		level = journal.Err
	}
	h.log.Printf(level, component, "Event '%s' script output: %s", e.Type, visible(strings.TrimSuffix(string(text), "\n")))
	if out.output.total > outputBytesMax {
		h.counters.truncated.Add(1)
		h.log.Printf(journal.Warn, component, "Script '%s' wrote %d bytes, of which the last %d are logged",
			script, out.output.total, len(text))
	}
	if out.held {
		h.log.Printf(journal.Debug, component, "Script '%s' left a process in the background that holds its output", script)
	}
	if out.input != nil {
		h.log.Printf(journal.Err, "", "Error writing payload: %v", out.input)
	}
}

// onFailure tells of a run that did not end with status 0.
func (h *Handlers) onFailure(script string, out outcome, o *Options) {
	h.counters.failed.Add(1)
	h.log.Printf(journal.Err, component, "Error invoking script '%s': %v", script, out.err)
	switch out.cause {
	case errTimeout:
		h.counters.timedOut.Add(1)
		h.log.Printf(journal.Warn, component, "Script '%s' was killed: it ran longer than the handler timeout of %v", script, o.Timeout)
	case context.Canceled:
		h.counters.cutOff.Add(1)
		h.log.Printf(journal.Warn, component, "Script '%s' was killed: the agent ends", script)
	}
}

// onDropped tells that n events more, total in all, were lost for script; empty: for all handlers.
func (h *Handlers) onDropped(script string, n, total uint64) {
	h.counters.dropped.Add(n)
	whose := "event handlers"
	if script != "" {
		whose = fmt.Sprintf("Script '%s'", script)
	}
	h.log.Limited("handler queue "+script, journal.Warn, component,
		"%s too slow, queue of %d events full, dropping the oldest (%d so far)", whose, queueMax, total)
}

// visible returns text with control characters other than newline and tab, and bytes that are no UTF-8, in escaped form: what a
// script prints may come from another host, and must not steer the terminal of who reads the log.
func visible(text string) string {
	safe := func(r rune) bool { return r == '\n' || r == '\t' || r != utf8.RuneError && !unicode.IsControl(r) }
	if !strings.ContainsFunc(text, func(r rune) bool { return !safe(r) }) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if safe(r) || size > 1 && r == utf8.RuneError {
			b.WriteString(text[:size])
		} else {
			for _, c := range []byte(text[:size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
		text = text[size:]
	}
	return b.String()
}
