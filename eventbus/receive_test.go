package eventbus

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type queryDedupVector struct {
	Name            string
	QueryBuffer     int    `json:"query_buffer"`
	QueryMinTime    uint64 `json:"query_min_time"`
	StartQueryClock uint64 `json:"start_query_clock"`
	Steps           []struct {
		Delivered, Rebroadcast bool
		QueryClock             uint64 `json:"query_clock"`
		In                     struct {
			LTime       uint64
			ID, Flags   uint32
			FilteredOut bool `json:"filtered_out"`
		}
	}
}

func TestQueryDedupVectors(t *testing.T) {
	var vs []queryDedupVector
	readVectors(t, "query_dedup.json", &vs)
	for _, v := range vs {
		q := newQueries(t, func(c *QueryConfig) { c.Window = v.QueryBuffer })
		q.WitnessPeer(v.StartQueryClock)
		q.min = v.QueryMinTime
		for i, s := range v.Steps {
			m := QueryMessage{LTime: s.In.LTime, ID: s.In.ID, Flags: s.In.Flags}
			if s.In.FilteredOut {
				m.Filters = [][]byte{AppendNodeFilter(nil, []string{"another"})}
			}
			r, err := q.Receive(start, AppendQuery(nil, &m), nil)
			if err != nil || r.Deliver != s.Delivered || r.Rebroadcast != s.Rebroadcast || q.Time() != s.QueryClock {
				t.Errorf("%s: step %d: got %+v, clock %d, error %v; want %+v", v.Name, i, r, q.Time(), err, s)
			}
		}
	}
}

// received is the query that most tests receive, from n00001.
func received() QueryMessage {
	return QueryMessage{
		LTime: 7, ID: 9, Addr: addrOf(1).Addr().AsSlice(), Port: 7946, SourceNode: []byte("n00001"), Name: []byte("uptime"),
		Payload: []byte("p"), Timeout: time.Second,
	}
}

// hear gives q the message m and returns what is to be done.
func hear(t testing.TB, q *Queries, m QueryMessage) Received {
	t.Helper()
	r, err := q.Receive(start, AppendQuery(nil, &m), map[string]string{"role": "web"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestQueryComesOutAsItWasAsked(t *testing.T) {
	q := newQueries(t)
	r := hear(t, q, received())
	e := r.Event
	if !r.Deliver || r.Internal || !r.Rebroadcast || r.Ack.Message != nil || e.Type != Query || e.LTime != 7 || e.ID != 9 || e.From != "n00001" ||
		e.Name != "uptime" || string(e.Payload) != "p" || !e.Deadline.Equal(start.Add(time.Second)) {
		t.Errorf("got %+v", r)
	}
	m := received()
	m.ID, m.Name, m.Flags = 10, []byte(QueryPing), FlagNoBroadcast
	if r := hear(t, q, m); !r.Internal || r.Rebroadcast {
		t.Errorf("got %+v, want an internal one not to be gossiped on", r)
	}
}

func TestFilteredQueryIsGossipedButNotAcked(t *testing.T) {
	q := newQueries(t)
	m := received()
	m.Flags, m.Filters = FlagAck, [][]byte{AppendTagFilter(nil, "role", "db")}
	if r := hear(t, q, m); r.Deliver || !r.Rebroadcast || r.Ack.Message != nil {
		t.Errorf("got %+v", r)
	}
	_, err := q.Respond(start, QueryID{7, 9}, nil)
	wantError(t, "Respond", err, ErrQueryUnknown)
}

func TestBadPatternIsReported(t *testing.T) {
	q := newQueries(t)
	m := received()
	m.Filters = [][]byte{AppendTagFilter(nil, "role", "[")}
	r := hear(t, q, m)
	if r.Deliver || r.BadPattern == nil || r.BadPattern.Pattern != "[" || r.BadPattern.Err == nil {
		t.Errorf("got %+v, want the pattern and its fault", r)
	}
}

func TestAckGoesToWhoAsksAndOverRelays(t *testing.T) {
	q := newQueries(t)
	m := received()
	m.Flags, m.RelayFactor = FlagAck, 2
	ack := hear(t, q, m).Ack
	want := AppendResponse(nil, &ResponseMessage{LTime: 7, ID: 9, From: []byte("n00000"), Flags: FlagAck})
	if ack.To != addrOf(1) || ack.Node != "n00001" || !slices.Equal(ack.Message, want) || ack.Stream || ack.Relays != 2 {
		t.Errorf("got %+v", ack)
	}
	r, err := DecodeRelay(ack.Relay)
	if err != nil || r.Dest() != addrOf(1) || string(r.Node) != "n00001" || !slices.Equal(r.Inner, want) {
		t.Errorf("relay: got %+v, %v", r, err)
	}
}

// TestNothingIsSentToStrangers: a query that names a victim as its source makes nobody send there.
func TestNothingIsSentToStrangers(t *testing.T) {
	known := false
	q := newQueries(t, func(c *QueryConfig) {
		c.Known = func(node string, addr netip.AddrPort) bool { return known && node == "n00001" && addr == addrOf(1) }
	})
	m := received()
	m.Flags = FlagAck
	r := hear(t, q, m)
	if !r.Deliver || !r.Rebroadcast || r.Ack.Message != nil || q.Stats().AckRefused != 1 {
		t.Errorf("got %+v, %+v, want no ack", r, q.Stats())
	}
	_, err := q.Respond(start, r.Event.QueryID(), nil)
	wantError(t, "Respond", err, ErrStranger)
	known = true // in the meantime the member was heard of
	if _, err := q.Respond(start, r.Event.QueryID(), nil); err != nil {
		t.Errorf("Respond to a member: got %v", err)
	}
}

func TestQueryWithoutAnAddressCannotBeAnswered(t *testing.T) {
	q := newQueries(t)
	m := received()
	m.Addr, m.Flags = []byte{1, 2, 3, 4, 5}, FlagAck
	r := hear(t, q, m)
	if !r.Deliver || r.Ack.Message != nil {
		t.Errorf("got %+v", r)
	}
	_, err := q.Respond(start, r.Event.QueryID(), nil)
	wantError(t, "Respond", err, ErrStranger)
}

func TestRespondOnceInTime(t *testing.T) {
	q := newQueries(t)
	id := hear(t, q, received()).Event.QueryID()
	_, err := q.Respond(start.Add(time.Second), id, nil)
	if wantError(t, "late", err, ErrDeadline); err.Error() != "response is past the deadline" || q.Open(start.Add(time.Second), id) {
		t.Errorf("got %v", err)
	}
	_, err = q.Respond(start, id, make([]byte, 65536))
	wantError(t, "too large", err, ErrTooLarge)
	_, err = q.Respond(start, QueryID{7, 8}, nil)
	wantError(t, "unknown", err, ErrQueryUnknown)
	if !q.Open(start, id) {
		t.Error("refused responses closed the query")
	}
	r, err := q.Respond(start, id, []byte("up"))
	m, _ := DecodeResponse(r.Message)
	if err != nil || r.To != addrOf(1) || m.LTime != 7 || m.ID != 9 || string(m.From) != "n00000" || string(m.Payload) != "up" || m.Ack() || r.Relay != nil {
		t.Errorf("got %+v, %+v, %v", r, m, err)
	}
	_, err = q.Respond(start, id, []byte("up"))
	if wantError(t, "again", err, ErrAnswered); err.Error() != "response already sent" || q.Open(start, id) {
		t.Errorf("got %v", err)
	}
}

// The reference measures the relay message, 44 bytes and the name longer, against the same limit, fails, and lets the
// application answer again although its answer was sent.
func TestAnswerThatJustFitsIsRelayedAndGivenOnce(t *testing.T) {
	m := received()
	m.RelayFactor = 2
	q := newQueries(t)
	id := hear(t, q, m).Event.QueryID()
	overhead := len(AppendResponse(nil, &ResponseMessage{LTime: id.LTime, ID: id.ID, From: []byte("n00000"), Payload: make([]byte, 900)})) - 900
	r, err := q.Respond(start, id, make([]byte, DefaultQuery().ResponseBytesMax-overhead))
	if err != nil || r.Stream || len(r.Message) != DefaultQuery().ResponseBytesMax || len(r.Relay) <= len(r.Message) {
		t.Errorf("got stream %v, %d bytes, %d to relay, %v", r.Stream, len(r.Message), len(r.Relay), err)
	}
	_, err = q.Respond(start, id, []byte("again"))
	wantError(t, "again", err, ErrAnswered)
}

// TestLargeResponseTravelsOverAStream: reference agents take it there as well.
func TestLargeResponseTravelsOverAStream(t *testing.T) {
	m := received()
	m.RelayFactor = 1
	for size, want := range map[int]bool{900: false, 1100: true} {
		q := newQueries(t)
		r, err := q.Respond(start, hear(t, q, m).Event.QueryID(), make([]byte, size))
		if err != nil || r.Stream != want || (r.Relay != nil) == want {
			t.Errorf("%d bytes: stream %v, relay %v, error %v", size, r.Stream, r.Relay != nil, err)
		}
	}
	q := newQueries(t, func(c *QueryConfig) { c.StreamBytesMax = 0 })
	_, err := q.Respond(start, hear(t, q, m).Event.QueryID(), make([]byte, 1100))
	if err == nil || err.Error() != "response exceeds limit of 1024 bytes" {
		t.Errorf("without streams: got %v", err)
	}
}

func TestOpenQueriesAreBounded(t *testing.T) {
	q := newQueries(t, func(c *QueryConfig) { c.OpenMax = 3 })
	m := received()
	for i := range 5 {
		m.ID = uint32(i)
		hear(t, q, m)
	}
	for i, want := range []bool{false, false, true, true, true} {
		if got := q.Open(start, QueryID{7, uint32(i)}); got != want {
			t.Errorf("query %d: open %v, want %v", i, got, want)
		}
	}
	m.ID = 99
	if _, err := q.Receive(start.Add(time.Hour), AppendQuery(nil, &m), nil); err != nil || len(q.open) != 1 || q.openOrder.len() != 1 {
		t.Errorf("%d open an hour later, %v, want 1", len(q.open), err)
	}
	if got := q.Stats().Forgotten; got != 2 {
		t.Errorf("%d forgotten, want 2", got)
	}
}

func TestQueriesOfOneTimeAreBounded(t *testing.T) {
	q := newQueries(t)
	m := received()
	for i := range PerTimeMax + 1 {
		m.ID = uint32(i)
		_, err := q.Receive(start, AppendQuery(nil, &m), nil)
		if full := i == PerTimeMax; full != errors.Is(err, ErrMomentFull) {
			t.Fatalf("query %d: got %v", i, err)
		}
	}
}

// TestOwnQueryIsAnsweredAtOnce: no packet can get lost on the way to oneself, and no relay is needed.
func TestOwnQueryIsAnsweredAtOnce(t *testing.T) {
	q := newQueries(t, func(c *QueryConfig) { c.Known = func(string, netip.AddrPort) bool { return false } })
	id, b := ask(t, q, QueryParams{Name: "uptime", Ack: true, RelayFactor: 2}, cluster(1))
	r, err := q.Receive(start, b, nil)
	if err != nil || !r.Ack.Self || r.Ack.Relay != nil {
		t.Fatalf("got %+v, %v", r, err)
	}
	if err := q.HandleResponse(start, r.Ack.Message); err != nil {
		t.Fatal(err)
	}
	response, err := q.Respond(start, id, []byte("up"))
	if err != nil || !response.Self {
		t.Fatalf("got %+v, %v", response, err)
	}
	if err := q.HandleResponse(start, response.Message); err != nil {
		t.Fatal(err)
	}
	wantUpdates(t, q, "ack n00000", "n00000: up", "end complete expected=1 acks=1 responses=1")
}

func TestClockThatNeverWasIsNotRestored(t *testing.T) {
	q, u := newQueries(t), newUser(t)
	if q.Restore(math.MaxUint64) || u.Restore(math.MaxUint64) || q.Time() != 1 || u.Time() != 1 {
		t.Errorf("clocks at %d and %d, want both at 1", q.Time(), u.Time())
	}
	if !q.Restore(0) || !u.Restore(0) || q.Time() != 1 || u.Time() != 1 {
		t.Errorf("clocks at %d and %d, want both at 1", q.Time(), u.Time())
	}
}

func TestRestoredMemberDoesNotAnswerAgain(t *testing.T) {
	q := newQueries(t)
	q.Restore(7)
	m := received()
	if r := hear(t, q, m); r.Deliver || r.Rebroadcast || q.Time() != 8 {
		t.Errorf("got %+v, clock %d", r, q.Time())
	}
	m.LTime = 8
	if r := hear(t, q, m); !r.Deliver {
		t.Errorf("got %+v, want the new one", r)
	}
}

func TestRelaysAreAliveOthersThatCanRelay(t *testing.T) {
	members := cluster(8)
	for i, change := range map[int]func(*Member){
		2: func(m *Member) { m.Status = StatusFailed },
		3: func(m *Member) { m.Versions[1] = 4 },
		4: func(m *Member) { m.Addr, m.Name = addrOf(1), "n00004" }, // the destination under another name
	} {
		m := *members[i]
		change(&m)
		members[i] = &m
	}
	r := Reply{To: addrOf(1), Node: "n00001", Relay: []byte("x"), Relays: 7}
	var names []string
	for _, m := range AppendRelays(nil, members, &r, "n00000", random()) {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "n00005 n00006 n00007" {
		t.Errorf("got %s", got)
	}
	r.Relays = 8
	if got := AppendRelays(nil, members, &r, "n00000", random()); got != nil {
		t.Errorf("too few members: got %d relays, want none", len(got))
	}
	r.Relay = nil
	if got := AppendRelays(nil, members, &r, "n00000", random()); got != nil {
		t.Errorf("nothing to relay: got %d relays, want none", len(got))
	}
}

func TestRelaysAreDifferent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := cluster(rapid.IntRange(1, 20).Draw(t, "members"))
		r := Reply{To: addrOf(0), Node: "n00000", Relay: []byte("x"), Relays: rapid.IntRange(0, 5).Draw(t, "relays")}
		got := AppendRelays(members[:1:1], members, &r, "n00001", random())[1:]
		for i, m := range got {
			if slices.Contains(got[:i], m) || m.Name < "n00002" {
				t.Fatalf("got %s twice or wrongly", m.Name)
			}
		}
		if n := len(members); len(got) > r.Relays || n > 2*(r.Relays+3) && len(got) < r.Relays {
			t.Fatalf("%d relays of %d among %d", len(got), r.Relays, n)
		}
	})
}

func TestOnlyResponsesToMembersArePassedOn(t *testing.T) {
	q := newQueries(t, func(c *QueryConfig) {
		c.Known = func(node string, addr netip.AddrPort) bool { return node == "n00001" && addr == addrOf(1) }
	})
	response := AppendResponse(nil, &ResponseMessage{LTime: 1, From: []byte("n00002")})
	good := AppendRelayTo(nil, addrOf(1), "n00001", response)
	f, err := q.HandleRelay(good)
	if err != nil || f.To != addrOf(1) || f.Node != "n00001" || !slices.Equal(f.Message, response) || f.Self {
		t.Errorf("got %+v, %v", f, err)
	}
	for what, c := range map[string]struct {
		b    []byte
		want error
	}{
		"leave":       {AppendRelayTo(nil, addrOf(1), "n00001", []byte("\x00\x83")), ErrRelayed},
		"nothing":     {AppendRelayTo(nil, addrOf(1), "n00001", nil), ErrRelayed},
		"relay":       {AppendRelayTo(nil, addrOf(1), "n00001", good), ErrRelayed},
		"half":        {AppendRelayTo(nil, addrOf(1), "n00001", response[:9]), ErrShort},
		"address":     {AppendRelayTo(nil, addrOf(2), "n00001", response), ErrStranger},
		"name":        {AppendRelayTo(nil, addrOf(1), "n00002", response), ErrStranger},
		"no address":  {AppendRelay(nil, &RelayMessage{Node: []byte("n00001"), Inner: response}), ErrStranger},
		"port":        {AppendRelay(nil, &RelayMessage{IP: []byte{10, 0, 0, 1}, Port: -1, Inner: response}), ErrStranger},
		"half header": {good[:5], ErrShort},
	} {
		_, err := q.HandleRelay(c.b)
		wantError(t, what, err, c.want)
	}
	if s := q.Stats(); s.RelayPassedOn != 1 || s.RelayRefused != 7 || s.RelayMalformed != 2 {
		t.Errorf("got %+v", s)
	}
}

// TestRelayToOneselfIsTakenAtOnce: reference peers choose the member that asks as a relay too.
func TestRelayToOneselfIsTakenAtOnce(t *testing.T) {
	q := newQueries(t, func(c *QueryConfig) { c.Known = func(string, netip.AddrPort) bool { return false } })
	id, _ := ask(t, q, QueryParams{Name: "uptime"}, cluster(2))
	response := AppendResponse(nil, &ResponseMessage{LTime: id.LTime, ID: id.ID, From: []byte("n00001"), Payload: []byte("up")})
	f, err := q.HandleRelay(AppendRelayTo(nil, addrOf(0), "n00000", response))
	if err != nil || !f.Self {
		t.Fatalf("got %+v, %v", f, err)
	}
	if err := q.HandleResponse(start, f.Message); err != nil {
		t.Fatal(err)
	}
	wantUpdates(t, q, "n00001: up")
}

// modelQueries is a plain twin of the memory of Queries.
type modelQueries struct {
	window, clock uint64
	heard         map[QueryID]bool
}

func TestQueriesAgreeWithModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.IntRange(1, 9).Draw(t, "window")
		cfg := DefaultQuery()
		cfg.Window = window
		q, err := NewQueries(cfg)
		if err != nil {
			t.Fatal(err)
		}
		model := modelQueries{uint64(window), 1, make(map[QueryID]bool)}
		for range rapid.IntRange(0, 60).Draw(t, "queries") {
			id := QueryID{rapid.Uint64Range(0, model.clock+2).Draw(t, "ltime"), rapid.Uint32Range(0, 3).Draw(t, "id")}
			model.clock = max(model.clock, id.LTime+1)
			old := model.clock > model.window && id.LTime < model.clock-model.window
			want := !old && !model.heard[id]
			model.heard[id] = model.heard[id] || want
			r, err := q.Receive(start, AppendQuery(nil, &QueryMessage{LTime: id.LTime, ID: id.ID}), nil)
			if err != nil || r.Deliver != want || r.Rebroadcast != want || q.Time() != model.clock {
				t.Fatalf("%v: got %+v, clock %d, %v; want %v, clock %d", id, r, q.Time(), err, want, model.clock)
			}
		}
	})
}

func TestMalformedMessagesChangeNothing(t *testing.T) {
	q, u := newQueries(t), newUser(t)
	for name, err := range map[string]error{
		"query":    func() error { _, err := q.Receive(start, []byte("\x04\x81\xa5LTime"), nil); return err }(),
		"response": q.HandleResponse(start, []byte("\x05\x05")),
		"relay":    func() error { _, err := q.HandleRelay([]byte("\x09\xc1")); return err }(),
		"user":     func() error { _, _, err := u.Receive([]byte("\x03\x81\xa5LTime\xff")); return err }(),
	} {
		var fault *DecodeError
		if !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), "eventbus: decode ") {
			t.Errorf("%s: got %v, want a DecodeError", name, err)
		}
	}
	s := q.Stats()
	if got := fmt.Sprint(s.Malformed, s.AnswerMalformed, s.RelayMalformed, u.Stats().Malformed, q.Time(), u.Time()); got != "1 1 1 1 1 1" {
		t.Errorf("counters and clocks: got %s", got)
	}
}
