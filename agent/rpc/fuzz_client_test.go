package rpc

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"serf/sim/proof"
)

// FuzzClient lets an agent answer with arbitrary bytes: every call ends, and so does the client.
func FuzzClient(f *testing.F) {
	directions(f, "s2c")
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, theirs := net.Pipe()
		c := newClient(ours, "fuzz", time.Minute)
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		go func() {
			_, _ = theirs.Write(b)
			_ = theirs.Close()
		}()
		ctx := context.Background()
		_, _ = c.Members(ctx)
		_, _ = c.Stats(ctx)
		_, _ = c.ListKeys(ctx)
		if s, err := c.Stream(ctx, ""); err == nil {
			_, _ = s.Next(ctx)
		}
		if q, err := c.Query(ctx, QueryParams{}); err == nil {
			_, _ = q.Next(ctx)
		}
		_ = c.Close()
	})
}

// FuzzParseAddress checks that what is accepted is accepted again, unchanged. A host called unix is not: with its port it looks like a
// socket.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"", "127.0.0.1", "[::1]", "::1", "a:1", "unix:///run/s", "unix:/s", "/s", ":", "[", "]:1", "a:b:c", "unix", "[unix", "unix]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var network, address string
		var err error
		proof.Memory(t, len(text), func() { network, address, err = ParseAddress(text) })
		if err != nil {
			return
		}
		if strings.HasPrefix(address, "unix:") {
			return
		}
		if network == "unix" {
			address = unixScheme + address
		}
		n, a, err := ParseAddress(address)
		if n == "unix" {
			a = unixScheme + a
		}
		if err != nil || n != network || a != address {
			t.Errorf("%q: got %s %q, then %s %q, %v", text, network, address, n, a, err)
		}
	})
}
