package agent

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"serf/eventbus"
)

// collect gathers the events of a subscription until the test ends.
type collect struct {
	mu     sync.Mutex
	events []eventbus.Event
}

// gather runs a reader of a's events that do matches; do is called with each one.
func gather(a *Agent, filter eventbus.Filter, do func(eventbus.Event)) *collect {
	c := new(collect)
	s := a.Subscribe(filter, 4096, eventbus.DropNewest)
	a.wg.Go(func() {
		for {
			e, err := s.Next(a.ctx)
			if err != nil {
				s.Close()
				return
			}
			c.mu.Lock()
			c.events = append(c.events, e)
			c.mu.Unlock()
			if do != nil {
				do(e)
			}
		}
	})
	return c
}

func (c *collect) all() []eventbus.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

func TestUserEventReachesEveryMemberOnce(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(5)
		var got []*collect
		for _, a := range agents {
			got = append(got, gather(a, eventbus.Only(eventbus.User), nil))
		}
		if err := agents[2].UserEvent(t.Context(), "deploy", []byte("v1"), true); err != nil {
			t.Fatal(err)
		}
		w.pass(20 * time.Second)
		for i, c := range got {
			events := c.all()
			if len(events) != 1 || events[0].Name != "deploy" || string(events[0].Payload) != "v1" {
				t.Errorf("%s got %v", agents[i].Name(), events)
			}
			w.wantLine(agents[i], "[INFO] agent: Received event: user-event: deploy")
		}
		w.wantLine(agents[2], `[DEBUG] agent: Requesting user event send: deploy. Coalesced: true. Payload: "v1"`)
	})
}

func TestUserEventThatIsTooLargeIsRefused(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		err := a.UserEvent(t.Context(), "deploy", make([]byte, 600), false)
		if !errors.Is(err, eventbus.ErrTooLarge) || !strings.Contains(err.Error(), "512 bytes") {
			t.Errorf("UserEvent: %v", err)
		}
		w.wantLine(a, "[WARN] agent: failed to send user event: ")
	})
}

// answers returns what all members answer to queries of a name: their own name.
func answerAll(agents []*Agent) {
	for _, a := range agents {
		gather(a, eventbus.Only(eventbus.Query), func(e eventbus.Event) {
			_ = a.Respond(a.ctx, e.QueryID(), []byte(a.Name()))
		})
	}
}

// read reads q to its end and returns who acked and responded, sorted.
func (w *world) read(q *Query) (acks, responses []string) {
	w.t.Helper()
	for {
		x, err := q.Next(w.t.Context())
		switch {
		case err == io.EOF:
			slices.Sort(acks)
			slices.Sort(responses)
			return acks, responses
		case err != nil:
			w.t.Fatalf("Next: %v", err)
		case x.Kind == AnswerAck:
			acks = append(acks, x.From)
		case string(x.Payload) != x.From:
			w.t.Errorf("%s responded %q", x.From, x.Payload)
		default:
			responses = append(responses, x.From)
		}
	}
}

func TestQueryEndsWhenAllHaveAnswered(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(4)
		answerAll(agents)
		all := []string{"n1", "n2", "n3", "n4"}
		start := time.Now()
		q, err := agents[0].Query(t.Context(), QueryParams{Name: "who", Payload: []byte("?"), Ack: true})
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		acks, responses := w.read(q)
		if !slices.Equal(acks, all) || !slices.Equal(responses, all) {
			t.Errorf("acks %v, responses %v", acks, responses)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("the query took %v", took)
		}
		w.wantLine(agents[3], "[INFO] agent: Received event: query: who")
		w.wantLine(agents[0], `[DEBUG] agent: Requesting query send: who. Payload: "?"`)
		full, err := agents[0].Query(t.Context(), QueryParams{Name: "who", WaitFull: true, Nodes: []string{"n2", "n3"}})
		if err != nil {
			t.Fatal(err)
		}
		defer full.Close()
		start = time.Now()
		if _, responses := w.read(full); !slices.Equal(responses, all[1:3]) {
			t.Errorf("responses %v", responses)
		}
		if took := time.Since(start); took < 3*time.Second {
			t.Errorf("a query that waits took %v", took)
		}
	})
}

func TestQueryIsRespondedToOnceAndInTime(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(2)
		got := gather(agents[1], eventbus.Only(eventbus.Query), nil)
		q, err := agents[0].Query(t.Context(), QueryParams{Name: "who", Timeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		w.pass(time.Second)
		events := got.all()
		if len(events) != 1 || events[0].QueryID() != q.ID() {
			t.Fatalf("n2 got %v", events)
		}
		b, id := agents[1], q.ID()
		if err := b.Respond(t.Context(), id, make([]byte, 1<<20)); !errors.Is(err, eventbus.ErrTooLarge) {
			t.Errorf("a large response: %v", err)
		}
		if err := b.Respond(t.Context(), id, []byte("one")); err != nil {
			t.Error(err)
		}
		if err := b.Respond(t.Context(), id, []byte("two")); !errors.Is(err, eventbus.ErrAnswered) {
			t.Errorf("a second response: %v", err)
		}
		w.pass(5 * time.Second)
		if err := agents[0].Respond(t.Context(), id, nil); !errors.Is(err, eventbus.ErrDeadline) && !errors.Is(err, eventbus.ErrQueryUnknown) {
			t.Errorf("a late response: %v", err)
		}
		if x, err := q.Next(t.Context()); string(x.Payload) != "one" || err != nil {
			t.Errorf("answer %q, %v", x.Payload, err)
		}
		if _, err := q.Next(t.Context()); err != io.EOF {
			t.Errorf("after the last answer: %v", err)
		}
	})
}

func TestInternalQueriesAreNotForApplications(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(2)
		got := gather(agents[1], everything(t), nil)
		for _, p := range []QueryParams{{Name: "_serf_list-keys"}, {Name: "_serf_ping", Payload: []byte("x")}} {
			if _, err := agents[0].Query(t.Context(), p); !errors.Is(err, ErrQueryName) {
				t.Errorf("%s with %q: %v", p.Name, p.Payload, err)
			}
		}
		q, err := agents[0].Query(t.Context(), QueryParams{Name: "_serf_ping", Ack: true})
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		if acks, _ := w.read(q); len(acks) != 2 {
			t.Errorf("acks %v", acks)
		}
		for _, e := range got.all() {
			if e.Type == eventbus.Query {
				t.Errorf("n2's application got %q", e.Name)
			}
		}
	})
}

func TestAQueryThatNobodyReadsHoldsNobodyUp(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(3)
		answerAll(agents)
		var unread []*Query
		for range 30 {
			q, err := agents[0].Query(t.Context(), QueryParams{Name: "who", Ack: true})
			if err != nil {
				t.Fatal(err)
			}
			unread = append(unread, q)
		}
		w.pass(10 * time.Second)
		if got := len(agents[0].Members()); got != 3 {
			t.Errorf("%d members", got)
		}
		w.works(agents[0], 4)
		for _, q := range unread {
			acks, responses := w.read(q)
			if len(acks) != 3 || len(responses) != 3 {
				t.Errorf("acks %v, responses %v", acks, responses)
			}
		}
	})
}

func TestQueryOfAnAgentThatEndsIsClosed(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		q, err := a.Query(t.Context(), QueryParams{Name: "who", Timeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		closed, err := a.Query(t.Context(), QueryParams{Name: "who", Timeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		closed.Close()
		synctest.Wait()
		_ = a.Shutdown()
		if _, err := q.Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("Next: %v", err)
		}
		if _, err := a.Query(t.Context(), QueryParams{Name: "who"}); !errors.Is(err, ErrClosed) {
			t.Errorf("Query after the end: %v", err)
		}
		if err := a.UserEvent(t.Context(), "e", nil, false); !errors.Is(err, ErrClosed) {
			t.Errorf("UserEvent after the end: %v", err)
		}
		if err := a.Respond(t.Context(), q.ID(), nil); !errors.Is(err, ErrClosed) {
			t.Errorf("Respond after the end: %v", err)
		}
	})
}

// everything is the filter that lets every event through.
func everything(t *testing.T) eventbus.Filter {
	t.Helper()
	f, err := eventbus.ParseFilter("*")
	if err != nil {
		t.Fatal(err)
	}
	return f
}
