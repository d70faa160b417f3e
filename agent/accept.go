package agent

import (
	"errors"
	"io"
	"net"
	"time"

	"serf/agent/journal"
	"serf/swim"
	"serf/transport/envelope"
)

// acceptStreams serves the streams that peers open, each in a goroutine of its own, until the transport closes.
func (a *Agent) acceptStreams() {
	for {
		conn, err := a.transport.Accept()
		if err != nil {
			return
		}
		a.wg.Go(func() { a.serve(conn) })
	}
}

// serve reads one request, lets the loop answer it and closes conn.
func (a *Agent) serve(conn net.Conn) {
	defer conn.Close()
	defer closeWith(a.ctx, conn)()
	_ = conn.SetDeadline(time.Now().Add(a.timeout))
	a.log.Printf(journal.Debug, "memberlist", "Stream connection from=%v", remote(conn))
	scanner := envelope.NewScanner(a.envelope, a.Keyring(), true)
	r, err := a.receive(conn, scanner, a.newGuest(conn))
	defer r.release(a)
	if err != nil {
		a.onBadRequest(conn, scanner, err)
		return
	}
	if a.streams.replays.seen(scanner.Nonce()) {
		a.counters.streamsReplayed.Add(1)
		a.log.Limited("stream replay", journal.Warn, "memberlist", "refused a repeated stream from=%v", remote(conn))
		return
	}
	if r.state != nil {
		defer a.streams.pushPulls.Add(-1)
		if a.streams.pushPulls.Add(1) > pushPullsMax {
			a.counters.pushPullsRefused.Add(1)
			a.log.Limited("push/pulls", journal.Err, "memberlist", "too many pending push/pull requests, refused from=%v", remote(conn))
			return
		}
	}
	a.respond(conn, &r)
}

// respond hands the request to the loop and writes what it answers.
func (a *Agent) respond(conn net.Conn, r *receipt) {
	reply := make(chan response, 1)
	x := swim.Accepted(a.streams.accepted.Add(1))
	if !a.deliver(arrival{exchange: x, from: remote(conn), state: r.state, body: r.message, reply: reply}) {
		return
	}
	// The loop answers or closes every request it took, its end included.
	answer, ok := <-reply
	r.decoded(a)
	if !ok {
		return
	}
	_ = conn.SetDeadline(time.Now().Add(a.timeout))
	if err := a.send(conn, encode(answer.state, answer.body), false); err != nil {
		a.counters.streamsBad.Add(1)
		a.log.Limited("reply", journal.Err, "memberlist", "failed to reply: %v to=%v", err, remote(conn))
	}
}

// onBadRequest answers a request that cannot be read, where the protocol wants that, and says so once in a while.
func (a *Agent) onBadRequest(conn net.Conn, s *envelope.Scanner, err error) {
	var timeout net.Error
	switch {
	case a.ctx.Err() != nil, errors.Is(err, io.EOF):
		return
	case errors.Is(err, errGuests):
		a.counters.guestsRefused.Add(1)
		a.log.Limited("guests", journal.Warn, "memberlist", "closed a stream: %v from=%v", err, remote(conn))
		return
	case errors.Is(err, errBudget):
		a.logStream("stream budget", remote(conn), err)
		return
	case errors.As(err, &timeout) && timeout.Timeout():
		a.counters.streamsIdle.Add(1)
		a.log.Limited("stream idle", journal.Warn, "memberlist", "closed a stream that sent no complete message in %v from=%v",
			a.timeout, remote(conn))
		return
	}
	a.logStream("stream", remote(conn), err)
	if text, ok := s.ReplyError(); ok {
		_ = a.send(conn, swim.AppendErrorMessage(nil, text), false)
	}
}
