package eventbus

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"serf/membership/lamport"
)

type userDedupVector struct {
	Name            string
	EventBuffer     int    `json:"event_buffer"`
	EventMinTime    uint64 `json:"event_min_time"`
	StartEventClock uint64 `json:"start_event_clock"`
	Steps           []struct {
		Accepted   bool
		EventClock uint64 `json:"event_clock"`
		In         struct {
			LTime         uint64
			Name, Payload string
		}
	}
}

func TestUserEventDedupVectors(t *testing.T) {
	var vs []userDedupVector
	readVectors(t, "user_event_dedup.json", &vs)
	for _, v := range vs {
		u := newUser(t, func(c *UserConfig) { c.Window = v.EventBuffer })
		u.WitnessPeer(v.StartEventClock)
		u.min = v.EventMinTime // the vectors have it above the clock
		for i, s := range v.Steps {
			m := UserMessage{LTime: s.In.LTime, Name: []byte(s.In.Name), Payload: []byte(s.In.Payload)}
			_, news, err := u.Receive(AppendUser(nil, &m))
			if err != nil || news != s.Accepted || u.Time() != s.EventClock {
				t.Errorf("%s: step %d: got %v, clock %d, error %v; want %v, clock %d", v.Name, i, news, u.Time(), err, s.Accepted, s.EventClock)
			}
		}
	}
}

type limitVector struct {
	Name, Kind string
	Limit      int
	NameLen    int `json:"name_len"`
	MaxPayload int `json:"max_payload"`
	N          int
	LanMS      int64 `json:"lan_ms"`
	WanMS      int64 `json:"wan_ms"`
	LocalMS    int64 `json:"local_ms"`
}

func TestUserEventSizeVectors(t *testing.T) {
	var vs []limitVector
	readVectors(t, "limits.json", &vs)
	for _, v := range vs {
		if v.Kind != "user_event" {
			continue
		}
		u := newUser(t, func(c *UserConfig) { c.BytesMax, c.GossipBytesMax = v.Limit, math.MaxUint16 })
		name := strings.Repeat("n", v.NameLen)
		if _, _, err := sendEvent(u, name, make([]byte, v.MaxPayload+1), false); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: one byte more: got %v, want %v", v.Name, err, ErrTooLarge)
		}
		if u.Time() != 1 {
			t.Errorf("%s: a refused event moved the clock", v.Name)
		}
		b, _, err := sendEvent(u, name, make([]byte, v.MaxPayload), false)
		if err != nil || len(b) > v.Limit {
			t.Errorf("%s: got %d bytes, %v", v.Name, len(b), err)
		}
	}
}

// TestEventTooLargeToGossipIsRefused: it would stay queued for ever and spread by push/pull only.
func TestEventTooLargeToGossipIsRefused(t *testing.T) {
	u := newUser(t, func(c *UserConfig) { c.BytesMax = UserBytesMax })
	_, _, err := sendEvent(u, "deploy", make([]byte, 1400), false)
	var size *SizeError
	if !errors.As(err, &size) || size.Limit != 1395 || size.Size != 1444 {
		t.Fatalf("got %v (%+v), want 1444 > 1395 bytes", err, size)
	}
	if want := "eventbus: user event too large to gossip (1444 > 1395 bytes)"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if _, _, err := sendEvent(u, "deploy", make([]byte, 1351), false); err != nil || u.Time() != 2 {
		t.Errorf("what fits: got %v, clock %d", err, u.Time())
	}
}

// TestSizeErrorsReadAsClientsKnowThem: scripts compare these texts.
func TestSizeErrorsReadAsClientsKnowThem(t *testing.T) {
	u := newUser(t)
	for n, want := range map[int]string{
		600: "user event exceeds configured limit of 512 bytes before encoding",
		500: "encoded user event exceeds configured limit of 512 bytes after encoding",
	} {
		if _, _, err := sendEvent(u, "a", make([]byte, n), false); err == nil || err.Error() != want {
			t.Errorf("%d bytes: got %v, want %s", n, err, want)
		}
	}
	q := newQueries(t)
	p := QueryParams{Name: "a", Payload: make([]byte, 1024)}
	if _, _, err := q.Start(start, &p, nil, random()); err == nil || err.Error() != "query exceeds limit of 1024 bytes" {
		t.Errorf("query: got %v", err)
	}
}

// TestEqualEventsSentAtOnceAreBothHeard: each has a Lamport time of its own.
func TestEqualEventsSentAtOnceAreBothHeard(t *testing.T) {
	sender, receiver := newUser(t), newUser(t)
	for i := range 2 {
		b, _, err := sendEvent(sender, "deploy", []byte("v1"), false)
		if err != nil {
			t.Fatal(err)
		}
		if _, news, err := receiver.Receive(b); !news || err != nil {
			t.Errorf("event %d: got %v, %v, want news", i, news, err)
		}
	}
	if _, news, _ := sender.Receive(AppendUser(nil, &UserMessage{LTime: 1, Name: []byte("deploy"), Payload: []byte("v1")})); news {
		t.Error("an own event that came back was news")
	}
}

func TestEventComesOutAsItWasSent(t *testing.T) {
	sender, receiver := newUser(t), newUser(t)
	payload := []byte("v1")
	b, own, err := sendEvent(sender, "deploy", payload, true)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := receiver.Receive(b)
	clear(b)
	payload[0] = 'x'
	for who, e := range map[string]Event{"sender": own, "receiver": got} {
		if err != nil || e.Type != User || e.Name != "deploy" || string(e.Payload) != "v1" || e.LTime != 1 || !e.Coalesce {
			t.Errorf("%s: got %+v, %v", who, e, err)
		}
	}
}

func TestNamesWithControlCharactersAreRefusedOnlyHere(t *testing.T) {
	for _, name := range []string{"a\x00b", "a\nb", "\x1b[31m", "a\x7f", strings.Repeat("x", 300)} {
		u := newUser(t, func(c *UserConfig) { c.BytesMax = 1024 })
		_, _, err := sendEvent(u, name, nil, false)
		wantError(t, fmt.Sprintf("%.10q", name), err, ErrName)
		if e, news, err := u.Receive(AppendUser(nil, &UserMessage{LTime: 1, Name: []byte(name)})); !news || err != nil || e.Name != name {
			t.Errorf("received %.10q: got %v, %v, want news", name, news, err)
		}
	}
}

// TestPoisonedTimeIsContained: one forged message neither wraps the clock nor makes all later events look old.
func TestPoisonedTimeIsContained(t *testing.T) {
	for _, ltime := range []uint64{math.MaxUint64, math.MaxUint64 - 1, lamport.JumpMax + 3} {
		u := newUser(t)
		_, news, err := u.Receive(AppendUser(nil, &UserMessage{LTime: ltime, Name: []byte("evil")}))
		if wantError(t, "forged", err, ErrLTime); news || u.Time() != 1 || u.Stats().LTimeRefused != 1 {
			t.Errorf("forged: news %v, clock %d, %+v", news, u.Time(), u.Stats())
		}
		if u.WitnessPeer(ltime); u.Time() != 1 {
			t.Errorf("a forged clock was believed: %d", u.Time())
		}
		if u.IgnoreBefore(ltime); u.min != 0 {
			t.Errorf("a forged minimum was believed: %d", u.min)
		}
		if _, news, err := u.Receive(AppendUser(nil, &UserMessage{LTime: 1, Name: []byte("good")})); !news || err != nil {
			t.Errorf("after it: %v, %v, want news", news, err)
		}
	}
}

func TestEventsOfOneTimeAreBounded(t *testing.T) {
	u := newUser(t)
	for i := range PerTimeMax + 10 {
		_, news, err := u.Receive(AppendUser(nil, &UserMessage{LTime: 5, Name: fmt.Appendf(nil, "e%d", i)}))
		if full := i >= PerTimeMax; news == full || full != errors.Is(err, ErrMomentFull) {
			t.Fatalf("event %d: got %v, %v", i, news, err)
		}
	}
	if got := u.Stats().MomentFull; got != 10 {
		t.Errorf("%d refused, want 10", got)
	}
	if _, news, err := u.Receive(AppendUser(nil, &UserMessage{LTime: 6, Name: []byte("next")})); !news || err != nil {
		t.Errorf("next time: got %v, %v, want news", news, err)
	}
}

// TestBurstIsHeardWhoseEndComesFirst: the reference lost 488 of 1000 such events.
func TestBurstIsHeardWhoseEndComesFirst(t *testing.T) {
	sender, receiver := newUser(t), newUser(t)
	var sent [][]byte
	for i := range 1000 {
		b, _, err := sendEvent(sender, fmt.Sprint(i), nil, false)
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, append([]byte(nil), b...))
	}
	for i := len(sent) - 1; i >= 0; i-- {
		if _, news, err := receiver.Receive(sent[i]); !news || err != nil {
			t.Fatalf("event %d: got %v, %v, want news", i, news, err)
		}
	}
}

// TestForgottenEventsDoNotComeAgain: memory is bounded by bytes too, and what had to go is refused from then on.
func TestForgottenEventsDoNotComeAgain(t *testing.T) {
	u := newUser(t, func(c *UserConfig) { c.RememberedBytesMax = 100_000 })
	payload := make([]byte, 9000)
	message := func(ltime uint64) []byte {
		return AppendUser(nil, &UserMessage{LTime: ltime, Name: []byte("big"), Payload: payload})
	}
	for ltime := uint64(1); ltime <= 50; ltime++ {
		if _, news, err := u.Receive(message(ltime)); !news || err != nil {
			t.Fatalf("event %d: got %v, %v, want news", ltime, news, err)
		}
		if u.bytes > 100_000 {
			t.Fatalf("%d bytes remembered", u.bytes)
		}
	}
	for ltime := uint64(1); ltime <= 50; ltime++ {
		if _, news, _ := u.Receive(message(ltime)); news {
			t.Errorf("event %d was news again", ltime)
		}
	}
	if s := u.Stats(); s.Old == 0 || s.Duplicate == 0 || s.Evicted != s.Old {
		t.Errorf("got %+v, want those forgotten counted as old", s)
	}
}

func TestOversizedEventIsRefused(t *testing.T) {
	u := newUser(t)
	b := AppendUser(nil, &UserMessage{LTime: 9, Payload: make([]byte, UserBytesMax)})
	_, _, err := u.Receive(b)
	wantError(t, "Receive", err, ErrTooLarge)
	_, _, err = u.Merge(9, "x", make([]byte, UserBytesMax), false)
	wantError(t, "Merge", err, ErrTooLarge)
	if u.Time() != 1 {
		t.Errorf("clock %d moved", u.Time())
	}
}

func TestRestoredMemberDoesNotRerunEvents(t *testing.T) {
	u := newUser(t)
	u.Restore(41)
	if u.Time() != 42 {
		t.Errorf("clock %d, want 42", u.Time())
	}
	for ltime, want := range map[uint64]bool{40: false, 41: false, 42: true} {
		if _, news, err := u.Merge(ltime, "deploy", nil, false); news != want || err != nil {
			t.Errorf("event of %d: got %v, %v, want %v", ltime, news, err, want)
		}
	}
}

// modelUser is a plain twin of UserEvents: everything is remembered, and looked up by going through it.
type modelUser struct {
	window, clock uint64
	heard         []string
}

func (m *modelUser) receive(ltime uint64, name, payload string) bool {
	m.clock = max(m.clock, ltime+1)
	key := fmt.Sprint(ltime, "/", name, "/", payload)
	if m.clock > m.window && ltime < m.clock-m.window {
		return false
	}
	for _, h := range m.heard {
		if h == key {
			return false
		}
	}
	m.heard = append(m.heard, key)
	return true
}

func TestUserEventsAgreeWithModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.IntRange(1, 9).Draw(t, "window")
		u, err := NewUserEvents(UserConfig{BytesMax: 512, GossipBytesMax: 1395, Window: window, RememberedBytesMax: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		model := modelUser{window: uint64(window), clock: 1}
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			ltime := rapid.Uint64Range(0, model.clock+2).Draw(t, "ltime")
			name, payload := rapid.StringN(0, 1, -1).Draw(t, "name"), rapid.SampledFrom([]string{"", "p"}).Draw(t, "payload")
			want := model.receive(ltime, name, payload)
			_, news, err := u.Merge(ltime, name, []byte(payload), false)
			if err != nil || news != want || u.Time() != model.clock {
				t.Fatalf("%d %q %q: got %v, clock %d, %v; want %v, clock %d", ltime, name, payload, news, u.Time(), err, want, model.clock)
			}
		}
		checkUser(t, u)
	})
}

// checkUser checks the invariants of u.
func checkUser(t interface{ Fatalf(string, ...any) }, u *UserEvents) {
	bytes := 0
	for _, m := range u.history.slots {
		if m == nil {
			continue
		}
		for i := range m.seen {
			bytes += m.seen[i].size()
		}
		if len(m.seen) > 0 && (m.ltime >= u.Time() || m.ltime < u.low) || len(m.seen) > PerTimeMax {
			t.Fatalf("%d events of %d remembered at %d", len(m.seen), m.ltime, u.Time())
		}
	}
	if bytes != u.bytes {
		t.Fatalf("%d bytes remembered, %d counted", bytes, u.bytes)
	}
}
