package rpc

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestDialErrorsAreThoseOfTheNetwork(t *testing.T) {
	tests := []struct{ addr, want string }{
		{"127.0.0.1:1", "dial tcp 127.0.0.1:1: connect: connection refused"},
		{"127.0.0.1:nonsense", "dial tcp: lookup tcp/nonsense: unknown port"},
		{"", "dial tcp: missing address"},
		{"unix:///nowhere/serf.sock", "dial unix /nowhere/serf.sock: connect: no such file or directory"},
	}
	for _, test := range tests {
		_, err := Dial(t.Context(), Options{Addr: test.addr})
		if errorText(err) != test.want {
			t.Errorf("%q: got %v, want %s", test.addr, err, test.want)
		}
	}
}

// serveOnce gives one client what f does and returns the address.
func serveOnce(t *testing.T, f func(nc net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		defer ln.Close()
		if nc, err := ln.Accept(); err == nil {
			defer nc.Close()
			f(nc)
		}
	}()
	return ln.Addr().String()
}

func TestPeersThatSpeakSomethingElse(t *testing.T) {
	for _, reply := range []string{
		"", "HTTP/1.1 400 Bad Request\r\n\r\n", "\xc1", "\x82\xa5Error\xa0\xa3Seq", "\x82\xa5Error\x01\xa3Seq\x01", "SSH-2.0-OpenSSH\r\n",
	} {
		addr := serveOnce(t, func(nc net.Conn) {
			_, _ = io.ReadFull(nc, make([]byte, len(handshake(1))))
			_, _ = nc.Write([]byte(reply))
		})
		if _, err := Dial(t.Context(), Options{Addr: addr}); err != ErrClosed {
			t.Errorf("%q: got %v, want %v", reply, err, ErrClosed)
		}
	}
}

func TestBodyOfTheWrongShapeClosesTheClient(t *testing.T) {
	addr := serveOnce(t, func(nc net.Conn) {
		_, _ = io.ReadFull(nc, make([]byte, len(handshake(1))))
		_, _ = nc.Write(appendReplyHeader(nil, replyHeader{Seq: 1}))
		_, _ = io.ReadFull(nc, make([]byte, len(asked("members", 2, nil))))
		_, _ = nc.Write(append(appendReplyHeader(nil, replyHeader{Seq: 2}), "\x81\xa7Members\x01"...))
		_, _ = io.Copy(io.Discard, nc)
	})
	c := dialClient(t, addr, "")
	if _, err := c.Members(t.Context()); err != ErrClosed {
		t.Errorf("got %v, want %v", err, ErrClosed)
	}
	if _, err := c.Members(t.Context()); err != ErrClosed {
		t.Errorf("afterwards: got %v, want %v", err, ErrClosed)
	}
}

func TestRefusalsAreRemoteErrors(t *testing.T) {
	_, addr := startServer(t, &fakeBackend{}, ServerConfig{AuthKey: "k"})
	_, err := Dial(t.Context(), Options{Addr: addr, AuthKey: "wrong"})
	var remote *RemoteError
	if !errors.As(err, &remote) || remote.Text != textAuthInvalid {
		t.Errorf("wrong key: got %v, want %s", err, textAuthInvalid)
	}
	c := dialClient(t, addr, "")
	for range 2 { // the connection goes on
		if _, err := c.Join(t.Context(), []string{"a"}, false); !errors.As(err, &remote) || remote.Text != textAuthRequired {
			t.Errorf("no key: got %v, want %s", err, textAuthRequired)
		}
	}
}

func TestAgentThatNeverAnswersIsGivenUp(t *testing.T) {
	tests := []struct {
		name string
		call func(c *Client) error
		want time.Duration
	}{
		{"members", func(c *Client) error { _, err := c.Members(context.Background()); return err }, 10 * time.Second},
		{"stats", func(c *Client) error { _, err := c.Stats(context.Background()); return err }, 10 * time.Second},
		{"join", func(c *Client) error { _, err := c.Join(context.Background(), nil, false); return err }, time.Minute},
		{"leave", func(c *Client) error { return c.Leave(context.Background()) }, time.Minute},
		{"force-leave", func(c *Client) error { return c.ForceLeave(context.Background(), "a", false) }, time.Minute},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			c := newClient(ours, "10.0.0.1:7373", TimeoutDefault)
			drained := make(chan struct{})
			go func() { _, _ = io.Copy(io.Discard, theirs); close(drained) }()
			start := time.Now()
			err := test.call(c)
			if got := time.Since(start); got != test.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %v after %v, want a timeout after %v", test.name, err, got, test.want)
			}
			if want := "no answer from 10.0.0.1:7373 to " + test.name + ": timed out after"; !strings.HasPrefix(errorText(err), want) {
				t.Errorf("%s: got %q, want %q…", test.name, err, want)
			}
			_ = c.Close()
			<-drained
			_ = theirs.Close()
		})
	}
}

func TestLateReplyDoesNotDisturbTheNextCall(t *testing.T) {
	release := make(chan struct{})
	backend := &fakeBackend{members: manyMembers(2), join: func(context.Context, []string, bool) (int, error) {
		<-release
		return 5, nil
	}}
	_, addr := startServer(t, backend, ServerConfig{})
	c := dialClient(t, addr, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Join(ctx, []string{"a"}, false); !errors.Is(err, context.Canceled) {
		t.Errorf("join: got %v, want %v", err, context.Canceled)
	}
	close(release)
	if members, err := c.Members(t.Context()); err != nil || len(members) != 2 {
		t.Errorf("members: got %v, %v, want two", members, err)
	}
}

func TestCallsOfOneClientMayOverlap(t *testing.T) {
	_, addr := startServer(t, &fakeBackend{members: manyMembers(3)}, ServerConfig{})
	c := dialClient(t, addr, "")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			addrs := make([]string, i)
			if n, err := c.Join(t.Context(), addrs, false); n != i || err != nil {
				t.Errorf("join of %d: got %d, %v", i, n, err)
			}
			if members, err := c.Members(t.Context()); len(members) != 3 || err != nil {
				t.Errorf("members: got %d, %v", len(members), err)
			}
		})
	}
	wg.Wait()
}

func TestCloseEndsWaitingCalls(t *testing.T) {
	started := make(chan struct{})
	backend := &fakeBackend{join: func(ctx context.Context, _ []string, _ bool) (int, error) {
		close(started)
		<-ctx.Done()
		return 0, ctx.Err()
	}}
	s, addr := startServer(t, backend, ServerConfig{})
	c := dialClient(t, addr, "")
	joined := make(chan error)
	go func() {
		_, err := c.Join(context.Background(), []string{"a"}, false)
		joined <- err
	}()
	<-started
	_ = c.Close()
	if err := <-joined; err != ErrClosed {
		t.Errorf("join: got %v, want %v", err, ErrClosed)
	}
	_ = s.Close()
}
