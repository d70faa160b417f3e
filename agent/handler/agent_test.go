//go:build unix

package handler

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serf/agent"
	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
	"serf/transport/envelope"
	"serf/transport/memnet"
)

// TestHandlerThatHangsDelaysNoProbeAndNoStream lets 10,000 events come to a member whose script never ends. It runs in virtual time, with two
// members whose network is in memory: if the agent waited for a script, its peer would get no ack in time.
func TestHandlerThatHangsDelaysNoProbeAndNoStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{Latency: func(_, _ netip.AddrPort) time.Duration { return time.Millisecond }})
		busy, busyLog := startMember(t, network, 1)
		peer, peerLog := startMember(t, network, 2)
		if _, err := peer.Join(t.Context(), []string{busy.LocalAddr().String()}, false); err != nil {
			t.Fatal(err)
		}
		handlers, err := ParseAll([]string{"user=hang", "member-failed=never"})
		if err != nil {
			t.Fatal(err)
		}
		h := New(agentMember{busy}, busyLog)
		started := make(chan struct{}, 1)
		h.run = func(ctx context.Context, _ request) outcome {
			started <- struct{}{}
			<-ctx.Done()
			return outcome{err: ctx.Err()}
		}
		h.Set(handlers, Options{})
		h.follow(busy)
		const events = 10000
		stream := busy.Subscribe(eventbus.Only(eventbus.User), events, eventbus.DropNewest)

		sendAll(t, busy, 0, 1)
		<-started
		sendAll(t, busy, 1, events)
		const dropped = events - queueMax - 1
		begin := time.Now()
		for h.Stats()["handler_events_dropped"] < dropped && time.Since(begin) < time.Hour {
			<-time.After(time.Second)
		}
		<-time.After(time.Minute)
		if got := h.Stats()["handler_events_dropped"]; got != dropped {
			t.Errorf("%d events dropped, want %d", got, dropped)
		}
		if countLines(busyLog, "Script 'hang' too slow, queue of 4096 events full, dropping the oldest") == 0 {
			t.Error("nobody says so")
		}
		for i := range events {
			if e, err := stream.Next(t.Context()); err != nil || e.Name != fmt.Sprint("event", i) {
				t.Fatalf("a stream got %q, %v, want event%d", e.Name, err, i)
			}
		}
		stream.Close()
		for _, log := range []*journal.Journal{busyLog, peerLog} {
			if n := countLines(log, "Suspect") + countLines(log, "EventMemberFailed") + countLines(log, "Refuting"); n > 0 {
				t.Errorf("somebody was suspected, %d times", n)
			}
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		h.Close(ended)
		_, _ = busy.Shutdown(), peer.Shutdown()
	})
}

// startMember runs the i-th member of network.
func startMember(t *testing.T, network *memnet.Network, i byte) (*agent.Agent, *journal.Journal) {
	t.Helper()
	endpoint, err := network.Listen(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, i}), 7946))
	if err != nil {
		t.Fatal(err)
	}
	cluster := membership.DefaultLAN()
	cluster.Swim.Name = fmt.Sprintf("n%d", i)
	log := journal.New(journal.Options{})
	a, err := agent.Start(agent.Config{Cluster: cluster, Transport: endpoint, Envelope: envelope.Default(), Log: log,
		Rand: rand.New(rand.NewPCG(1, uint64(i)))})
	if err != nil {
		t.Fatal(err)
	}
	return a, log
}

// sendAll sends user events from a, numbered from first up to end, as fast as it takes them.
func sendAll(t *testing.T, a *agent.Agent, first, end int) {
	t.Helper()
	for i := first; i < end; i++ {
		for {
			err := a.UserEvent(t.Context(), fmt.Sprint("event", i), nil, false)
			if err == nil {
				break
			}
			if !errors.Is(err, eventbus.ErrQueueFull) {
				t.Fatal(err)
			}
			<-time.After(time.Second)
		}
	}
}

func countLines(log *journal.Journal, text string) int {
	n := 0
	for _, l := range log.Tail() {
		n += strings.Count(l.Text, text)
	}
	return n
}

func TestHandlersFollowAnAgentToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{})
		a, log := startMember(t, network, 1)
		handlers, err := ParseAll([]string{"x"})
		if err != nil {
			t.Fatal(err)
		}
		h := New(agentMember{a}, log)
		var seen []string
		h.run = func(_ context.Context, r request) outcome {
			seen = append(seen, strings.Join(r.env[:2], " ")+" "+string(r.stdin))
			return outcome{}
		}
		h.Set(handlers, Options{})
		h.follow(a)
		<-time.After(5 * time.Second)
		q, err := a.Query(t.Context(), agent.QueryParams{Name: "q", Payload: []byte("p")})
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		if err := a.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = a.Shutdown()
		h.Close(t.Context())
		want := []string{"SERF_EVENT=member-join SERF_SELF_NAME=n1 n1\t10.0.0.1\t\t\n", "SERF_EVENT=query SERF_SELF_NAME=n1 p\n",
			"SERF_EVENT=member-leave SERF_SELF_NAME=n1 n1\t10.0.0.1\t\t\n"}
		if got := strings.Join(seen, ""); got != strings.Join(want, "") {
			t.Errorf("got %q, want %q", seen, want)
		}
		if err := h.member.Respond(t.Context(), eventbus.QueryID{}, nil); err == nil {
			t.Error("an agent that has ended answers")
		}
	})
}
