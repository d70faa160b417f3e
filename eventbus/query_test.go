package eventbus

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"serf/membership/lamport"
)

func TestDefaultTimeoutVectors(t *testing.T) {
	var vs []limitVector
	readVectors(t, "limits.json", &vs)
	for _, v := range vs {
		if v.Kind != "query_timeout" {
			continue
		}
		for interval, want := range map[int64]int64{200: v.LanMS, 500: v.WanMS, 100: v.LocalMS} {
			got := DefaultQueryTimeout(time.Duration(interval)*time.Millisecond, 16, v.N)
			if got.Milliseconds() != want {
				t.Errorf("%s at %d ms: got %s, want %d ms", v.Name, interval, got, want)
			}
		}
	}
}

func TestQueryMessageSaysWhatWasAsked(t *testing.T) {
	members := cluster(12)
	members[3] = &Member{Name: members[3].Name, Status: StatusFailed}
	q := newQueries(t)
	id, b := ask(t, q, QueryParams{
		Name: "uptime", Payload: []byte("p"), Nodes: []string{"n00001"}, Tags: map[string]string{"b": "2", "a": "1"}, Ack: true, RelayFactor: 3,
	}, members)
	m, err := DecodeQuery(b)
	if err != nil {
		t.Fatal(err)
	}
	filters := [][]byte{AppendNodeFilter(nil, []string{"n00001"}), AppendTagFilter(nil, "a", "1"), AppendTagFilter(nil, "b", "2")}
	if m.LTime != 1 || (QueryID{m.LTime, m.ID}) != id || m.ID > math.MaxInt32 || m.Source() != addrOf(0) || string(m.SourceNode) != "n00000" ||
		m.Flags != FlagAck || m.RelayFactor != 3 || m.Timeout != 6400*time.Millisecond || string(m.Name) != "uptime" || string(m.Payload) != "p" ||
		!slices.EqualFunc(m.Filters, filters, slices.Equal) {
		t.Errorf("got %+v", m)
	}
	if at := q.NextDeadline(); !at.Equal(start.Add(m.Timeout)) {
		t.Errorf("ends at %v, want after %v", at, m.Timeout)
	}
}

// TestQueriesStartedAtOnceDoNotCollide: each has a Lamport time of its own, and collectors are kept apart by the ID too.
func TestQueriesStartedAtOnceDoNotCollide(t *testing.T) {
	q, members := newQueries(t), cluster(2)
	first, _ := ask(t, q, QueryParams{Name: "a"}, members)
	second, _ := ask(t, q, QueryParams{Name: "b"}, members)
	if first.LTime == second.LTime {
		t.Fatalf("both at %d", first.LTime)
	}
	answer(t, q, 0, QueryID{first.LTime, first.ID + 1}, "n00001", []byte("of another query"))
	answer(t, q, 0, first, "n00001", []byte("1"))
	answer(t, q, 0, second, "n00001", []byte("2"))
	wantUpdates(t, q, "n00001: 1", "n00001: 2")
	if got := q.Stats().AnswerLate; got != 1 {
		t.Errorf("%d answers of no query, want 1", got)
	}
}

func TestQueryEndsWhenAllHaveResponded(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: "uptime"}, cluster(3))
	answer(t, q, time.Millisecond, id, "n00002", []byte("2"))
	answer(t, q, time.Millisecond, id, "n00000", []byte("0"))
	answer(t, q, time.Millisecond, id, "n00002", []byte("again"))
	wantUpdates(t, q, "n00002: 2", "n00000: 0")
	answer(t, q, time.Millisecond, id, "n00001", []byte(""))
	wantUpdates(t, q, "n00001: ", "end complete expected=3 acks=0 responses=3")
	answer(t, q, time.Millisecond, id, "n00001", []byte("late"))
	wantUpdates(t, q)
	if s := q.Stats(); !q.NextDeadline().IsZero() || q.Running() != 0 || s.ResponseDuplicate != 1 || s.AnswerLate != 1 || s.CompletedEarly != 1 {
		t.Errorf("%d running, %+v", q.Running(), s)
	}
}

// TestAcksBelongToTheAnswer: a query that asked for acks does not end before they are there.
func TestAcksBelongToTheAnswer(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: "uptime", Ack: true}, cluster(2))
	answer(t, q, 0, id, "n00000", nil)
	answer(t, q, 0, id, "n00001", []byte("1"))
	answer(t, q, 0, id, "n00000", []byte("0"))
	wantUpdates(t, q, "ack n00000", "n00001: 1", "n00000: 0")
	answer(t, q, 0, id, "n00000", nil)
	answer(t, q, 0, id, "n00001", nil)
	wantUpdates(t, q, "ack n00001", "end complete expected=2 acks=2 responses=2")
}

func TestPingEndsWithTheLastAck(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: QueryPing, Ack: true}, cluster(2))
	answer(t, q, 0, id, "n00000", nil)
	answer(t, q, 0, id, "n00001", nil)
	wantUpdates(t, q, "ack n00000", "ack n00001", "end complete expected=2 acks=2 responses=0")
}

// TestDisputedNameIsNotExpectedToVote: it does not answer about itself.
func TestDisputedNameIsNotExpectedToVote(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: QueryConflict, Payload: []byte("n00000"), MembersOnly: true}, cluster(2))
	answer(t, q, 0, id, "invented", []byte("vote"))
	answer(t, q, 0, id, "n00001", []byte("vote"))
	wantUpdates(t, q, "n00001: vote", "end complete expected=1 acks=0 responses=1")
	if got := q.Stats().AnswerStrange; got != 1 {
		t.Errorf("%d strange answers, want 1", got)
	}
}

func TestOnlyMembersThatCanAnswerAreExpected(t *testing.T) {
	members := cluster(6)
	for i, s := range map[int]Status{1: StatusFailed, 2: StatusLeft, 3: StatusLeaving} {
		m := *members[i]
		m.Status = s
		members[i] = &m
	}
	for _, c := range []struct {
		what string
		p    QueryParams
		want int
	}{
		{"all", QueryParams{}, 4},
		{"nodes", QueryParams{Nodes: []string{"n00003", "n00001", "n00003", "nobody"}}, 1},
		{"tags", QueryParams{Tags: map[string]string{"role": "^web$"}}, 2},
		{"both", QueryParams{Nodes: []string{"n00003", "n00004"}, Tags: map[string]string{"role": "d"}}, 1},
		{"nobody", QueryParams{Tags: map[string]string{"role": "none"}}, 0},
		{"ping without acks", QueryParams{Name: QueryPing}, 0},
	} {
		q := newQueries(t)
		ask(t, q, c.p, members)
		q.HandleDeadline(q.NextDeadline())
		wantUpdates(t, q, fmt.Sprintf("end timeout expected=%d acks=0 responses=0", c.want))
	}
}

// TestNobodyExpectedWaits: there may be members that are not known here yet.
func TestNobodyExpectedWaits(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: "uptime", Nodes: []string{"newcomer"}}, cluster(2))
	answer(t, q, 0, id, "newcomer", []byte("here"))
	wantUpdates(t, q, "newcomer: here")
	q.HandleDeadline(q.NextDeadline())
	wantUpdates(t, q, "end timeout expected=0 acks=0 responses=1")
}

func TestWaitFullWaits(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: "uptime", WaitFull: true, Timeout: time.Second}, cluster(1))
	answer(t, q, 0, id, "n00000", []byte("0"))
	q.Lost("n00000")
	q.HandleDeadline(start.Add(time.Second - 1))
	wantUpdates(t, q, "n00000: 0")
	answer(t, q, time.Second, id, "stranger", []byte("after the end"))
	q.HandleDeadline(start.Add(time.Second))
	wantUpdates(t, q, "end timeout expected=1 acks=0 responses=1")
}

// TestLostMemberIsNotWaitedFor: a member that dies meanwhile does not make everybody wait for the timeout.
func TestLostMemberIsNotWaitedFor(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: QueryListKeys}, cluster(3))
	q.Lost("n00002")
	q.Lost("n00002")
	q.Lost("nobody")
	answer(t, q, 0, id, "n00000", []byte("0"))
	answer(t, q, 0, id, "n00002", []byte("not dead"))
	wantUpdates(t, q, "n00000: 0", "n00002: not dead")
	q.Lost("n00001")
	wantUpdates(t, q, "end complete expected=3 acks=0 responses=2")
}

func TestCancelledQueryIsOver(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: "uptime"}, cluster(3))
	q.Cancel(id)
	q.Cancel(id)
	answer(t, q, 0, id, "n00000", []byte("0"))
	wantUpdates(t, q, "end cancelled expected=3 acks=0 responses=0")
}

// TestInventedNamesAreBounded: answers carry no proof, but nobody can make them without end.
// In the reference the number of answers is that of the members at the start, whoever they come from.
func TestMemberThatJoinedDuringAQueryIsHeard(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: "uptime"}, cluster(2))
	for i := range 5 { // who answers twice takes nobody's place
		answer(t, q, 0, id, "n00000", fmt.Append(nil, i))
	}
	answer(t, q, 0, id, "new", []byte("2"))
	answer(t, q, 0, id, "n00001", []byte("1"))
	wantUpdates(t, q, "n00000: 0", "new: 2", "n00001: 1", "end complete expected=2 acks=0 responses=3")
}

// Anybody who saw a query can answer it in any name, and nothing in an answer proves who wrote it. Where names count, in votes and key
// operations, only those of members are heard, each once.
func TestVotesAndKeyAnswersOfStrangersAreNotHeard(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: QueryConflict, Payload: []byte("n00000"), MembersOnly: true}, cluster(3))
	answer(t, q, 0, QueryID{id.LTime, id.ID + 1}, "n00001", []byte("guessed"))
	for i := range 10 {
		answer(t, q, 0, id, fmt.Sprint("forged", i), []byte("theirs"))
		answer(t, q, 0, id, "n00001", fmt.Append(nil, i))
	}
	answer(t, q, 0, id, "n00002", []byte("ours"))
	wantUpdates(t, q, "n00001: 0", "n00002: ours", "end complete expected=2 acks=0 responses=2")
	if s := q.Stats(); s.AnswerStrange != 10 || s.ResponseDuplicate != 9 || s.AnswerLate != 1 {
		t.Errorf("strange %d, repeated %d, of no query %d, want 10, 9 and 1", s.AnswerStrange, s.ResponseDuplicate, s.AnswerLate)
	}
}

func TestInventedNamesAreBounded(t *testing.T) {
	q := newQueries(t, func(c *QueryConfig) { c.StrangersMax = 3 })
	id, _ := ask(t, q, QueryParams{Name: "uptime", Ack: true}, cluster(2))
	for i := range 10 {
		name := fmt.Sprint("invented", i)
		answer(t, q, 0, id, name, []byte("x"))
		answer(t, q, 0, id, name, nil)
		answer(t, q, 0, id, name, nil)
	}
	if got := len(updates(q)); got != 6 {
		t.Errorf("%d answers told, want 6", got)
	}
	if s := q.Stats(); s.AnswerStrange != 21 || s.AckDuplicate != 3 {
		t.Errorf("got %+v, want 21 strange and 3 duplicate", s)
	}
}

func TestUnwantedAckIsIgnored(t *testing.T) {
	q := newQueries(t)
	id, _ := ask(t, q, QueryParams{Name: "uptime"}, cluster(2))
	answer(t, q, 0, id, "n00000", nil)
	wantUpdates(t, q)
	if got := q.Stats().AckUnwanted; got != 1 {
		t.Errorf("%d unwanted, want 1", got)
	}
}

func TestRunningQueriesAreBounded(t *testing.T) {
	q := newQueries(t, func(c *QueryConfig) { c.RunningMax = 2 })
	ask(t, q, QueryParams{Name: "a"}, cluster(1))
	ask(t, q, QueryParams{Name: "b"}, cluster(1))
	_, _, err := q.Start(start, &QueryParams{Name: "c"}, cluster(1), random())
	wantError(t, "third", err, ErrQueriesFull)
	if q.Time() != 3 {
		t.Errorf("clock %d, want 3: a refused query moved it", q.Time())
	}
}

func TestQueryTooLargeToGossipIsRefused(t *testing.T) {
	q := newQueries(t, func(c *QueryConfig) { c.BytesMax = 4096 })
	_, _, err := q.Start(start, &QueryParams{Name: "a", Payload: make([]byte, 1400)}, nil, random())
	wantError(t, "Start", err, ErrTooLarge)
	if !strings.Contains(fmt.Sprint(err), "> 1395 bytes") {
		t.Errorf("got %v, want the limit in it", err)
	}
	_, _, err = q.Start(start, &QueryParams{Name: "a\n"}, nil, random())
	wantError(t, "name", err, ErrName)
}

func TestQueriesEndInOrderOfTheirDeadlines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, err := NewQueries(DefaultQuery())
		if err != nil {
			t.Fatal(err)
		}
		type running struct {
			id QueryID
			at time.Duration
		}
		var model []running
		for range rapid.IntRange(0, 20).Draw(t, "queries") {
			timeout := time.Duration(rapid.IntRange(1, 9).Draw(t, "timeout")) * time.Second
			id, _, err := q.Start(start, &QueryParams{Name: "x", Timeout: timeout}, nil, random())
			if err != nil {
				t.Fatal(err)
			}
			model = append(model, running{id, timeout})
		}
		slices.SortStableFunc(model, func(a, b running) int { return int(a.at - b.at) })
		for _, want := range model {
			if got := q.NextDeadline(); q.running[want.id] != nil && !got.Equal(start.Add(want.at)) {
				t.Fatalf("next deadline after %s, want %s", got.Sub(start), want.at)
			}
			q.HandleDeadline(start.Add(want.at))
		}
		for _, want := range model {
			if u, ok := q.Next(); !ok || u.Kind != UpdateEnd || u.Query != want.id {
				t.Fatalf("got %+v, %v, want the end of %v", u, ok, want.id)
			}
		}
	})
}

// TestCollectorAgreesWithModel: whatever comes in whatever order, a query tells each answer once and ends with the last.
func TestCollectorAgreesWithModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, members := newQueriesOf(t), cluster(rapid.IntRange(1, 6).Draw(t, "members"))
		acks := rapid.Bool().Draw(t, "acks")
		id, _, err := q.Start(start, &QueryParams{Name: "x", Ack: acks}, members, random())
		if err != nil {
			t.Fatal(err)
		}
		told, gone := make(map[string]bool), make(map[string]bool)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			who := rapid.SampledFrom(members).Draw(t, "who").Name
			what := rapid.SampledFrom([]string{"ack", "response", "lost"}).Draw(t, "what")
			news := what != "lost" && !told[what+who] && (acks || what == "response") && q.Running() > 0
			switch m := (ResponseMessage{LTime: id.LTime, ID: id.ID, From: []byte(who), Payload: []byte{}}); what {
			case "lost":
				q.Lost(who)
				gone[who] = true
			case "ack":
				m.Flags = FlagAck
				fallthrough
			default:
				if err := q.HandleResponse(start, AppendResponse(nil, &m)); err != nil {
					t.Fatal(err)
				}
				told[what+who] = told[what+who] || news
			}
			over := q.Running() == 0
			if got := len(updates(q)); got > 0 && !news && !over || news && got == 0 {
				t.Fatalf("%s of %s: %d updates, news %v", what, who, got, news)
			}
			whole := !slices.ContainsFunc(members, func(m *Member) bool {
				return !gone[m.Name] && !(told["response"+m.Name] && (!acks || told["ack"+m.Name]))
			})
			if over != whole {
				t.Fatalf("%s of %s: over %v, all there %v", what, who, over, whole)
			}
			if over {
				return
			}
		}
	})
}

// newQueriesOf is newQueries inside a property.
func newQueriesOf(t *rapid.T) *Queries {
	cfg := DefaultQuery()
	cfg.Name, cfg.Source = "n00000", addrOf(0)
	q, err := NewQueries(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestPoisonedQueryTimeIsContained(t *testing.T) {
	for _, ltime := range []uint64{math.MaxUint64, lamport.JumpMax + 3} {
		q := newQueries(t)
		_, err := q.Receive(start, AppendQuery(nil, &QueryMessage{LTime: ltime}), nil)
		wantError(t, "forged", err, ErrLTime)
		if q.WitnessPeer(ltime) || q.Time() != 1 {
			t.Errorf("a forged clock was believed: %d", q.Time())
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	if err := (&QueryConfig{GossipInterval: -1, TimeoutMult: -1}).Validate(); strings.Count(fmt.Sprint(err), "\n") != 5 {
		t.Errorf("got %v, want all six problems", err)
	}
	if err := (&UserConfig{BytesMax: UserBytesMax + 1}).Validate(); err == nil || !strings.HasPrefix(err.Error(), "user event size limit exceeds limit of 9216 bytes") {
		t.Errorf("got %v", err)
	}
	if _, err := NewUserEvents(UserConfig{}); err == nil {
		t.Error("NewUserEvents took the zero configuration")
	}
	if _, err := NewQueries(QueryConfig{}); err == nil || errors.Is(err, ErrTooLarge) {
		t.Errorf("NewQueries with the zero configuration: got %v", err)
	}
}
