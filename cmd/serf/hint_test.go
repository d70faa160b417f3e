package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// networkCommands are a call of every command that talks to an agent.
var networkCommands = [][]string{
	{"event", "x"}, {"force-leave", "x"}, {"info"}, {"join", "x"}, {"keys", "-list"}, {"keys", "-rotate=x"}, {"leave"}, {"members"},
	{"monitor"}, {"query", "x"}, {"reachability"}, {"rtt", "x"}, {"rtt", "-all"}, {"tags", "-list"},
}

// TestCommandsEndWithoutAnAnswer runs every command against something that accepts and says nothing.
func TestCommandsEndWithoutAnAnswer(t *testing.T) {
	addr := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for _, args := range networkCommands {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel() // each waits as long as a busy machine may take to dial
			out, hints, status := runAgainst(addr, patience/10, args...)
			if status != 1 || !strings.HasPrefix(out, "Error connecting to Serf agent: ") || !strings.HasPrefix(hints, "hint: nothing came back from ") {
				t.Errorf("exit status %d, printed %q and %q", status, out, hints)
			}
		})
	}
}

// TestCommandsEndWhenThePeerHangsUp runs every command against something that speaks another protocol.
func TestCommandsEndWhenThePeerHangsUp(t *testing.T) {
	addr := serve(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	for _, args := range networkCommands {
		out, hints, status := runAgainst(addr, patience, args...)
		if status != 1 || out != "Error connecting to Serf agent: client closed\n" || !strings.Contains(hints, "is it a Serf agent") {
			t.Errorf("%v: exit status %d, printed %q and %q", args, status, out, hints)
		}
	}
}

// TestQueryEndsWhenTheAgentStandsStill plays an agent that takes a query and never says that it is over.
func TestQueryEndsWhenTheAgentStandsStill(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(c net.Conn) {
		buf := make([]byte, 1<<10)
		for seq := byte(1); ; seq++ {
			if _, err := c.Read(buf); err != nil {
				return
			}
			_, _ = c.Write([]byte("\x82\xa5Error\xa0\xa3Seq" + string(rune(seq))))
		}
	})
	out, hints, status := runAgainst(addr, patience/10, "query", "-timeout=1ms", "up")
	want := "Query 'up' dispatched\nError receiving answers: " + errStandstill.Error() + "\n"
	if status != 1 || out != want || !strings.HasPrefix(hints, "hint: nothing came back from ") {
		t.Errorf("exit status %d, printed %q and %q, want %q", status, out, hints, want)
	}
}

// serve lets talk have each connection to the address that it returns.
func serve(t *testing.T, talk func(net.Conn)) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				talk(c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

func runAgainst(addr string, rpcTimeout time.Duration, args ...string) (stdout, stderr string, status int) {
	var out, errs bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, rpcTimeout: rpcTimeout,
		getenv: func(name string) string { return map[string]string{"SERF_RPC_ADDR": addr}[name] }}
	status = p.run(context.Background(), args)
	return out.String(), errs.String(), status
}
