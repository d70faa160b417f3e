package rpc

import (
	"net"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
)

// statsOver asks for the figures.
func statsOver(t *testing.T, c *Client) map[string]map[string]string {
	t.Helper()
	stats, err := c.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

func TestStatsTellVersionsFeedsAndClients(t *testing.T) {
	backend := &fakeBackend{stats: map[string]map[string]string{"agent": {"name": "a"}}, query: func(eventbus.QueryParams) (Answers, error) {
		return newFakeAnswers(1), nil
	}}
	_, addr := startServer(t, backend, ServerConfig{Build: "1.2.3"})
	c, idle := dialClient(t, addr, ""), dialClient(t, addr, "")
	want := map[string]string{"build": "1.2.3", "protocol": "1", "clients": "2", "streams": "0", "monitors": "0", "queries": "0"}
	stats := statsOver(t, idle)
	if !reflect.DeepEqual(stats["rpc"], want) || stats["rpc_clients"] != nil || stats["agent"]["name"] != "a" {
		t.Errorf("idle: got %v, want %v", stats, want)
	}
	if backend.stats["rpc"] != nil {
		t.Error("the map of the backend was changed")
	}
	for range 2 {
		if _, err := c.Stream(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Monitor(t.Context(), "err"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Query(t.Context(), QueryParams{Name: "q"}); err != nil {
		t.Fatal(err)
	}
	statsOver(t, c) // now the query, whose reply came before, is counted
	want["streams"], want["monitors"], want["queries"] = "2", "1", "1"
	clients := map[string]string{"1 " + c.net.LocalAddr().String(): "2 streams, 1 monitors, 1 queries"}
	stats = statsOver(t, idle)
	if !reflect.DeepEqual(stats["rpc"], want) || !reflect.DeepEqual(stats["rpc_clients"], clients) {
		t.Errorf("busy: got %v, want %v and %v", stats, want, clients)
	}
}

func TestRefusalsAreCountedInTheStats(t *testing.T) {
	log := journal.New(journal.Options{})
	bubble(t, ServerConfig{Log: log, ConnsMax: 3, StreamsMax: 1, AuthKey: "k"}, &fakeBackend{}, func(t *testing.T, ln *pipeListener) {
		first, r := bubbleClient(t, ln, "10.0.0.1:1")
		send(t, first, auth(2, "k"), streaming(3, "*"), streaming(4, "*"))
		for range 3 {
			r.header(t)
		}
		end := func(requests ...[]byte) {
			nc, _ := bubbleClient(t, ln, "10.0.0.2:1")
			for _, b := range requests {
				go func() { _, _ = nc.Write(b) }()
				readAll(t, nc)
			}
			synctest.Wait() // its place is free again
		}
		end([]byte("\xc1"))
		end([]byte("\xdb\x7f\xff\xff\xff"))
		end(nil) // until the login timeout
		other, ro := bubbleClient(t, ln, "10.0.0.3:1")
		send(t, other, auth(2, "wrong"))
		ro.header(t)
		ln.dial("10.0.0.4:1")
		synctest.Wait()
		readAll(t, ln.dial("10.0.0.5:1")) // other makes room for it; it sends nothing until it is closed
		synctest.Wait()                   // all three are closed
		send(t, first, asked("stats", 5, nil))
		r.header(t)
		stats, err := decodeStats(r.body(t))
		want := map[string]string{"protocol": "1", "clients": "1", "streams": "1", "monitors": "0", "queries": "0", "feeds_refused": "1",
			"requests_bad": "1", "requests_too_large": "1", "login_timeouts": "3", "wrong_keys": "1", "clients_evicted": "1"}
		if err != nil || !reflect.DeepEqual(stats["rpc"], want) {
			t.Errorf("got %v, %v, want %v", stats["rpc"], err, want)
		}
	})
}

func TestFloodOfClientsIsNotLoggedLineByLine(t *testing.T) {
	log := journal.New(journal.Options{})
	bubble(t, ServerConfig{Log: log}, &fakeBackend{}, func(t *testing.T, ln *pipeListener) {
		for range 3 * acceptedLinesMax {
			_ = ln.dial("10.0.0.1:1").Close()
			synctest.Wait()
		}
		if got := strings.Count(texts(log), "Accepted client"); got != acceptedLinesMax {
			t.Errorf("got %d lines in no time, want %d", got, acceptedLinesMax)
		}
		<-time.After(10 * time.Second)
		_ = ln.dial("10.0.0.1:2").Close()
		synctest.Wait()
	})
	wantLog(t, log, "Accepted client: 10.0.0.1:2")
}

func TestKeyIsOptionalWhereAuthIsBeingIntroduced(t *testing.T) {
	_, addr := startServer(t, &fakeBackend{}, ServerConfig{AuthKey: "k", AuthOptional: true})
	for _, key := range []string{"", "k"} {
		if _, err := dialClient(t, addr, key).Members(t.Context()); err != nil {
			t.Errorf("key %q: %v", key, err)
		}
	}
	if _, err := Dial(t.Context(), Options{Addr: addr, AuthKey: "wrong"}); errorText(err) != textAuthInvalid {
		t.Errorf("wrong key: got %v, want %s", err, textAuthInvalid)
	}
}

func TestKeyForAnAgentWithoutAuthIsExplainedInTheLog(t *testing.T) {
	log := journal.New(journal.Options{})
	_, addr := startServer(t, &fakeBackend{}, ServerConfig{Log: log})
	if _, err := Dial(t.Context(), Options{Addr: addr, AuthKey: "k"}); errorText(err) != textAuthInvalid {
		t.Errorf("got %v, want %s", err, textAuthInvalid)
	}
	wantLog(t, log, "presented a wrong authentication token: this agent asks for none (rpc_auth)")
}

func TestGuessersAreToldApartByWhatTheyCannotChoose(t *testing.T) {
	origins := map[string]string{}
	for i, remote := range []string{"10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "fe80::1%eth0"} {
		origins[remote] = originOf(addressOf(net.JoinHostPort(remote, strconv.Itoa(i+1))))
	}
	want := map[string]string{"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "10.0.0.2": "10.0.0.2", "2001:db8::1": "2001:db8::/64",
		"2001:db8::ffff:1": "2001:db8::/64", "2001:db8:0:1::1": "2001:db8:0:1::/64", "fe80::1%eth0": "fe80::/64"}
	if !reflect.DeepEqual(origins, want) {
		t.Errorf("got %v, want %v", origins, want)
	}
	if got := originOf(process{known: true, uid: 7, pid: 8}); got != "uid 7" {
		t.Errorf("Unix socket: got %q", got)
	}
}

// addressOf is an address as package net shows it.
type addressOf string

func (addressOf) Network() string  { return "tcp" }
func (a addressOf) String() string { return string(a) }
