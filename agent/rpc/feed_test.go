package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"serf/agent"
	"serf/agent/journal"
	"serf/eventbus"
)

func userEvent(i int) eventbus.Event {
	return eventbus.Event{Type: eventbus.User, Name: "e", LTime: uint64(i), Payload: make([]byte, 100)}
}

func streaming(seq uint64, filter string) []byte {
	return asked("stream", seq, appendStream(nil, streamRequest{filter}))
}

func monitoring(seq uint64, level string) []byte {
	return asked("monitor", seq, appendMonitor(nil, monitorRequest{level}))
}

func stopping(seq, stop uint64) []byte { return asked("stop", seq, appendStop(nil, stopRequest{stop})) }

// bubbleClient shakes hands over ln, at once.
func bubbleClient(t *testing.T, ln *pipeListener, from string) (net.Conn, *replyReader) {
	nc := ln.dial(from)
	r := newReplyReader(nc)
	send(t, nc, handshake(1))
	r.header(t)
	return nc, r
}

func TestStalledReadersAreClosedAndCostOthersNothing(t *testing.T) {
	const clients, flood = 50, 20000
	log := journal.New(journal.Options{})
	backend := &fakeBackend{stats: map[string]map[string]string{"agent": {"name": "a"}}}
	bubble(t, ServerConfig{Log: log}, backend, func(t *testing.T, ln *pipeListener) {
		var stalled []net.Conn
		for i := range clients {
			nc, r := bubbleClient(t, ln, fmt.Sprintf("10.0.0.1:%d", i+1))
			send(t, nc, streaming(2, "*"))
			r.header(t)
			send(t, nc, monitoring(3, "err"))
			r.header(t)
			stalled = append(stalled, nc)
		}
		other, r := bubbleClient(t, ln, "10.0.0.2:1")
		start := time.Now()
		for i := range flood {
			if n := backend.publish(userEvent(i)); n != clients {
				t.Fatalf("%d subscriptions, want %d", n, clients)
			}
			log.Printf(journal.Err, "x", "line")
		}
		send(t, other, asked("stats", 2, nil))
		r.header(t)
		r.body(t)
		if got := time.Since(start); got != 0 {
			t.Errorf("flood and another client took %v, want no time", got)
		}
		<-time.After(5*time.Second + 1)
		synctest.Wait()
		if n := backend.publish(userEvent(0)); n != 0 {
			t.Errorf("%d subscriptions after 5 s, want none", n)
		}
		for _, nc := range stalled {
			_, _ = io.Copy(io.Discard, nc) // ends
		}
		send(t, other, asked("stats", 3, nil))
		r.header(t)
		stats, err := decodeStats(r.body(t))
		if got := stats["rpc"]; err != nil || got["stalled_clients"] != "50" || got["dropped_events"] == "0" || got["dropped_lines"] == "0" {
			t.Errorf("stats: got %v, %v, want 50 stalled clients, lost events and lines", got, err)
		}
	})
	wantLog(t, log, "[WARN] agent.ipc: Closing client 10.0.0.1:")
	wantLog(t, log, "it took none of its records for 5s")
	if got := strings.Count(texts(log), "agent.ipc: Closing"); got != 1 {
		t.Errorf("%d lines about stalled clients in ten seconds, want 1", got)
	}
}

func TestGapInAStreamIsMarked(t *testing.T) {
	const all = 2000
	log := journal.New(journal.Options{})
	backend := &fakeBackend{}
	bubble(t, ServerConfig{Log: log}, backend, func(t *testing.T, ln *pipeListener) {
		nc, r := bubbleClient(t, ln, "10.0.0.1:1")
		send(t, nc, streaming(2, "user"))
		r.header(t)
		for i := range all {
			backend.publish(userEvent(i))
			synctest.Wait()
		}
		var next uint64
		for next < all {
			if h := r.header(t); h != (replyHeader{Seq: 2}) {
				t.Fatalf("got %+v, want a record", h)
			}
			e, err := decodeEventRecord(r.body(t))
			if err != nil || e.LTime != next+e.Dropped {
				t.Fatalf("event %d with %d dropped, %v, after event %d", e.LTime, e.Dropped, err, next-1)
			}
			if e.Dropped > 0 && e.Dropped != all-1-512 {
				t.Errorf("%d dropped, want %d", e.Dropped, all-1-512)
			}
			next = e.LTime + 1
		}
	})
	wantLog(t, log, "[WARN] agent.ipc: Dropping event to ipc.client: 10.0.0.1:1 (1487 lost)")
}

func TestGapInAMonitorIsMarkedAndNotTalkedAbout(t *testing.T) {
	log := journal.New(journal.Options{})
	bubble(t, ServerConfig{Log: log}, &fakeBackend{}, func(t *testing.T, ln *pipeListener) {
		nc, r := bubbleClient(t, ln, "10.0.0.1:1")
		send(t, nc, monitoring(2, "info"))
		r.header(t)
		for i := range 2000 {
			log.Printf(journal.Info, "x", "line %d", i)
			synctest.Wait()
		}
		marks := 0
		for last := ""; !strings.HasSuffix(last, "x: end"); {
			r.header(t)
			line, err := decodeLog(r.body(t))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(line, "line 400") {
				log.Printf(journal.Info, "x", "after the gap")
			}
			if strings.Contains(line, "log lines lost here: this client reads too slowly") {
				marks++
				log.Printf(journal.Info, "x", "end")
			}
			if strings.Contains(line, dropText) {
				t.Errorf("the client hears of its own loss: %s", line)
			}
			last = line
		}
		if marks != 1 {
			t.Errorf("%d marks, want 1", marks)
		}
	})
	wantLog(t, log, "[WARN] agent.ipc: Dropping logs to ipc.client: 10.0.0.1:1 (")
}

func TestNothingFollowsTheReplyToStop(t *testing.T) {
	backend := &fakeBackend{}
	log := journal.New(journal.Options{})
	_, addr := startServer(t, backend, ServerConfig{Log: log})
	over := make(chan struct{})
	var flood sync.WaitGroup
	flood.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-over:
				return
			default:
				backend.publish(userEvent(i))
				log.Printf(journal.Info, "x", "line")
			}
		}
	})
	nc := dialRaw(t, addr)
	r := newReplyReader(nc)
	send(t, nc, handshake(1))
	r.header(t)
	for range 50 {
		send(t, nc, streaming(5, "*"), monitoring(6, "info"), stopping(7, 5), stopping(8, 6), stopping(9, 5))
		ended := map[uint64]bool{}
		begun := map[uint64]bool{}
		for !ended[9] {
			h := r.header(t)
			switch {
			case h.Error != "":
				t.Fatalf("got %+v", h)
			case h.Seq >= 7:
				ended[h.Seq] = true
			case !begun[h.Seq]:
				begun[h.Seq] = true
			case ended[h.Seq+2]:
				t.Fatalf("a record of %d after its end", h.Seq)
			default:
				r.body(t)
			}
		}
	}
	close(over)
	flood.Wait()
	if n := backend.publish(userEvent(0)); n != 0 {
		t.Errorf("%d subscriptions, want none", n)
	}
}

func TestFeedsOfAConnectionAreLimited(t *testing.T) {
	backend := &fakeBackend{query: func(eventbus.QueryParams) (Answers, error) { return newFakeAnswers(0), nil }}
	_, addr := startServer(t, backend, ServerConfig{StreamsMax: 2, QueriesMax: 2})
	c := dialClient(t, addr, "")
	for i, want := range []string{"", "", "Too many streams on this connection: the limit is 2"} {
		if _, err := c.Stream(t.Context(), "user"); errorText(err) != want {
			t.Errorf("stream %d: got %v, want %q", i, err, want)
		}
	}
	for i, want := range []string{"", "", "Too many queries on this connection: the limit is 2"} {
		if _, err := c.Query(t.Context(), QueryParams{Name: "q"}); errorText(err) != want {
			t.Errorf("query %d: got %v, want %q", i, err, want)
		}
	}
}

func TestEndOfAConnectionEndsItsFeeds(t *testing.T) {
	asked := newFakeAnswers(0)
	backend := &fakeBackend{query: func(eventbus.QueryParams) (Answers, error) { return asked, nil }}
	s, addr := startServer(t, backend, ServerConfig{})
	c := dialClient(t, addr, "")
	stream, err := c.Stream(t.Context(), "")
	query, err2 := c.Query(t.Context(), QueryParams{Name: "q"})
	monitor, err3 := c.Monitor(t.Context(), "err")
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	<-asked.closed
	if n := backend.publish(userEvent(0)); n != 0 {
		t.Errorf("%d subscriptions, want none", n)
	}
	_, err = stream.Next(t.Context())
	_, err2 = query.Next(t.Context())
	_, _, err3 = monitor.Next(t.Context())
	if err != ErrClosed || err2 != ErrClosed || err3 != ErrClosed {
		t.Errorf("got %v, %v, %v, want %v", err, err2, err3, ErrClosed)
	}
}

func TestQueryIsDoneWhenItIsOver(t *testing.T) {
	answers := []agent.Answer{{Kind: agent.AnswerAck, From: "a"}, {Kind: agent.AnswerResponse, From: "a", Payload: []byte("x")}, {Kind: agent.AnswerResponse, From: "b"}}
	var got QueryParams
	backend := &fakeBackend{query: func(p eventbus.QueryParams) (Answers, error) {
		got = p
		if p.Name == "bad" {
			return nil, errors.New("query exceeds limit of 1024 bytes")
		}
		return answered(answers...), nil
	}}
	_, addr := startServer(t, backend, ServerConfig{})
	c := dialClient(t, addr, "")
	all, err := ask(t.Context(), c, QueryParams{Name: "q", Timeout: time.Hour, WaitFull: true})
	if want := "ack a, response a x, response b"; all != want || err != nil {
		t.Errorf("got %q, %v, want %q", all, err, want)
	}
	if got.Name != "q" || got.Timeout != time.Hour || !got.WaitFull {
		t.Errorf("agent got %+v", got)
	}
	if _, err := ask(t.Context(), c, QueryParams{Name: "bad"}); errorText(err) != "query exceeds limit of 1024 bytes" {
		t.Errorf("got %v", err)
	}
	for _, p := range []QueryParams{{Name: "_serf_ping", Payload: []byte{}}, {Name: "_serf_conflict"}} {
		if _, err := ask(t.Context(), c, p); errorText(err) != textQueryReserved {
			t.Errorf("%+v: got %v, want %s", p, err, textQueryReserved)
		}
	}
}

func TestQueriesAreRespondedToUntilTheirDeadline(t *testing.T) {
	var got []string
	result := error(nil)
	backend := &fakeBackend{respond: func(id eventbus.QueryID, payload []byte) error {
		got = append(got, fmt.Sprintf("%d/%d %s", id.LTime, id.ID, payload))
		return result
	}}
	bubble(t, ServerConfig{}, backend, func(t *testing.T, ln *pipeListener) {
		nc, r := bubbleClient(t, ln, "10.0.0.1:1")
		send(t, nc, streaming(2, "query"))
		r.header(t)
		deadline := time.Now().Add(time.Second)
		for i := range 2 {
			backend.publish(eventbus.Event{Type: eventbus.Query, Name: "q", LTime: 7, ID: uint32(40 + i), Deadline: deadline})
			r.header(t)
			if e, err := decodeEventRecord(r.body(t)); err != nil || e.ID != uint64(i+1) || e.LTime != 7 {
				t.Errorf("got %+v, %v, want number %d", e, err, i+1)
			}
		}
		respond := func(id uint64) string {
			send(t, nc, asked("respond", 3, appendRespond(nil, respondRequest{id, []byte("x")})))
			return r.header(t).Error
		}
		for _, test := range []struct {
			err  error
			want string
		}{
			{nil, ""},
			{fmt.Errorf("agent: %w", eventbus.ErrAnswered), "failed to respond to key query: response already sent"},
			{eventbus.ErrDeadline, "failed to respond to key query: response is past the deadline"},
			{eventbus.ErrQueryUnknown, textUnknownQuery},
			{errors.New("response exceeds limit of 1024 bytes"), "failed to respond to key query: response exceeds limit of 1024 bytes"},
		} {
			result = test.err
			if text := respond(2); text != test.want {
				t.Errorf("%v: got %q, want %q", test.err, text, test.want)
			}
		}
		if text := respond(3); text != textUnknownQuery {
			t.Errorf("unknown number: got %q", text)
		}
		<-time.After(time.Second)
		if text := respond(1); text != textUnknownQuery {
			t.Errorf("after the deadline: got %q", text)
		}
	})
	if len(got) != 5 || got[0] != "7/41 x" {
		t.Errorf("agent got %q", got)
	}
}

func TestDeliveredQueriesAreBounded(t *testing.T) {
	var d delivered
	now := time.Now()
	for i := range 3 * deliveredMax {
		d.add(&eventbus.Event{ID: uint32(i), Deadline: now.Add(time.Hour)})
	}
	if len(d.open) != deliveredMax {
		t.Errorf("%d remembered, want %d", len(d.open), deliveredMax)
	}
	if id, ok := d.find(now, 3*deliveredMax); !ok || id.ID != 3*deliveredMax-1 {
		t.Errorf("latest: got %v, %v", id, ok)
	}
	if _, ok := d.find(now, 2*deliveredMax); ok {
		t.Error("an old one is still there")
	}
	if _, ok := d.find(now.Add(time.Hour), 3*deliveredMax); ok {
		t.Error("one past its deadline is still there")
	}
}

func TestClientKeepsABoundedNumberOfRecords(t *testing.T) {
	r := newRecords(3, lastAnswer)
	for range 5 {
		r.put(appendAnswer(nil, answerRecord{From: "a", Type: "ack"}))
	}
	if !r.put(appendAnswer(nil, answerRecord{Type: answerDone})) {
		t.Error("the last record is not seen")
	}
	var lost uint64
	for range 4 {
		rec, err := r.next(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		lost += rec.lost
	}
	if lost != 2 {
		t.Errorf("%d lost, want 2", lost)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.next(ctx, nil); err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	r.ignore()
	if _, err := r.next(t.Context(), nil); err != ErrClosed {
		t.Errorf("got %v, want %v", err, ErrClosed)
	}
}

func TestClientDoesNotLoseItsPlaceAfterAStop(t *testing.T) {
	// A reference agent may send records after the reply to stop.
	addr := serveOnce(t, func(nc net.Conn) {
		_, _ = io.ReadFull(nc, make([]byte, len(handshake(1))))
		_, _ = nc.Write(appendReplyHeader(nil, replyHeader{Seq: 1}))
		_, _ = io.ReadFull(nc, make([]byte, len(streaming(2, "*"))))
		_, _ = nc.Write(appendReplyHeader(nil, replyHeader{Seq: 2}))
		_, _ = io.ReadFull(nc, make([]byte, len(stopping(3, 2))))
		late := appendReplyHeader(appendReplyHeader(nil, replyHeader{Seq: 3}), replyHeader{Seq: 2})
		e := userEvent(1)
		late = appendUserEvent(late, &e, 0)
		_, _ = nc.Write(late)
		_, _ = io.ReadFull(nc, make([]byte, len(asked("stats", 4, nil))))
		_, _ = nc.Write(appendStats(appendReplyHeader(nil, replyHeader{Seq: 4}), map[string]map[string]string{"agent": {"name": "a"}}))
		_, _ = io.Copy(io.Discard, nc)
	})
	c := dialClient(t, addr, "")
	s, err := c.Stream(t.Context(), "*")
	if err == nil {
		err = s.Stop(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if stats, err := c.Stats(t.Context()); err != nil || stats["agent"]["name"] != "a" {
		t.Errorf("stats after a late record: got %v, %v", stats, err)
	}
	_ = c.Close()
}
