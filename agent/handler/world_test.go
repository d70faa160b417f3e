//go:build unix

package handler

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
)

// patience is how long a test waits for what must happen. It only matters when something is wrong.
const patience = 30 * time.Second

// world is Handlers with a log, and with a member that notes what it is told to answer.
type world struct {
	*Handlers
	t     *testing.T
	log   *journal.Journal
	lines *journal.Reader
	seen  []string // lines that were waited for, and those before them

	mu      sync.Mutex
	answers []string
	refuse  func(payload []byte) error // nil: the first answer is taken
}

var _ Member = (*world)(nil)

// start runs the handlers of specs.
func start(t *testing.T, o Options, specs ...string) *world {
	t.Helper()
	w := &world{t: t, log: journal.New(journal.Options{})}
	w.lines = w.log.Subscribe(journal.Trace, 1<<14)
	w.Handlers = New(w, w.log)
	w.set(o, specs...)
	t.Cleanup(w.cutOff)
	return w
}

func (w *world) set(o Options, specs ...string) {
	w.t.Helper()
	handlers, err := ParseAll(specs)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Set(handlers, o)
}

// cutOff ends the handlers without patience.
func (w *world) cutOff() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w.Close(ctx)
}

// finish lets the handlers end by themselves.
func (w *world) finish() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w.Close(ctx)
	if ctx.Err() != nil {
		w.t.Fatal("handlers do not end")
	}
}

func (w *world) Self() *eventbus.Member { return self }

func (w *world) Respond(_ context.Context, _ eventbus.QueryID, payload []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		if err := w.refuse(payload); err != nil {
			return err
		}
	}
	if len(w.answers) > 0 {
		return eventbus.ErrAnswered
	}
	w.answers = append(w.answers, string(payload))
	return nil
}

// answered returns the answer that was given, empty without one. All handlers must have ended.
func (w *world) answered() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.answers, "|")
}

// user sends user events of the given names.
func (w *world) user(names ...string) {
	for i, name := range names {
		w.Handle(eventbus.Event{Type: eventbus.User, Name: name, LTime: uint64(i + 1)})
	}
}

func (w *world) query(name, payload string) {
	w.Handle(eventbus.Event{Type: eventbus.Query, Name: name, LTime: 7, Payload: []byte(payload), Deadline: time.Now().Add(time.Minute)})
}

// logged waits for a line that contains text and returns it, without time.
func (w *world) logged(text string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		l, _, err := w.lines.Next(ctx)
		if err != nil {
			w.t.Fatalf("no %q in the log:\n%s", text, strings.Join(w.seen, "\n"))
		}
		line := datePattern.ReplaceAllString(l.Text, "")
		w.seen = append(w.seen, line)
		if strings.Contains(line, text) {
			return line
		}
	}
}

var datePattern = regexp.MustCompile(`^[0-9/]{10} [0-9:]{8} `)

// all returns the lines of the log, without time.
func (w *world) all() string {
	var b strings.Builder
	for _, l := range w.log.Tail() {
		b.WriteString(datePattern.ReplaceAllString(l.Text, "") + "\n")
	}
	return b.String()
}

// wantLog checks that the log holds every line of want, in this order.
func (w *world) wantLog(want ...string) {
	w.t.Helper()
	rest := w.all()
	for _, line := range want {
		_, after, found := strings.Cut(rest, line+"\n")
		if !found {
			w.t.Errorf("no %q, or not in this order, in the log:\n%s", line, w.all())
			return
		}
		rest = after
	}
}

// wantStats checks counters that are not zero: "name=1 other=2", sorted.
func (w *world) wantStats(want map[string]uint64) {
	w.t.Helper()
	got := w.Stats()
	for name, n := range want {
		if got[name] != n {
			w.t.Errorf("%s is %d, want %d; all: %v", name, got[name], n, got)
		}
	}
	if len(got) != len(want) {
		w.t.Errorf("counters %v, want %v", got, want)
	}
}
