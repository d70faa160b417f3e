package membership

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"serf/eventbus"
)

// ask lets the host ask a query.
func (h *host) ask(token Token, p QueryParams) eventbus.QueryID {
	h.w.t.Helper()
	id, err := h.Query(h.w.now, token, p)
	if err != nil {
		h.w.t.Fatalf("%s: query: %v", h.name, err)
	}
	h.drain()
	return id
}

// answering lets every host respond with its name as soon as it hears a query, until the test ends.
func (w *world) answering(limit time.Duration, over func() bool) {
	w.t.Helper()
	w.runUntil(limit, "queries end", func() bool {
		for _, h := range w.hosts {
			for _, e := range h.queries {
				if err := h.Respond(w.now, e.QueryID(), []byte("I am "+h.name)); err != nil {
					w.t.Errorf("%s responds: %v", h.name, err)
				}
			}
			h.queries = nil
			h.drain()
		}
		return over()
	})
}

func (h *host) over(token Token) func() bool {
	return func() bool { _, over := h.dones[token]; return over }
}

// answersOf returns the answers of the named hosts to a query, sorted.
func answersOf(acks bool, names ...string) (want []string) {
	for _, name := range names {
		if acks {
			want = append(want, name+" ack")
		}
		want = append(want, name+" response I am "+name)
	}
	return slices.Sorted(slices.Values(want))
}

func (h *host) checkAnswers(token Token, want []string) {
	h.w.t.Helper()
	if got := slices.Sorted(slices.Values(h.answers[token])); !slices.Equal(got, want) {
		h.w.t.Errorf("%s got the answers %q, want %q", h.name, got, want)
	}
}

func TestQueryEndsWhenAllHaveAnswered(t *testing.T) {
	w := newWorld(t, 41, 6)
	w.together()
	h, asked := w.hosts[2], w.now
	h.ask(7, QueryParams{Name: "who", Payload: []byte("?"), Ack: true, Timeout: time.Minute})
	w.answering(time.Minute, h.over(7))
	if d := h.dones[7]; d.Err != nil || d.Query.Why != eventbus.EndComplete || d.Query.Expected != 6 || w.now.Sub(asked) > 5*time.Second {
		t.Errorf("the query ended with %+v after %v, want all answers soon", d, w.now.Sub(asked))
	}
	h.checkAnswers(7, answersOf(true, "n0", "n1", "n2", "n3", "n4", "n5"))
	for _, h := range w.hosts {
		if want := []string{"who??"}; !slices.Equal(h.heard, want) {
			t.Errorf("%s heard %v, want %v", h.name, h.heard, want)
		}
	}
}

func TestQueryWaitsForItsTimeoutIfAsked(t *testing.T) {
	w := newWorld(t, 42, 3)
	w.together()
	asked := w.now
	w.hosts[0].ask(1, QueryParams{Name: "who", WaitFull: true, Timeout: 20 * time.Second})
	w.answering(time.Minute, w.hosts[0].over(1))
	if took := w.now.Sub(asked); took < 20*time.Second || w.hosts[0].dones[1].Query.Why != eventbus.EndTimeout {
		t.Errorf("the query ended after %v: %+v", took, w.hosts[0].dones[1])
	}
	w.hosts[0].checkAnswers(1, answersOf(false, "n0", "n1", "n2"))
}

func TestQueryAsksOnlyWhomItsFiltersLetThrough(t *testing.T) {
	w := newWorld(t, 43, 5, func(c *Config) { c.Tags = map[string]string{"parity": []string{"even", "odd"}[c.Swim.Name[1]%2]} })
	w.together()
	h := w.hosts[0]
	h.ask(1, QueryParams{Name: "nodes", Nodes: []string{"n1", "n3", "nobody"}})
	h.ask(2, QueryParams{Name: "tags", Tags: map[string]string{"parity": "^odd$"}})
	h.ask(3, QueryParams{Name: "both", Nodes: []string{"n1", "n2"}, Tags: map[string]string{"parity": "even"}})
	w.answering(time.Minute, func() bool { return h.over(1)() && h.over(2)() && h.over(3)() })
	h.checkAnswers(1, answersOf(false, "n1", "n3"))
	h.checkAnswers(2, answersOf(false, "n1", "n3"))
	h.checkAnswers(3, answersOf(false, "n2"))
	if len(w.hosts[4].heard) != 0 {
		t.Errorf("a member that was not asked heard %v", w.hosts[4].heard)
	}
}

func TestRelaysCarryAnswersRoundACutLink(t *testing.T) {
	w := newWorld(t, 44, 6)
	w.together()
	asker, far := w.hosts[0], w.hosts[5]
	w.cut = func(from, to *host) bool { return from == far && to == asker }
	asker.ask(1, QueryParams{Name: "who", Nodes: []string{"n5"}, Ack: true, RelayFactor: 2, Timeout: 10 * time.Second})
	w.answering(time.Minute, asker.over(1))
	asker.checkAnswers(1, answersOf(true, "n5"))
	var relayed uint64
	for _, h := range w.hosts {
		relayed += h.Stats().Queries.RelayPassedOn
	}
	if relayed == 0 {
		t.Error("no relay passed anything on")
	}
}

func TestQueriesCollectThroughLoss(t *testing.T) {
	w := newWorld(t, 45, 12)
	w.together()
	w.loss = 0.2
	total := 0
	for i, h := range w.hosts {
		h.ask(Token(10+i), QueryParams{Name: "who", Ack: true, RelayFactor: 3, Timeout: 15 * time.Second})
		w.answering(time.Minute, h.over(Token(10+i)))
		total += len(h.answers[Token(10+i)])
	}
	if total < 280 { // an answer and its three relayed copies are lost once in a hundred
		t.Errorf("%d answers of 288, want nearly all", total)
	}
}

func TestPingQueryIsAnsweredUnseen(t *testing.T) {
	w := newWorld(t, 46, 4)
	w.together()
	h := w.hosts[3]
	h.ask(1, QueryParams{Name: eventbus.QueryPing, Ack: true})
	h.wait(1)
	if got, want := slices.Sorted(slices.Values(h.answers[1])), []string{"n0 ack", "n1 ack", "n2 ack", "n3 ack"}; !slices.Equal(got, want) {
		t.Errorf("acks %v, want %v", got, want)
	}
	for _, h := range w.hosts {
		if len(h.heard) != 0 {
			t.Errorf("%s heard %v", h.name, h.heard)
		}
	}
}

func TestQueryIsCancelledAndMembersThatFailAreNotAwaited(t *testing.T) {
	w := newWorld(t, 47, 4)
	w.together()
	h := w.hosts[0]
	h.ask(1, QueryParams{Name: "who", Timeout: time.Hour})
	h.ask(2, QueryParams{Name: "who", Timeout: time.Hour})
	h.CancelQuery(w.now, 1)
	h.CancelQuery(w.now, 99)
	h.drain()
	if d := h.wait(1); d.Err != nil || d.Query.Why != eventbus.EndCancelled {
		t.Errorf("a cancelled query ended with %+v", d)
	}
	w.hosts[3].crash()
	w.hosts[3].queries = nil
	w.runUntil(time.Minute, "n3 fails", func() bool {
		for _, x := range w.hosts[:3] {
			for i, e := range x.queries {
				if i == 1 {
					if err := x.Respond(w.now, e.QueryID(), nil); err != nil {
						t.Errorf("%s responds: %v", x.name, err)
					}
					x.queries = nil
					x.drain()
				}
			}
		}
		return h.over(2)()
	})
	if d := h.dones[2]; d.Query.Why != eventbus.EndComplete || d.Query.Responses != 3 {
		t.Errorf("a query whose last member failed ended with %+v", d)
	}
}

func TestRespondSaysWhyNot(t *testing.T) {
	w := newWorld(t, 48, 2)
	w.together()
	w.hosts[0].ask(1, QueryParams{Name: "who", Timeout: 5 * time.Second})
	w.run(time.Second)
	h := w.hosts[1]
	id := h.queries[0].QueryID()
	if err := h.Respond(w.now, id, make([]byte, 100_000)); !errors.Is(err, eventbus.ErrTooLarge) || !strings.Contains(err.Error(), "limit") {
		t.Errorf("a response of 100,000 bytes: %v", err)
	}
	big := strings.Repeat("x", 20_000) // too large for a packet, so it goes over a stream
	if err := h.Respond(w.now, id, []byte(big)); err != nil {
		t.Errorf("a response of 20,000 bytes: %v", err)
	}
	h.drain()
	if err := h.Respond(w.now, id, nil); !errors.Is(err, eventbus.ErrAnswered) {
		t.Errorf("a second response: %v, want %v", err, eventbus.ErrAnswered)
	}
	w.run(10 * time.Second)
	if got := w.hosts[0].answers[1]; len(got) != 1 || got[0] != "n1 response "+big {
		t.Errorf("%d answers, want the large one", len(got))
	}
	h = w.hosts[0]
	if err := h.Respond(w.now, h.queries[0].QueryID(), nil); !errors.Is(err, eventbus.ErrDeadline) {
		t.Errorf("a late response: %v, want %v", err, eventbus.ErrDeadline)
	}
	if err := h.Respond(w.now, eventbus.QueryID{LTime: 1 << 40}, nil); !errors.Is(err, eventbus.ErrQueryUnknown) {
		t.Errorf("a response to nothing: %v, want %v", err, eventbus.ErrQueryUnknown)
	}
}

func TestOldProtocolHasNoQueriesButAnswersThem(t *testing.T) {
	w := newWorld(t, 49, 2, func(c *Config) {
		if c.Swim.Name == "n1" {
			c.ProtocolVersion = 3
		}
	})
	w.together()
	if _, err := w.hosts[1].Query(w.now, 1, QueryParams{Name: "who"}); !errors.Is(err, ErrQueryVersion) {
		t.Errorf("query with protocol 3: %v, want %v", err, ErrQueryVersion)
	}
	w.hosts[0].ask(1, QueryParams{Name: "who"})
	w.answering(time.Minute, w.hosts[0].over(1))
	w.hosts[0].checkAnswers(1, answersOf(false, "n0", "n1"))
}

func TestQueryOfALoneMemberIsAnsweredByItself(t *testing.T) {
	w := newWorld(t, 57, 2)
	h := w.hosts[0]
	h.ask(1, QueryParams{Name: "who", Ack: true})
	w.answering(time.Second, h.over(1))
	h.checkAnswers(1, answersOf(true, "n0"))
	w.hosts[1].join(h)
	w.run(10 * time.Second)
	if len(w.hosts[1].heard) != 0 {
		t.Errorf("a later member heard %v", w.hosts[1].heard)
	}
}

func TestManyQueriesAtOnceKeepApart(t *testing.T) {
	w := newWorld(t, 50, 5)
	w.together()
	for i, h := range w.hosts { // all at one Lamport time
		h.ask(1, QueryParams{Name: fmt.Sprint("q", i), Ack: true, Timeout: 20 * time.Second})
	}
	w.answering(time.Minute, func() bool {
		return !slices.ContainsFunc(w.hosts, func(h *host) bool { return !h.over(1)() })
	})
	for _, h := range w.hosts {
		h.checkAnswers(1, answersOf(true, "n0", "n1", "n2", "n3", "n4"))
	}
}
