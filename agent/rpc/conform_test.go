package rpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const joinFailure = "1 error occurred:\n\t* failed to join 127.0.0.79:1: dial tcp 127.0.0.79:1: connect: connection refused\n\n"

// TestServerAnswersAsRecorded plays the client's side of each session and compares what the server says.
func TestServerAnswersAsRecorded(t *testing.T) {
	tests := []struct {
		name string
		key  string
		join func(context.Context, []string, bool) (int, error)
	}{
		{name: "cli-auth-ok", key: "sekrit"},
		{name: "cli-auth-bad", key: "sekrit"},
		{name: "cli-members"},
		{name: "cli-members-filter"},
		{name: "cli-join"},
		{name: "cli-join-fail", join: func(context.Context, []string, bool) (int, error) { return 0, errors.New(joinFailure) }},
		{name: "cli-leave", key: "sekrit"},
		{name: "cli-force-leave"},
		{name: "cli-force-leave-prune"},
		{name: "cli-info"},
		{name: "raw-auth-when-not-configured"},
		{name: "raw-body-not-map"},
		{name: "raw-garbage"},
		{name: "raw-handshake-errors"},
		{name: "raw-header-not-map"},
		{name: "raw-join", join: func(_ context.Context, addrs []string, _ bool) (int, error) { return min(len(addrs), 1), nil }},
		{name: "raw-leave"},
		{name: "raw-members-ipv6"},
		{name: "raw-no-handshake"},
		{name: "raw-pipelined"},
		{name: "raw-unsupported-command"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := loadSession(t, test.name)
			backend := s.backend(t)
			backend.join = test.join
			_, addr := startServer(t, backend, ServerConfig{AuthKey: test.key})
			want, _ := s.direction("s2c")
			compareValues(t, play(t, addr, s), want)
		})
	}
}

// TestServerPassesArgumentsOn checks that what recorded clients ask for reaches the agent.
func TestServerPassesArgumentsOn(t *testing.T) {
	var got []any
	backend := &fakeBackend{
		join: func(_ context.Context, addrs []string, replay bool) (int, error) {
			got = append(got, slices.Clone(addrs), replay)
			return 1, nil
		},
		forceLeave: func(_ context.Context, node string, prune bool) error {
			got = append(got, node, prune)
			return nil
		},
	}
	_, addr := startServer(t, backend, ServerConfig{})
	for _, name := range []string{"cli-join", "cli-join-fail", "cli-force-leave", "cli-force-leave-prune"} {
		play(t, addr, loadSession(t, name))
	}
	want := []any{
		[]string{"127.0.0.75:17946"}, false,
		[]string{"127.0.0.79:1"}, true,
		"ghost", false,
		"ghost", true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestServerDiffersFromRecorded holds the listed deviations against the sessions that show the reference's behaviour.
func TestServerDiffersFromRecorded(t *testing.T) {
	// Headers given as arrays, or that lack Command, end the connection; a missing Seq is 0.
	quirks := loadSession(t, "raw-header-quirks")
	sent, _ := quirks.direction("c2s")
	opening := sent[:2]
	regexError := "Failed to compile regex: error parsing regexp: missing closing ]: `[`"
	tests := []struct {
		name string
		key  string
		play session
		want []replyHeader
		last any // the body of the last reply
	}{
		{name: "refused request is answered once", key: "sekrit", play: loadSession(t, "cli-auth-missing"),
			want: []replyHeader{{Seq: 1}, {textAuthRequired, 2}}},
		{name: "bad expression is explained", play: loadSession(t, "cli-members-badregex").endedByClient(),
			want: []replyHeader{{Seq: 1}, {regexError, 2}}, last: map[string]any{"Members": []any{}}},
		{name: "unknown fields are skipped", play: quirks.only(opening, sent[2]).endedByClient(),
			want: []replyHeader{{Seq: 1}, {Seq: 2}}, last: map[string]any{"Members": []any{}}},
		{name: "missing Seq is zero", play: quirks.only(opening, sent[2], sent[3]).endedByClient(),
			want: []replyHeader{{Seq: 1}, {Seq: 2}, {Seq: 0}}, last: map[string]any{"Members": []any{}}},
		{name: "missing Command is unknown", play: quirks.only(opening, sent[4]), want: []replyHeader{{Seq: 1}, {textUnsupportedCommand, 9}}},
		{name: "lower case fields are unknown", play: quirks.only(opening, sent[5]), want: []replyHeader{{Seq: 1}, {textUnsupportedCommand, 0}}},
		{name: "array is no header", play: quirks.only(opening, sent[6]), want: []replyHeader{{Seq: 1}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, addr := startServer(t, &fakeBackend{}, ServerConfig{AuthKey: test.key})
			var headers []replyHeader
			var last any
			for _, v := range play(t, addr, test.play) {
				h, err := decodeReplyHeader(v)
				fields := decodeAny(t, v).(map[string]any)
				if _, ok := fields["Seq"]; err != nil || !ok {
					last = fields
					continue
				}
				headers = append(headers, h)
			}
			if !reflect.DeepEqual(headers, test.want) {
				t.Errorf("headers: got %+v, want %+v", headers, test.want)
			}
			if !reflect.DeepEqual(last, test.last) {
				t.Errorf("last body: got %v, want %v", last, test.last)
			}
		})
	}
}

// only returns a session in which the client sends the given messages and then waits for the server to close.
func (s session) only(opening []message, more ...message) session {
	s.Messages = append(slices.Clone(opening), more...)
	return s.endedByServer()
}

func (s session) endedByServer() session { return s.ended("s2c") }
func (s session) endedByClient() session { return s.ended("c2s") }

func (s session) ended(dir string) session {
	sent, _ := s.direction("c2s")
	s.Messages = append(slices.Clone(sent), message{Dir: dir, EOF: true})
	return s
}

// TestClientSpeaksAsRecorded makes the client do what the reference client did, against the recorded agent, and compares
// every byte that it sends.
func TestClientSpeaksAsRecorded(t *testing.T) {
	ctx := context.Background()
	none := func(*Client) (any, error) { return nil, nil }
	tests := []struct {
		name string
		key  string
		do   func(c *Client) (any, error)
		want any
		err  string
	}{
		{name: "cli-auth-ok", key: "sekrit", do: func(c *Client) (any, error) { return names(c.MembersFiltered(ctx, nil, "", "")) }, want: "v3 127.0.0.76:17946 alive"},
		{name: "cli-auth-bad", key: "nope", do: none, err: textAuthInvalid},
		{name: "cli-auth-missing", do: func(c *Client) (any, error) { return names(c.MembersFiltered(ctx, nil, "", "")) }, want: "", err: textAuthRequired},
		{name: "cli-members", do: func(c *Client) (any, error) { return names(c.MembersFiltered(ctx, nil, "", "")) },
			want: "v1 127.0.0.74:17946 alive b=2 role=web, v2 127.0.0.75:17946 alive role=db"},
		{name: "cli-members-filter", do: func(c *Client) (any, error) {
			return names(c.MembersFiltered(ctx, map[string]string{"role": "w.*"}, "alive", "v1"))
		}, want: "v1 127.0.0.74:17946 alive b=2 role=web"},
		{name: "cli-members-badregex", do: func(c *Client) (any, error) { return names(c.MembersFiltered(ctx, nil, "", "[")) }, want: "", err: "client closed"},
		{name: "raw-members-ipv6", do: func(c *Client) (any, error) { return names(c.Members(ctx)) }, want: "six [::1]:17946 alive"},
		{name: "cli-join", do: func(c *Client) (any, error) { return c.Join(ctx, []string{"127.0.0.75:17946"}, false) }, want: 1},
		{name: "cli-join-fail", do: func(c *Client) (any, error) { return c.Join(ctx, []string{"127.0.0.79:1"}, true) }, want: 0, err: joinFailure},
		{name: "cli-leave", key: "sekrit", do: func(c *Client) (any, error) { return nil, c.Leave(ctx) }},
		{name: "cli-force-leave", do: func(c *Client) (any, error) { return nil, c.ForceLeave(ctx, "ghost", false) }},
		{name: "cli-force-leave-prune", do: func(c *Client) (any, error) { return nil, c.ForceLeave(ctx, "ghost", true) }},
		{name: "cli-info", do: func(c *Client) (any, error) {
			stats, err := c.Stats(ctx)
			return stats["agent"]["name"] + stats["event_handlers"]["query:echo"], err
		}, want: "v1cat"},
		{name: "cli-event", do: func(c *Client) (any, error) { return nil, c.UserEvent(ctx, "deploy", []byte("abc123"), true) }},
		{name: "cli-event-nopayload", do: func(c *Client) (any, error) { return nil, c.UserEvent(ctx, "ping", nil, false) }},
		{name: "cli-event-toolong", do: func(c *Client) (any, error) {
			return nil, c.UserEvent(ctx, "big", bytes.Repeat([]byte("x"), 600), true)
		}, err: "user event exceeds configured limit of 512 bytes before encoding"},
		{name: "cli-tags", do: func(c *Client) (any, error) {
			return nil, c.UpdateTags(ctx, map[string]string{"a": "1"}, []string{"b"})
		}},
		{name: "cli-query", do: func(c *Client) (any, error) {
			return ask(ctx, c, QueryParams{Name: "up", Tags: map[string]string{}, Ack: true, Timeout: 400 * time.Millisecond})
		}, want: "ack v1, response v1 up-v1, ack v2, response v2 up-v2"},
		{name: "cli-query-filter", do: func(c *Client) (any, error) {
			return ask(ctx, c, QueryParams{Name: "echo", Nodes: []string{"v1", "v2"}, Tags: map[string]string{"role": ".*"},
				Payload: []byte("pay"), RelayFactor: 1, Timeout: 400 * time.Millisecond})
		}, want: "response v1 pay, response v2 pay"},
		{name: "cli-query-reserved", do: func(c *Client) (any, error) {
			return ask(ctx, c, QueryParams{Name: "_serf_x", Tags: map[string]string{}, Ack: true})
		}, want: "", err: textQueryReserved},
		{name: "cli-reachability", do: func(c *Client) (any, error) {
			if _, err := c.Members(ctx); err != nil {
				return nil, err
			}
			return ask(ctx, c, QueryParams{Name: "_serf_ping", Ack: true})
		}, want: "ack v1, ack v2"},
		{name: "cli-monitor", do: func(c *Client) (any, error) { return watch(ctx, c, "INFO", [2]int{55, 0}) }, want: [2]int{55, 0}},
		{name: "cli-monitor-badlevel", do: func(c *Client) (any, error) { return watch(ctx, c, "foo", [2]int{}) }, want: [2]int{}, err: "Unknown log level: FOO"},
		{name: "cli-keys-install", do: func(c *Client) (any, error) { return c.InstallKey(ctx, keyB) }, want: KeyResult{NumNodes: 2, NumResp: 2}},
		{name: "cli-keys-install-bad", do: func(c *Client) (any, error) { return c.InstallKey(ctx, "!!") }, want: KeyResult{},
			err: "illegal base64 data at input byte 0"},
		{name: "cli-keys-use", do: func(c *Client) (any, error) { return c.UseKey(ctx, keyB) }, want: KeyResult{NumNodes: 2, NumResp: 2}},
		{name: "cli-keys-remove", do: func(c *Client) (any, error) { return c.RemoveKey(ctx, keyA) }, want: KeyResult{NumNodes: 2, NumResp: 2}},
		{name: "cli-keys-remove-primary", do: func(c *Client) (any, error) { return c.RemoveKey(ctx, keyB) },
			want: KeyResult{Messages: map[string]string{"v1": primary, "v2": primary}, NumErr: 2, NumNodes: 2, NumResp: 2}, err: "2/2 nodes reported failure"},
		{name: "cli-keys-list", do: func(c *Client) (any, error) { return c.ListKeys(ctx) },
			want: KeyResult{Keys: map[string]int{keyA: 2}, NumNodes: 2, NumResp: 2}},
		{name: "cli-rtt", do: func(c *Client) (any, error) { return distance(ctx, c, "v2", "v1") }, want: "482.637µs"},
		{name: "cli-rtt-unknown", do: func(c *Client) (any, error) { return distance(ctx, c, "nope", "v1") }, want: "nope unknown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			addr, recorded := serveRecorded(t, loadSession(t, test.name))
			got, err := dialAndDo(addr, test.key, test.do)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if text := errorText(err); text != test.err {
				t.Errorf("error: got %q, want %q", text, test.err)
			}
			if err := <-recorded; err != nil {
				t.Error(err)
			}
		})
	}
}

const (
	keyA    = "ySguT9qQqZ881AQv+jnXaPutq38Cw+Fo2CFX0pHlol0="
	keyB    = "ATAkol5JFrjrEfFunsA8aDR7SgsYb8RYK81tPJu/R50="
	primary = "removing the primary key is not allowed"
)

// ask returns the answers to p in order.
func ask(ctx context.Context, c *Client, p QueryParams) (string, error) {
	q, err := c.Query(ctx, p)
	if err != nil {
		return "", err
	}
	var all []string
	for {
		a, err := q.Next(ctx)
		if err == io.EOF {
			return strings.Join(all, ", "), nil
		}
		if err != nil {
			return "", err
		}
		all = append(all, strings.TrimSpace(a.Kind.String()+" "+a.From+" "+string(a.Payload)))
	}
}

// watch reads so many lines of the log, and events of a stream of all, as wanted. It returns how many it saw.
func watch(ctx context.Context, c *Client, level string, want [2]int) (seen [2]int, err error) {
	s, err := c.Stream(ctx, "*")
	if err != nil {
		return seen, err
	}
	m, err := c.Monitor(ctx, level)
	if err != nil {
		return seen, errors.Join(err, s.Stop(ctx))
	}
	for ; seen[0] < want[0]; seen[0]++ {
		if _, _, err := m.Next(ctx); err != nil {
			return seen, err
		}
	}
	for ; seen[1] < want[1]; seen[1]++ {
		if _, err := s.Next(ctx); err != nil {
			return seen, err
		}
	}
	return seen, errors.Join(m.Stop(ctx), s.Stop(ctx))
}

func distance(ctx context.Context, c *Client, a, b string) (string, error) {
	if _, err := c.Stats(ctx); err != nil {
		return "", err
	}
	from, ok, err := c.Coordinate(ctx, a)
	if !ok || err != nil {
		return a + " unknown", err
	}
	to, ok, err := c.Coordinate(ctx, b)
	if !ok || err != nil {
		return b + " unknown", err
	}
	return from.DistanceTo(&to).String(), nil
}

func dialAndDo(addr, key string, do func(c *Client) (any, error)) (any, error) {
	c, err := Dial(context.Background(), Options{Addr: addr, AuthKey: key})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return do(c)
}

// names writes members out, without their versions.
func names(members []Member, err error) (string, error) {
	var all []string
	for _, m := range members {
		line := m.Name + " " + (&net.TCPAddr{IP: m.Addr, Port: int(m.Port)}).String() + " " + m.Status
		var tags []string
		for k, v := range m.Tags {
			tags = append(tags, k+"="+v)
		}
		slices.Sort(tags)
		all = append(all, strings.Join(append([]string{line}, tags...), " "))
	}
	slices.Sort(all)
	return strings.Join(all, ", "), err
}

// serveRecorded plays the agent's side of s to one client and reports the first byte that the client sends differently.
func serveRecorded(t *testing.T, s session) (addr string, result <-chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		defer ln.Close()
		nc, err := ln.Accept()
		if err != nil {
			done <- err
			return
		}
		defer nc.Close()
		done <- playAgent(t, nc, s)
	}()
	return ln.Addr().String(), done
}

func playAgent(t *testing.T, nc net.Conn, s session) error {
	for _, m := range s.Messages {
		switch {
		case m.EOF && m.Dir == "s2c":
			return nil
		case m.EOF:
			if n, _ := io.Copy(io.Discard, nc); n > 0 {
				return errors.New("client sends more than recorded")
			}
		case m.Dir == "s2c":
			if _, err := nc.Write(m.bytes(t)); err != nil {
				return err
			}
		default:
			got := make([]byte, len(m.bytes(t)))
			if _, err := io.ReadFull(nc, got); err != nil {
				return err
			}
			if !slices.Equal(got, m.bytes(t)) {
				return errors.New("client sends " + string(got) + ", recorded " + string(m.bytes(t)))
			}
		}
	}
	return nil
}
