//go:build unix

package handler

import (
	"errors"
	"strings"
	"testing"
	"time"

	"serf/eventbus"
)

func TestOutputAnswersAQuery(t *testing.T) {
	for _, tt := range []struct {
		script, payload, want string
		o                     Options
	}{
		{"query:q=echo up", "", "up\n", Options{}},
		{"query=printf 'no newline'", "", "no newline", Options{}},
		{"/bin/sh", "echo $((6 * 7)); echo err >&2", "42\nerr\n", Options{}},
		{"/bin/sh", "echo $((6 * 7)); echo err >&2", "42\n", Options{AnswerStdoutOnly: true}},
		{"cat", "payload", "payload\n", Options{}},
		{"echo err >&2", "", "err\n", Options{}},
		{"echo err >&2", "", "", Options{AnswerStdoutOnly: true}},
		{"true", "", "", Options{}},
		{"echo up; exit 1", "", "", Options{}},
		{"/bin/sh", "echo up; exit 1", "", Options{}},
		{"query:other=echo up", "", "", Options{}},
		{"user=echo up", "", "", Options{}},
		{"head -c 20000 /dev/zero | tr '\\0' x", "", strings.Repeat("x", 20000), Options{}},
		{"printf 'a\\000b\\377'", "", "a\x00b\xff", Options{}},
	} {
		w := start(t, tt.o, tt.script)
		w.query("q", tt.payload)
		w.finish()
		if got := w.answered(); got != tt.want {
			t.Errorf("%s, payload %q, %+v: answer %.80q, want %.80q", tt.script, tt.payload, tt.o, got, tt.want)
		}
	}
}

func TestFirstHandlerThatAnswersWins(t *testing.T) {
	w := start(t, Options{}, "true", "sleep 0.3; echo first; exit 0", "echo second", "exit 1")
	w.query("uptime", "")
	w.finish()
	if got := w.answered(); got != "first\n" {
		t.Errorf("answer %q", got)
	}
	w.wantLog("[DEBUG] agent: Event 'query' script output: ", "[DEBUG] agent: Event 'query' script output: first",
		"[DEBUG] agent: Event 'query' script output: second",
		"[WARN] agent: Failed to respond to query 'query: uptime': failed to respond to key query: response already sent (another one was before script 'echo second')")
	w.wantStats(map[string]uint64{"handler_answers_failed": 1, "handler_runs_failed": 1})
}

func TestHandlerThatHangsCostsNoAnswer(t *testing.T) {
	w := start(t, Options{}, "sleep 1000", "query=echo up")
	w.user("x") // hangs from here on
	w.query("q", "")
	w.logged("Event 'query' script output: up")
	w.cutOff()
	if got := w.answered(); got != "up\n" {
		t.Errorf("answer %q", got)
	}
}

func TestHandlerThatBeginsToHangDelaysAnAnswerForHalfTheTime(t *testing.T) {
	w := start(t, Options{}, "sleep 1000", "echo up")
	w.Handle(eventbus.Event{Type: eventbus.Query, Name: "q", Deadline: time.Now().Add(time.Second)})
	w.logged("Event 'query' script output: up")
	w.cutOff()
	if got := w.answered(); got != "up\n" {
		t.Errorf("answer %q", got)
	}
}

func TestAnswerThatIsTooLargeIsSaidOrCut(t *testing.T) {
	limit := func(n int) func([]byte) error {
		return func(payload []byte) error {
			if size := len(payload) + 20; size > n {
				return &eventbus.SizeError{Size: size, Limit: n}
			}
			return nil
		}
	}
	const warn = "[WARN] agent: Failed to respond to query 'query: q': failed to respond to key query: "
	for _, tt := range []struct {
		name, payload string
		limit         int
		truncate      bool
		want, log     string
	}{
		{"fits", "echo x", 100, false, "x\n", ""},
		{"too large", "seq 1 50", 100, false, "[no answer: 141 bytes are too many]\n", " (141 bytes from script '/bin/sh'; handler_answer_truncate sends the end of them)"},
		{"cut", "seq 1 50", 100, true, "[82 bytes left out]\n1\n32\n33\n34\n35\n36\n37\n38\n39\n40\n41\n42\n43\n44\n45\n46\n47\n48\n49\n50\n", ""},
		{"no room for any", "seq 1 50", 21, true, "", ""},
		{"more than is kept", "yes 123 | head -c 70000", 1 << 20, false, "[no answer: 70000 bytes are too many]\n", "response exceeds limit of 65536 bytes (70000 bytes"},
	} {
		w := start(t, Options{AnswerTruncate: tt.truncate}, "/bin/sh")
		w.refuse = limit(tt.limit)
		w.query("q", tt.payload)
		w.finish()
		if got := w.answered(); got != tt.want {
			t.Errorf("%s: answer %q, want %q", tt.name, got, tt.want)
		}
		warned := tt.want == "" || strings.HasPrefix(tt.want, "[no answer: ")
		if log := w.all(); !strings.Contains(log, tt.log) || strings.Contains(log, warn) != warned {
			t.Errorf("%s: log\n%s", tt.name, log)
		}
	}
	w := start(t, Options{AnswerTruncate: true}, "/bin/sh")
	w.refuse = limit(1 << 16)
	w.query("q", "yes 123 | head -c 70000")
	w.finish()
	got := w.answered()
	if len(got) > 1<<16-20 || len(got) < 1<<16-50 || !strings.HasPrefix(got, "[4506 bytes left out]\n") || !strings.HasSuffix(got, "123\n") {
		t.Errorf("of 70000 bytes: %d, %.40q", len(got), got)
	}
}

func TestNameOfAQueryForgesNoLine(t *testing.T) {
	w := start(t, Options{}, "echo up", "echo up")
	w.query("a\nb", "")
	w.finish()
	w.wantLog(`[WARN] agent: Failed to respond to query 'query: "a\nb"': failed to respond to key query: response already sent (another one was before script 'echo up')`)
}

func TestRefusedAnswersAreLoggedInTheWordsOfTheReference(t *testing.T) {
	for _, tt := range []struct {
		script string
		err    error
		want   string
	}{
		{"echo up", eventbus.ErrDeadline,
			"[WARN] agent: Failed to respond to query 'query: up': failed to respond to key query: response is past the deadline"},
		{"head -c 70000 /dev/zero", nil,
			"[WARN] agent: Failed to respond to query 'query: up': failed to respond to key query: response exceeds limit of 65536 bytes" +
				" (70000 bytes from script 'head -c 70000 /dev/zero'; handler_answer_truncate sends the end of them)"},
	} {
		w := start(t, Options{}, tt.script)
		w.refuse = func([]byte) error { return tt.err }
		w.query("up", "")
		w.finish()
		w.wantLog(tt.want)
	}
}

func TestPayloadThatCannotBeWrittenIsLogged(t *testing.T) {
	w := start(t, Options{}, "true")
	w.logOutput("true", eventbus.Event{Type: eventbus.User}, outcome{output: tail{}, input: errors.New("input/output error")})
	w.finish()
	w.wantLog("[ERR] Error writing payload: input/output error")
}
