package rpc

import (
	"io"
	"net/netip"
	"testing"
	"time"

	"serf/agent"
	"serf/eventbus"
	"serf/membership"
)

// startAgent returns a member that talks to nobody.
func startAgent(t *testing.T) *agent.Agent {
	t.Helper()
	cluster := membership.DefaultLocal()
	cluster.Swim.Name = "a"
	a, err := agent.Start(agent.Config{Cluster: cluster, Bind: netip.MustParseAddrPort("127.0.0.1:0")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Shutdown() })
	return a
}

// TestRunningAgentIsServed takes a member through all that a client can ask of it alone.
func TestRunningAgentIsServed(t *testing.T) {
	_, addr := startServer(t, ForAgent(startAgent(t)), ServerConfig{})
	c := dialClient(t, addr, "")
	ctx := t.Context()
	s, err := c.Stream(ctx, "user,query,member-update")
	if err != nil {
		t.Fatal(err)
	}
	next := func(want string) Event {
		t.Helper()
		e, err := s.Next(ctx)
		if err != nil || e.Type != want {
			t.Fatalf("got %+v, %v, want %s", e, err, want)
		}
		return e
	}
	if err := c.UserEvent(ctx, "deploy", []byte("x"), false); err != nil {
		t.Fatal(err)
	}
	if e := next("user"); e.Name != "deploy" || string(e.Payload) != "x" {
		t.Errorf("got %+v", e)
	}
	if err := c.UpdateTags(ctx, map[string]string{"role": "web"}, nil); err != nil {
		t.Fatal(err)
	}
	if e := next("member-update"); len(e.Members) != 1 || e.Members[0].Tags["role"] != "web" {
		t.Errorf("got %+v", e)
	}
	start := time.Now()
	q, err := c.Query(ctx, QueryParams{Name: "load", Ack: true, Timeout: 15 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	asked := next("query")
	if a, err := q.Next(ctx); a.Kind != agent.AnswerAck || a.From != "a" {
		t.Errorf("got %+v, %v, want an ack", a, err)
	}
	if err := c.Respond(ctx, asked.ID, []byte("0.5")); err != nil {
		t.Fatal(err)
	}
	if a, err := q.Next(ctx); a.Kind != agent.AnswerResponse || string(a.Payload) != "0.5" {
		t.Errorf("got %+v, %v, want a response", a, err)
	}
	if a, err := q.Next(ctx); err != io.EOF || time.Since(start) > 10*time.Second {
		t.Errorf("got %+v, %v after %v, want the end at once", a, err, time.Since(start))
	}
	refusals := []struct{ got, want string }{
		{errorText(c.Respond(ctx, asked.ID, nil)), textRespondFailed + eventbus.ErrAnswered.Error()},
		{errorText(c.Respond(ctx, 99, nil)), textUnknownQuery},
		{errorText(c.UserEvent(ctx, "big", make([]byte, 600), false)), "user event exceeds configured limit of 512 bytes before encoding"},
		{errorText(queryError(c.Query(ctx, QueryParams{Name: "q", Payload: make([]byte, 2000)}))), "query exceeds limit of 1024 bytes"},
		{errorText(queryError(c.Query(ctx, QueryParams{Name: "_serf_x"}))), textQueryReserved},
		{errorText(s.Stop(ctx)), ""},
	}
	for _, r := range refusals {
		if r.got != r.want {
			t.Errorf("got %q, want %q", r.got, r.want)
		}
	}
	if _, ok, err := c.Coordinate(ctx, "a"); !ok || err != nil {
		t.Errorf("own coordinate: got %v, %v", ok, err)
	}
	if _, ok, err := c.Coordinate(ctx, "nobody"); ok || err != nil {
		t.Errorf("coordinate of nobody: got %v, %v", ok, err)
	}
	k, err := c.ListKeys(ctx)
	if errorText(err) != "1/1 nodes reported failure" || k.NumNodes != 1 || k.Messages["a"] != "Keyring is empty (encryption not enabled)" {
		t.Errorf("keys: got %+v, %v", k, err)
	}
}

func queryError(_ *Query, err error) error { return err }
