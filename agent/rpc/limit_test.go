package rpc

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serf/agent/journal"
	"serf/swim/msgpack"
)

// joinOf returns a join whose header and body together have the given size, more than 64 KiB or a little less.
func joinOf(seq uint64, bytes int) []byte {
	b := joining(seq, strings.Repeat("a", bytes-60))
	return joining(seq, strings.Repeat("a", bytes-60+bytes-len(b)))
}

func TestRequestsAreBounded(t *testing.T) {
	tests := []struct {
		name    string
		key     string
		request []byte
		refused string // part of the log line; empty when the request is served
	}{
		{name: "guest at the limit", key: "k", request: joinOf(2, guestBytesMax)},
		{name: "guest above the limit", key: "k", request: joinOf(2, guestBytesMax+1), refused: "bytes is too large"},
		{name: "guest with an endless header", key: "k", request: []byte{0xdb, 0x80, 0, 0, 0}, refused: "request refused: value of more than 65536 bytes is too large"},
		{name: "guest with an endless array", key: "k", request: []byte{0xdd, 0xff, 0xff, 0xff, 0xff}, refused: "too large"},
		{name: "at the limit", request: joinOf(2, requestBytesMax)},
		{name: "above the limit", request: joinOf(2, requestBytesMax+1), refused: "bytes is too large"},
		{name: "nested arrays", request: []byte(strings.Repeat("\x91", requestBytesMax+1)), refused: "too large"},
		{name: "nested arrays below the limit", request: append([]byte(strings.Repeat("\x91", 100000)), 0), refused: "wrong type"},
	}
	for _, size := range []int{guestBytesMax, guestBytesMax + 1, requestBytesMax} {
		if got := len(joinOf(2, size)); got != size {
			t.Fatalf("request of %d bytes, want %d", got, size)
		}
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log := journal.New(journal.Options{})
			_, addr := startServer(t, &fakeBackend{}, ServerConfig{AuthKey: test.key, Log: log})
			nc := dialRaw(t, addr)
			r := newReplyReader(nc)
			send(t, nc, handshake(1))
			r.header(t)
			go func() { _, _ = nc.Write(test.request) }()
			if test.refused == "" {
				want := replyHeader{Seq: 2}
				if test.key != "" {
					want.Error = textAuthRequired
				}
				if h := r.header(t); h != want {
					t.Errorf("got %+v, want %+v", h, want)
				}
				return
			}
			// Closing with unread input may reset the connection. A guest hears that he must log in before his body is read.
			if rest, _ := io.ReadAll(nc); len(rest) > 0 && test.key == "" {
				t.Errorf("got %x, want the end", rest)
			}
			wantLog(t, log, test.refused)
		})
	}
}

func TestDeclaredLengthsAreNotAllocated(t *testing.T) {
	for _, head := range []string{"\xdb\x7f\xff\xff\xff", "\xc6\x7f\xff\xff\xff", "\xdf\x3f\xff\xff\xff", "\xdd\x7f\xff\xff\xff", "\xc9\x7f\xff\xff\xff"} {
		var b []byte
		var err error
		allocated := testing.AllocsPerRun(1, func() { b, err = readValue(newReplyReader(strings.NewReader(head+"abc")).in, nil, 1<<31+100) })
		if cap(b) > 2*readStepBytes || err != io.ErrUnexpectedEOF || allocated > 20 {
			t.Errorf("%x: got %d bytes, %v, %v allocations", head, cap(b), err, allocated)
		}
	}
}

func TestOldestGuestMakesRoom(t *testing.T) {
	log := journal.New(journal.Options{})
	bubble(t, ServerConfig{ConnsMax: 3, Log: log}, &fakeBackend{}, func(t *testing.T, ln *pipeListener) {
		member := ln.dial("10.0.0.1:1")
		r := newReplyReader(member)
		send(t, member, handshake(1))
		r.header(t)
		first, second := ln.dial("10.0.0.1:2"), ln.dial("10.0.0.1:3")
		third := ln.dial("10.0.0.1:4")
		start := time.Now()
		if rest := readAll(t, first); len(rest) > 0 || time.Since(start) > 0 {
			t.Errorf("oldest guest: got %x after %v, want the end at once", rest, time.Since(start))
		}
		for _, nc := range []net.Conn{second, third} {
			send(t, nc, handshake(1))
			newReplyReader(nc).header(t)
		}
		// Now all are logged in and a further one is refused.
		if rest := readAll(t, ln.dial("10.0.0.1:5")); len(rest) > 0 {
			t.Errorf("one too many reads %x, want the end", rest)
		}
		// One leaves, one may come.
		_ = second.Close()
		synctest.Wait()
		nc := ln.dial("10.0.0.1:6")
		send(t, nc, handshake(1))
		newReplyReader(nc).header(t)
		send(t, member, asked("members", 2, nil))
		if h := r.header(t); h != (replyHeader{Seq: 2}) {
			t.Errorf("members: got %+v, want success", h)
		}
		r.body(t)
	})
	wantLog(t, log, "[WARN] agent.ipc: Closing client 10.0.0.1:2, which has not logged in: there are too many")
	wantLog(t, log, "[WARN] agent.ipc: Refusing client 10.0.0.1:5: there are 3 already")
}

func TestWrongKeysAreSlowedDown(t *testing.T) {
	log := journal.New(journal.Options{})
	bubble(t, ServerConfig{AuthKey: "k", Log: log, LoginTimeout: time.Hour}, &fakeBackend{}, func(t *testing.T, ln *pipeListener) {
		nc := ln.dial("10.0.0.1:1")
		r := newReplyReader(nc)
		send(t, nc, handshake(1))
		r.header(t)
		for i, want := range []time.Duration{0, 100, 200, 400, 800, 1600, 3200, 5000, 5000} {
			start := time.Now()
			send(t, nc, auth(2, "wrong"+strconv.Itoa(i)))
			if h := r.header(t); h.Error != textAuthInvalid {
				t.Fatalf("attempt %d: got %+v", i, h)
			}
			if got := time.Since(start); got != want*time.Millisecond {
				t.Errorf("attempt %d: answered after %v, want %v", i, got, want*time.Millisecond)
			}
		}
		// Another peer does not wait.
		other := ln.dial("10.0.0.2:1")
		send(t, other, handshake(1))
		ro := newReplyReader(other)
		ro.header(t)
		start := time.Now()
		send(t, other, auth(2, "k"))
		if h := ro.header(t); h != (replyHeader{Seq: 2}) || time.Since(start) > 0 {
			t.Errorf("another peer: got %+v after %v, want success at once", h, time.Since(start))
		}
		// The right key waits like a wrong one, and ends the waiting.
		for _, want := range []time.Duration{5 * time.Second, 0} {
			start := time.Now()
			send(t, nc, auth(3, "k"))
			if h := r.header(t); h != (replyHeader{Seq: 3}) || time.Since(start) != want {
				t.Errorf("right key: got %+v after %v, want success after %v", h, time.Since(start), want)
			}
		}
	})
	wantLog(t, log, "[WARN] agent.ipc: Client 10.0.0.1:1 presented a wrong authentication token")
}

func TestGuardRemembersSoManyPeersAndForgets(t *testing.T) {
	g := newGuard("k")
	now := time.Unix(1000, 0)
	peer := func(i int) string { return "10.0.0." + strconv.Itoa(i) }
	for i := range 3 * guardPeersMax {
		g.check(now, peer(i), "wrong")
	}
	if got := len(g.peers); got != guardPeersMax+1 {
		t.Errorf("peers: got %d, want %d", got, guardPeersMax+1)
	}
	if got := g.delay(now, peer(0)); got != guardDelayMin {
		t.Errorf("delay of a remembered peer: got %v, want %v", got, guardDelayMin)
	}
	if got := g.delay(now, peer(5*guardPeersMax)); got != guardDelayMax {
		t.Errorf("delay of the rest: got %v, want %v", got, guardDelayMax)
	}
	now = now.Add(guardForget)
	if got := g.delay(now, peer(0)); got != 0 {
		t.Errorf("delay after a minute: got %v, want 0", got)
	}
	g.check(now, peer(5*guardPeersMax), "wrong")
	if got := len(g.peers); got != 1 {
		t.Errorf("peers after a minute: got %d, want 1", got)
	}
}

func TestBodyOfARefusedRequestIsDiscarded(t *testing.T) {
	_, addr := startServer(t, &fakeBackend{}, ServerConfig{AuthKey: "k"})
	nc := dialRaw(t, addr)
	r := newReplyReader(nc)
	query := msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(nil, 1), "Command"), "members") // looks like a header
	send(t, nc, handshake(1), asked("join", 2, query), asked("query", 3, query), asked("list-keys", 4, nil), asked("bogus", 5, nil), auth(6, "k"), asked("members", 7, nil))
	want := []replyHeader{{Seq: 1}, {textAuthRequired, 2}, {textAuthRequired, 3}, {textAuthRequired, 4}, {textAuthRequired, 5}, {Seq: 6}, {Seq: 7}}
	for _, want := range want {
		if h := r.header(t); h != want {
			t.Errorf("got %+v, want %+v", h, want)
		}
	}
}

func TestManyClientsComeAndGo(t *testing.T) {
	s, addr := startServer(t, &fakeBackend{members: manyMembers(100)}, ServerConfig{})
	done := make(chan error)
	const clients = 50
	for range clients {
		go func() {
			for range 4 {
				c, err := Dial(t.Context(), Options{Addr: addr})
				if err == nil {
					_, err = c.Members(t.Context())
					_ = c.Close()
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range clients {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	_ = s.Close()
	if got := len(s.conns); got != 0 {
		t.Errorf("connections after Close: got %d, want 0", got)
	}
}
