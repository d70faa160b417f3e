package rpc

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serf/agent"
)

// slowJoins returns an agent whose joins take a minute for each address, but for "quick", and a list of those that were begun.
func slowJoins() (backend *fakeBackend, begun func() string) {
	started := make(chan string, 100)
	backend = &fakeBackend{members: manyMembers(1), join: func(ctx context.Context, addrs []string, _ bool) (int, error) {
		started <- addrs[0]
		if addrs[0] == "quick" {
			return 1, nil
		}
		select {
		case <-time.After(time.Minute):
			return 1, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}}
	return backend, func() string {
		var all []string
		for len(started) > 0 {
			all = append(all, <-started)
		}
		return strings.Join(all, " ")
	}
}

// post sends requests in the background: a pipe takes them only when they are read.
func post(t *testing.T, nc net.Conn, requests ...[]byte) {
	go func() {
		if _, err := nc.Write(bytes.Join(requests, nil)); err != nil {
			t.Errorf("sending: %v", err)
		}
	}()
}

// answers reads replies with bodies and checks their order.
func (r *replyReader) answers(t *testing.T, want ...uint64) {
	t.Helper()
	for _, seq := range want {
		if h := r.header(t); h != (replyHeader{Seq: seq}) {
			t.Fatalf("got %+v, want the reply to %d", h, seq)
		}
		r.body(t)
	}
}

func TestSlowRequestsOfOneConnectionDoNotHoldUpTheOthers(t *testing.T) {
	backend, begun := slowJoins()
	backend.keys = func(command, _ string) (*agent.KeyResult, error) {
		<-time.After(10 * time.Second)
		return &agent.KeyResult{NumNodes: 1}, nil
	}
	bubble(t, ServerConfig{}, backend, func(t *testing.T, ln *pipeListener) {
		nc, r := bubbleClient(t, ln, "10.0.0.1:1")
		start := time.Now()
		post(t, nc, joining(2, "a"), joining(3, "quick"), asked("list-keys", 4, nil), asked("members", 5, nil), asked("stats", 6, nil))
		r.answers(t, 5, 6)
		if got, want := time.Since(start), 3*orderWait; got != want {
			t.Errorf("members and figures after %v, want %v", got, want)
		}
		if got := begun(); got != "a" {
			t.Errorf("joins begun: %s, want the first alone", got)
		}
		r.answers(t, 4)
		r.answers(t, 2, 3) // joins keep their order
		if got, want := time.Since(start), time.Minute; got != want {
			t.Errorf("joined after %v, want %v", got, want)
		}
	})
}

func TestQuickRequestsOfOneConnectionAreAnsweredInOrder(t *testing.T) {
	backend, _ := slowJoins()
	bubble(t, ServerConfig{}, backend, func(t *testing.T, ln *pipeListener) {
		nc, r := bubbleClient(t, ln, "10.0.0.1:1")
		for seq := uint64(2); seq < 200; seq += 3 {
			post(t, nc, joining(seq, "quick"), asked("members", seq+1, nil), asked("list-keys", seq+2, nil))
			r.answers(t, seq, seq+1, seq+2)
		}
	})
}

func TestLeaveAndRefusalsComeAfterWhatWaits(t *testing.T) {
	for _, last := range []struct {
		name    string
		request []byte
		want    string
	}{
		{"leave", asked("leave", 3, nil), ""},
		{"unknown", asked("bogus", 3, nil), textUnsupportedCommand},
		{"body of the wrong shape", asked("stop", 3, []byte("\x01")), ""},
		{"garbage", []byte("\xc1"), ""},
	} {
		t.Run(last.name, func(t *testing.T) {
			backend, _ := slowJoins()
			bubble(t, ServerConfig{}, backend, func(t *testing.T, ln *pipeListener) {
				nc, r := bubbleClient(t, ln, "10.0.0.1:1")
				post(t, nc, joining(2, "a"), last.request)
				r.answers(t, 2)
				if last.name == "leave" || last.want != "" {
					if h := r.header(t); h != (replyHeader{last.want, 3}) {
						t.Errorf("got %+v, want the reply to 3", h)
					}
				}
				if rest, err := io.ReadAll(r.in); len(rest) > 0 || err != nil {
					t.Errorf("at the end: got %x, %v", rest, err)
				}
			})
		})
	}
}

func TestWaitingRequestsOfAConnectionAreLimited(t *testing.T) {
	backend, begun := slowJoins()
	bubble(t, ServerConfig{}, backend, func(t *testing.T, ln *pipeListener) {
		nc, r := bubbleClient(t, ln, "10.0.0.1:1")
		var requests [][]byte
		for seq := range uint64(asidesMax + 1) {
			requests = append(requests, joining(seq+2, "a"))
		}
		post(t, nc, append(requests, asked("members", 100, nil))...)
		<-time.After(30 * time.Second)
		synctest.Wait()
		if got := begun(); got != "a" {
			t.Errorf("joins begun: %s, want one", got)
		}
		r.answers(t, 2)   // which makes room for the last join
		r.answers(t, 100) // and so for the rest
		_ = nc.Close()
	})
}

func TestLargeRequestsAreNotPutAside(t *testing.T) {
	backend, _ := slowJoins()
	bubble(t, ServerConfig{}, backend, func(t *testing.T, ln *pipeListener) {
		nc, r := bubbleClient(t, ln, "10.0.0.1:1")
		post(t, nc, joinOf(2, 2*guestBytesMax), asked("members", 3, nil))
		r.answers(t, 2, 3)
	})
}
