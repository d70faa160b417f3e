package handler

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"serf/agent/journal"
	"serf/eventbus"
)

// answer answers the query of j with output, unless there is none. Only the first answer counts. Whoever asked is told of one that is too
// large.
func (h *Handlers) answer(script string, j job, output *tail, o *Options) {
	if output.total == 0 {
		return
	}
	err := h.respond(j.event.QueryID(), output, o.AnswerTruncate)
	if err == nil {
		return
	}
	h.counters.unanswered.Add(1)
	if errors.Is(err, eventbus.ErrTooLarge) {
		_ = h.member.Respond(h.ctx, j.event.QueryID(), noAnswer(output.total)) // what failed is logged below
	}
	hint := ""
	switch {
	case errors.Is(err, eventbus.ErrAnswered):
		hint = fmt.Sprintf(" (another one was before script '%s')", script)
	case errors.Is(err, eventbus.ErrTooLarge) && !o.AnswerTruncate:
		hint = fmt.Sprintf(" (%d bytes from script '%s'; handler_answer_truncate sends the end of them)", output.total, script)
	}
	h.log.Printf(journal.Warn, component, "Failed to respond to query 'query: %s': failed to respond to key query: %v%s",
		oneLine(j.event.Name), err, hint)
}

// respond sends output as the answer to a query. With truncate it is made to fit.
func (h *Handlers) respond(id eventbus.QueryID, output *tail, truncate bool) error {
	kept := output.bytes()
	if output.total > int64(len(kept)) && !truncate {
		return &tooLargeError{limit: output.max}
	}
	err := h.member.Respond(h.ctx, id, lastOf(kept, output.total, len(kept)))
	tooLarge, ok := errors.AsType[*eventbus.SizeError](err)
	if !ok || !truncate {
		return err
	}
	room := len(kept) - (tooLarge.Size - tooLarge.Limit)
	if room < len(leftOut(output.total)) {
		return err
	}
	return h.member.Respond(h.ctx, id, lastOf(kept, output.total, room))
}

// tooLargeError says that a script printed more than is kept.
type tooLargeError struct{ limit int }

func (e *tooLargeError) Error() string {
	return "response exceeds limit of " + strconv.Itoa(e.limit) + " bytes"
}

// Is reports whether target is eventbus.ErrTooLarge.
func (e *tooLargeError) Is(target error) bool { return target == eventbus.ErrTooLarge }

// lastOf returns an output of total bytes, of which kept is the end, in at most room bytes: as it is, or its end behind a line that
// says how much is left out.
func lastOf(kept []byte, total int64, room int) []byte {
	if int64(len(kept)) == total && len(kept) <= room {
		return kept
	}
	room -= len(leftOut(total)) // at least as long as the line that there will be
	kept = kept[len(kept)-min(len(kept), max(0, room)):]
	for len(kept) > 0 && !utf8.RuneStart(kept[0]) {
		kept = kept[1:]
	}
	return append(leftOut(total-int64(len(kept))), kept...)
}

// noAnswer is what the asking member hears instead of an answer of total bytes that is too large to be sent.
func noAnswer(total int64) []byte {
	return fmt.Appendf(nil, "[no answer: %d bytes are too many]\n", total)
}

func leftOut(n int64) []byte { return fmt.Appendf(nil, "[%d bytes left out]\n", n) }

// oneLine returns a name as it is, or quoted when it holds what could forge a line or steer a terminal.
func oneLine(name string) string {
	if quoted := strconv.Quote(name); len(quoted) != len(name)+2 {
		return quoted
	}
	return name
}
