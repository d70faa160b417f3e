package rpc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/swim/msgpack"
)

// asked returns the bytes of a request; body may be nil.
func asked(command string, seq uint64, body []byte) []byte {
	return append(appendRequestHeader(nil, requestHeader{command, seq}), body...)
}

func handshake(seq uint64) []byte {
	return asked("handshake", seq, appendHandshake(nil, handshakeRequest{Version: 1}))
}

func auth(seq uint64, key string) []byte {
	return asked("auth", seq, appendAuth(nil, authRequest{AuthKey: key}))
}

func joining(seq uint64, addrs ...string) []byte {
	return asked("join", seq, appendJoin(nil, joinRequest{Existing: addrs}))
}

// replyReader takes a server's values apart.
type replyReader struct{ in *bufio.Reader }

func newReplyReader(r io.Reader) *replyReader { return &replyReader{bufio.NewReader(r)} }

func (r *replyReader) header(t testing.TB) replyHeader {
	t.Helper()
	b, err := readValue(r.in, nil, replyBytesMax)
	if err != nil {
		t.Fatalf("reading a reply: %v", err)
	}
	h, err := decodeReplyHeader(b)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (r *replyReader) body(t testing.TB) []byte {
	t.Helper()
	b, err := readValue(r.in, nil, replyBytesMax)
	if err != nil {
		t.Fatalf("reading a body: %v", err)
	}
	return b
}

func send(t testing.TB, nc net.Conn, requests ...[]byte) {
	t.Helper()
	if _, err := nc.Write(bytes.Join(requests, nil)); err != nil {
		t.Fatal(err)
	}
}

func TestPipelinedRequestsAreAllAnswered(t *testing.T) {
	const n = 10000
	_, addr := startServer(t, &fakeBackend{members: manyMembers(1)}, ServerConfig{})
	nc := dialRaw(t, addr)
	go func() {
		b := handshake(1)
		for seq := range uint64(n) {
			b = append(b, asked("members", seq+2, nil)...)
		}
		_, _ = nc.Write(b)
		_ = nc.CloseWrite()
	}()
	r := newReplyReader(nc)
	r.header(t)
	for seq := range uint64(n) {
		if h := r.header(t); h != (replyHeader{Seq: seq + 2}) {
			t.Fatalf("reply: got %+v, want Seq %d", h, seq+2)
		}
		r.body(t)
	}
	if rest := readAll(t, r.in); len(rest) > 0 {
		t.Errorf("after the last reply: got %x, want the end", rest)
	}
}

func TestEndOfInputDoesNotCancel(t *testing.T) {
	started := make(chan struct{})
	release := make(chan struct{})
	backend := &fakeBackend{join: func(ctx context.Context, _ []string, _ bool) (int, error) {
		close(started)
		<-release
		return 7, ctx.Err()
	}}
	_, addr := startServer(t, backend, ServerConfig{})
	nc := dialRaw(t, addr)
	send(t, nc, handshake(1), joining(2, "a"))
	<-started
	if err := nc.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	close(release)
	r := newReplyReader(nc)
	r.header(t)
	if h := r.header(t); h != (replyHeader{Seq: 2}) {
		t.Errorf("reply: got %+v, want success", h)
	}
}

func TestBrokenConnectionCancels(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	backend := &fakeBackend{join: func(ctx context.Context, _ []string, _ bool) (int, error) {
		close(started)
		<-ctx.Done()
		ended <- ctx.Err()
		return 0, ctx.Err()
	}}
	_, addr := startServer(t, backend, ServerConfig{})
	nc := dialRaw(t, addr)
	send(t, nc, handshake(1), joining(2, "a"))
	<-started
	_ = nc.SetLinger(0) // Close resets
	_ = nc.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("join: got %v, want %v", err, context.Canceled)
	}
}

func TestCloseCancelsAndWaits(t *testing.T) {
	started := make(chan struct{})
	over := false
	backend := &fakeBackend{join: func(ctx context.Context, _ []string, _ bool) (int, error) {
		close(started)
		<-ctx.Done()
		over = true
		return 0, ctx.Err()
	}}
	s, addr := startServer(t, backend, ServerConfig{})
	nc := dialRaw(t, addr)
	send(t, nc, handshake(1), joining(2, "a"))
	<-started
	_ = s.Close()
	if !over {
		t.Error("Close returned before the join was over")
	}
	if err := s.Serve(newPipeListener()); err != nil {
		t.Errorf("Serve after Close: got %v, want nil", err)
	}
}

func TestLeaveIsAnsweredThenTold(t *testing.T) {
	for _, failure := range []error{nil, errors.New("Leave already in progress")} {
		told := make(chan error, 1)
		log := journal.New(journal.Options{})
		var s *Server
		s, addr := startServer(t, &fakeBackend{leave: func(context.Context) error { return failure }}, ServerConfig{
			Log: log,
			Left: func(err error) {
				_ = s.Close()
				told <- err
			},
		})
		c := dialClient(t, addr, "")
		err := c.Leave(t.Context())
		if errorText(err) != errorText(failure) {
			t.Errorf("leave: got %v, want %v", err, failure)
		}
		if err := <-told; err != failure {
			t.Errorf("Left: got %v, want %v", err, failure)
		}
		if _, err := c.Members(t.Context()); err != ErrClosed {
			t.Errorf("members after leave: got %v, want %v", err, ErrClosed)
		}
		wantLog(t, log, "[INFO] agent.ipc: Graceful leave triggered")
		if failure != nil {
			wantLog(t, log, "[ERR] agent.ipc: leave failed: Leave already in progress")
		}
	}
}

func TestLeaveGoesOnWithoutItsClient(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	told := make(chan error, 1)
	backend := &fakeBackend{leave: func(ctx context.Context) error {
		close(started)
		<-release
		return ctx.Err()
	}}
	_, addr := startServer(t, backend, ServerConfig{Left: func(err error) { told <- err }})
	nc := dialRaw(t, addr)
	send(t, nc, handshake(1), asked("leave", 2, nil))
	<-started
	_ = nc.SetLinger(0)
	_ = nc.Close()
	close(release)
	if err := <-told; err != nil {
		t.Errorf("leave: got %v, want nil", err)
	}
}

func TestOldClientsRawStringsAndOddFamiliesAreAccepted(t *testing.T) {
	var got []string
	backend := &fakeBackend{join: func(_ context.Context, addrs []string, replay bool) (int, error) {
		got = append(slices.Clone(addrs), map[bool]string{true: "replay"}[replay])
		return len(addrs), nil
	}}
	_, addr := startServer(t, backend, ServerConfig{})
	nc := dialRaw(t, addr)
	long := strings.Repeat("a", 40)
	body := []byte{0xde, 0, 3} // map16, raw16 and bin8 strings, array32, keys in any order, an unknown one, nil
	body = msgpack.AppendBool(msgpack.AppendStr(body, "Replay"), true)
	body = append(msgpack.AppendStr(body, "Later"), 0xc7, 1, 5, 0) // ext
	body = append(msgpack.AppendStr(body, "Existing"), 0xdd, 0, 0, 0, 3)
	body = msgpack.AppendBin(msgpack.AppendString(body, long), []byte("b"))
	body = append(body, 0xc0)
	header := []byte{0x82, 0xc4, 3, 'S', 'e', 'q', 0xd3, 0, 0, 0, 0, 0, 0, 0, 2}
	header = msgpack.AppendString(msgpack.AppendStr(header, "Command"), "join")
	send(t, nc, handshake(1), header, body)
	r := newReplyReader(nc)
	r.header(t)
	if h := r.header(t); h != (replyHeader{Seq: 2}) {
		t.Fatalf("join: got %+v, want success", h)
	}
	r.body(t)
	if want := []string{long, "b", "", "replay"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFiltersMatchWholeValues(t *testing.T) {
	members := []*eventbus.Member{
		{Name: "web-1", Status: eventbus.StatusAlive, Tags: map[string]string{"role": "web"}},
		{Name: "web-10", Status: eventbus.StatusLeft},
		{Name: "db-1", Status: eventbus.StatusFailed, Tags: map[string]string{"role": "db"}},
	}
	_, addr := startServer(t, &fakeBackend{members: members}, ServerConfig{})
	c := dialClient(t, addr, "")
	tests := []struct {
		tags         map[string]string
		status, name string
		want, err    string
	}{
		{want: "web-1 web-10 db-1"},
		{name: "web-1", want: "web-1"},
		{name: "web-1|db", want: "web-1"},
		{name: "web.*|db.*", want: "web-1 web-10 db-1"},
		{status: "left|failed", want: "web-10 db-1"},
		{status: "lef", want: ""},
		{tags: map[string]string{"role": ".*"}, want: "web-1 web-10 db-1"},
		{tags: map[string]string{"role": ""}, want: "web-1 web-10 db-1"},
		{tags: map[string]string{"role": "web|"}, want: "web-1 web-10"},
		{tags: map[string]string{"role": ".+"}, status: "failed", want: "db-1"},
		{name: "a)|(b", err: "Failed to compile regex: error parsing regexp: unexpected ): `a)|(b`"},
		{status: "*", err: "Failed to compile regex: error parsing regexp: missing argument to repetition operator: `*`"},
		{tags: map[string]string{"b": "[", "a": "("}, err: "Failed to compile regex: error parsing regexp: missing closing ): `(`"},
	}
	for _, test := range tests {
		members, err := c.MembersFiltered(t.Context(), test.tags, test.status, test.name)
		var got []string
		for _, m := range members {
			got = append(got, m.Name)
		}
		if strings.Join(got, " ") != test.want || errorText(err) != test.err {
			t.Errorf("%+v: got %q, %v", test, got, err)
		}
	}
}

// bubble serves pipes inside a synctest bubble.
func bubble(t *testing.T, cfg ServerConfig, backend Backend, f func(t *testing.T, ln *pipeListener)) {
	synctest.Test(t, func(t *testing.T) {
		ln := newPipeListener()
		s := NewServer(backend, cfg)
		served := make(chan error, 1)
		go func() { served <- s.Serve(ln) }()
		f(t, ln)
		_ = s.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
	})
}

// texts returns what the journal remembers.
func texts(j *journal.Journal) string {
	var all []string
	for _, l := range j.Tail() {
		all = append(all, l.Text)
	}
	return strings.Join(all, "\n")
}

// wantLog waits for a line, as an answer may reach the client before the server has logged what it did.
func wantLog(t *testing.T, j *journal.Journal, part string) {
	t.Helper()
	lines := j.Subscribe(journal.Debug, 1024)
	defer lines.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		l, _, err := lines.Next(ctx)
		if err != nil {
			t.Fatalf("log: got\n%s\nwant a line with %q", texts(j), part)
		}
		if strings.Contains(l.Text, part) {
			return
		}
	}
}

func TestGuestIsClosedAfterTenSeconds(t *testing.T) {
	log := journal.New(journal.Options{})
	bubble(t, ServerConfig{AuthKey: "k", Log: log}, &fakeBackend{}, func(t *testing.T, ln *pipeListener) {
		start := time.Now()
		silent, shaken, busy := ln.dial("10.0.0.1:1"), ln.dial("10.0.0.2:1"), ln.dial("10.0.0.3:1")
		in := ln.dial("10.0.0.4:1")
		send(t, shaken, handshake(1))
		newReplyReader(shaken).header(t)
		send(t, busy, handshake(1)[:5])
		send(t, in, handshake(1))
		r := newReplyReader(in)
		r.header(t)
		send(t, in, auth(2, "k"))
		r.header(t)
		for _, nc := range []net.Conn{silent, shaken, busy} {
			if rest := readAll(t, nc); len(rest) > 0 {
				t.Errorf("guest reads %x, want nothing", rest)
			}
		}
		if got := time.Since(start); got != 10*time.Second {
			t.Errorf("guests closed after %v, want 10s", got)
		}
		// Who is logged in may be silent for as long as he likes.
		<-time.After(time.Hour)
		send(t, in, asked("members", 3, nil))
		if h := r.header(t); h != (replyHeader{Seq: 3}) {
			t.Errorf("members after an hour: got %+v, want success", h)
		}
		r.body(t)
		// But a request that he has begun has to come.
		start = time.Now()
		send(t, in, asked("members", 4, nil)[:7])
		if rest := readAll(t, in); len(rest) > 0 || time.Since(start) != 30*time.Second {
			t.Errorf("half a request: closed after %v with %x, want 30s and nothing", time.Since(start), rest)
		}
	})
	wantLog(t, log, "[INFO] agent.ipc: Accepted client: 10.0.0.1:1")
	wantLog(t, log, "[WARN] agent.ipc: Closing client 10.0.0.")
	wantLog(t, log, "[ERR] agent.ipc: failed to decode request header: its request is incomplete after 30s")
}

func TestClientThatDoesNotReadIsClosed(t *testing.T) {
	log := journal.New(journal.Options{})
	bubble(t, ServerConfig{Log: log}, &fakeBackend{members: manyMembers(10000)}, func(t *testing.T, ln *pipeListener) {
		nc, other := ln.dial("10.0.0.1:1"), ln.dial("10.0.0.1:2")
		send(t, nc, handshake(1))
		newReplyReader(nc).header(t)
		start := time.Now()
		send(t, nc, asked("members", 2, nil))

		// Others are served meanwhile.
		send(t, other, handshake(1))
		r := newReplyReader(other)
		r.header(t)
		send(t, other, asked("members", 2, nil))
		r.header(t)
		r.body(t)
		if got := time.Since(start); got != 0 {
			t.Errorf("another client waited %v", got)
		}
		<-time.After(5*time.Second + 1)
		if rest := readAll(t, nc); len(rest) > 0 {
			t.Errorf("after 5 s: got %d bytes, want the end", len(rest))
		}
	})
	wantLog(t, log, "Closing client 10.0.0.1:1: it took none of its reply for 5s")
}

func TestSlowReaderOfALongReplyIsServed(t *testing.T) {
	bubble(t, ServerConfig{}, &fakeBackend{members: manyMembers(10000)}, func(t *testing.T, ln *pipeListener) {
		nc := ln.dial("10.0.0.1:1")
		send(t, nc, handshake(1), asked("members", 2, nil))
		r := newReplyReader(slowly{nc})
		r.header(t)
		r.header(t)
		start := time.Now()
		members, err := decodeMembers(r.body(t))
		if err != nil || len(members) != 10000 {
			t.Errorf("got %d members, %v, want 10000", len(members), err)
		}
		if got := time.Since(start); got < time.Minute {
			t.Errorf("the reply took %v, which is not slow", got)
		}
	})
}

// slowly waits before each read.
type slowly struct{ io.Reader }

func (s slowly) Read(p []byte) (int, error) {
	<-time.After(500 * time.Millisecond)
	return s.Reader.Read(p)
}

func TestFailingAcceptIsTriedAgain(t *testing.T) {
	log := journal.New(journal.Options{})
	synctest.Test(t, func(t *testing.T) {
		ln := newPipeListener()
		ln.failed.Store(3)
		s := NewServer(&fakeBackend{}, ServerConfig{Log: log})
		served := make(chan error, 1)
		start := time.Now()
		go func() { served <- s.Serve(ln) }()
		nc := ln.dial("10.0.0.1:1")
		if got, want := time.Since(start), 35*time.Millisecond; got != want {
			t.Errorf("accepted after %v, want %v", got, want)
		}
		_ = nc.Close()
		synctest.Wait()
		_ = ln.Close()
		if err := <-served; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Serve of a listener closed by others: got %v, want %v", err, net.ErrClosed)
		}
		_ = s.Close()
	})
	wantLog(t, log, "[ERR] agent.ipc: Failed to accept client: too many open files")
}

func TestRequestThatCannotBeReadIsLogged(t *testing.T) {
	log := journal.New(journal.Options{})
	_, addr := startServer(t, &fakeBackend{}, ServerConfig{Log: log})
	nc := dialRaw(t, addr)
	handshake := "\x82\xa7Command\xa9handshake\xa3Seq\x00\x81\xa7Version\xa1x" // the version is a text
	if _, err := nc.Write([]byte(handshake)); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(nc); err != nil || len(rest) > 0 {
		t.Errorf("read %q, %v, want the end", rest, err)
	}
	wantLog(t, log, "[ERR] agent.ipc: Failed to evaluate request: ")
}
