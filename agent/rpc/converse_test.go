package rpc

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"serf/agent"
	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership/coordinate"
)

// TestServerConversesAsRecorded plays recorded sessions step by step: what the recorded agent said by itself happens in
// ours at the same place. Replies and records are compared for each Seq, since their order among each other is chance.
func TestServerConversesAsRecorded(t *testing.T) {
	for _, name := range []string{
		"cli-event", "cli-event-nopayload", "cli-event-toolong", "cli-keys-install", "cli-keys-install-bad", "cli-keys-list",
		"cli-keys-remove", "cli-keys-remove-primary", "cli-keys-use", "cli-monitor", "cli-monitor-badlevel", "cli-query",
		"cli-query-filter", "cli-query-reserved", "cli-reachability", "cli-rtt", "cli-rtt-unknown", "cli-tags",
		"raw-legacy-msgpack", "raw-monitor", "raw-monitor-errors", "raw-query-misc", "raw-respond-invalid",
		"raw-simple-commands", "raw-stream-all", "raw-stream-errors", "raw-stream-members",
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlayer(t, loadSession(t, name))
			got := p.play()
			want := map[uint64][]message{}
			var seq uint64
			sent, _ := p.session.direction("s2c")
			for _, m := range sent {
				if s, ok := m.field("Seq"); ok {
					seq = uint64(s.(float64))
				}
				want[seq] = append(want[seq], m)
			}
			for seq := range want {
				t.Run(fmt.Sprint("seq ", seq), func(t *testing.T) { compareValues(t, got[seq], want[seq]) })
			}
			if len(got) != len(want) {
				t.Errorf("answers to %d Seqs, want %d", len(got), len(want))
			}
		})
	}
}

// player plays one session against a server.
type player struct {
	t       *testing.T
	session session
	nc      *net.TCPConn
	in      *replyReader
	backend *fakeBackend
	log     *journal.Journal

	monitor    uint64 // the Seq of the session's monitor, or 0
	monitoring bool   // its reply has come
	stashed    []byte // a body that was read ahead

	mu      sync.Mutex
	seq     uint64 // of the request under way
	now     time.Time
	answers map[uint64]*fakeAnswers
}

func newPlayer(t *testing.T, s session) *player {
	p := &player{t: t, session: s, backend: s.backend(t), answers: map[uint64]*fakeAnswers{}}
	p.log = journal.New(journal.Options{Now: func() time.Time {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.now
	}})
	for i, m := range s.Messages {
		if _, ok := m.field("Log"); ok {
			seq, _ := s.Messages[i-1].field("Seq")
			p.monitor = uint64(seq.(float64))
		}
	}
	b := p.backend
	b.event = func(string, []byte, bool) error { return p.refusal() }
	b.tags = func(map[string]string, []string) error { return p.refusal() }
	b.respond = func(eventbus.QueryID, []byte) error { return p.refusal() }
	b.query = func(eventbus.QueryParams) (Answers, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.answers[p.seq] = newFakeAnswers(10)
		return p.answers[p.seq], nil
	}
	b.keys = func(string, string) (*agent.KeyResult, error) {
		k, err := decodeKeyResult(p.body())
		if err != nil {
			t.Error(err)
		}
		return &agent.KeyResult{Messages: k.Messages, Keys: k.Keys, NumNodes: k.NumNodes, NumErr: k.NumErr, NumResp: k.NumResp}, p.refusal()
	}
	b.coordinate = func(string) (coordinate.Coordinate, bool) {
		r, err := decodeCoordinateReply(p.body())
		if err != nil {
			t.Error(err)
		}
		return r.Coord, r.Ok
	}
	_, addr := startServer(t, b, ServerConfig{Log: p.log})
	p.nc = dialRaw(t, addr)
	p.in = newReplyReader(p.nc)
	return p
}

// refusal returns the error that the recorded agent gave to the request under way.
func (p *player) refusal() error {
	text, _ := p.session.Messages[p.reply()].field("Error")
	switch text := text.(string); text {
	case "":
		return nil
	case textUnknownQuery:
		return eventbus.ErrQueryUnknown
	case textRespondFailed + "response already sent":
		return eventbus.ErrAnswered
	default:
		return errors.New(text)
	}
}

// body returns that of the reply to the request under way.
func (p *player) body() []byte { return p.session.Messages[p.reply()+1].bytes(p.t) }

// reply returns where the reply to the request under way stands.
func (p *player) reply() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, m := range p.session.Messages {
		if seq, ok := m.field("Seq"); ok && m.Dir == "s2c" && uint64(seq.(float64)) == p.seq {
			return i
		}
	}
	panic("no reply")
}

// play returns what the server sends, by Seq.
func (p *player) play() map[uint64][][]byte {
	got := map[uint64][][]byte{}
	var seq uint64
	for i, m := range p.session.Messages {
		switch {
		case m.EOF:
			_ = p.nc.CloseWrite()
		case m.Dir == "c2s":
			if s, ok := m.field("Seq"); ok {
				p.mu.Lock()
				p.seq = uint64(s.(float64))
				p.mu.Unlock()
			}
			send(p.t, p.nc, m.bytes(p.t))
		default:
			if s, ok := m.field("Seq"); ok {
				p.happen(uint64(s.(float64)), p.session.Messages[i+1])
			}
			b := p.read(&seq)
			got[seq] = append(got[seq], b)
		}
	}
	if rest := readAll(p.t, p.in.in); len(rest) > 0 {
		p.t.Errorf("at the end: got %x, want nothing", rest)
	}
	return got
}

// read returns the next value and keeps track of its Seq. Log lines about this very connection are passed over.
func (p *player) read(seq *uint64) []byte {
	for {
		if b := p.stashed; b != nil {
			p.stashed = nil
			return b
		}
		b := p.in.body(p.t)
		if fields, _ := decodeAny(p.t, b).(map[string]any); fields["Seq"] == nil {
			return b
		}
		h, err := decodeReplyHeader(b)
		if err != nil {
			p.t.Fatal(err)
		}
		*seq = h.Seq
		if h.Seq != p.monitor {
			return b
		}
		if !p.monitoring {
			p.monitoring = true
			return b
		}
		body := p.in.body(p.t)
		if !strings.Contains(string(body), p.nc.LocalAddr().String()) {
			p.stashed = body
			return b
		}
	}
}

// happen makes the record m come about.
func (p *player) happen(seq uint64, m message) {
	fields, _ := m.Value.(map[string]any)
	switch {
	case m.Dir != "s2c":
	case fields["Log"] != nil:
		p.writeLog(fields["Log"].(string))
	case fields["Event"] != nil:
		p.backend.publish(eventOf(p.t, m.bytes(p.t)))
	case fields["Type"] != nil:
		a, err := decodeAnswer(m.bytes(p.t))
		if err != nil {
			p.t.Fatal(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if a.Type == answerDone {
			close(p.answers[seq].answers)
			return
		}
		kind := map[string]agent.AnswerKind{"ack": agent.AnswerAck, "response": agent.AnswerResponse}[a.Type]
		p.answers[seq].answers <- agent.Answer{Kind: kind, From: a.From, Payload: a.Payload}
	}
}

// writeLog adds a line to the journal.
func (p *player) writeLog(line string) {
	const stamp = "2006/01/02 15:04:05"
	now, err := time.ParseInLocation(stamp, line[:len(stamp)], time.Local)
	name, text, ok := strings.Cut(line[len(stamp)+2:], "] ")
	level, err2 := journal.ParseLevel(name)
	if err != nil || err2 != nil || !ok {
		p.t.Fatalf("line %q: %v, %v", line, err, err2)
	}
	p.mu.Lock()
	p.now = now
	p.mu.Unlock()
	p.log.Printf(level, "", "%s", text)
}

// eventOf returns the event of a record.
func eventOf(t testing.TB, b []byte) eventbus.Event {
	t.Helper()
	rec, err := decodeEventRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	e := eventbus.Event{Name: rec.Name, LTime: rec.LTime, Payload: rec.Payload, Coalesce: rec.Coalesce}
	for typ := eventbus.MemberJoin; typ <= eventbus.Query; typ++ {
		if typ.String() == rec.Type {
			e.Type = typ
		}
	}
	for _, m := range rec.Members {
		e.Members = append(e.Members, memberOf(t, m))
	}
	return e
}
