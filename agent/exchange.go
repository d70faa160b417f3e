package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"serf/agent/journal"
	"serf/swim"
	"serf/transport/envelope"
)

const (
	// pushPullsMax is how many peers may exchange their state with us at once: the reference closes the 128th.
	pushPullsMax = 127
	// decodingMax is how many received states are inflated and decoded at once: each may be tens of megabytes.
	decodingMax = 1
	// largeBytes is from which length of a message on its memory is given back before the next is decoded; a state of
	// ten thousand members is shorter.
	largeBytes = 4 << 20
	// largeMembers is from how many members on a state is as large, however short they are.
	largeMembers = largeBytes / 16
	// garbageBytes is from how much garbage of one stream on the collector runs before more is read.
	garbageBytes = 512 << 10
	// userStreamBytesMax is how long a message that is no state may be: Serf sends none above 64 KiB.
	userStreamBytesMax = 1 << 20
	// streamBytesMax bounds the bytes received on all open streams together: the largest encrypted one, and many small ones.
	streamBytesMax = 21 << 20
	// firstReadBytes is the buffer of a stream that has said nothing yet; many may idle.
	firstReadBytes = 512
	// readBytes is the buffer of a stream that speaks.
	readBytes = 16 << 10
)

// errBudget is why a stream is closed when the peers of all streams together have sent too much.
var errBudget = fmt.Errorf("more than %d bytes received on open streams", streamBytesMax)

// streams is what all exchanges share.
type streams struct {
	accepted   atomic.Uint64 // number of the last accepted exchange
	pushPulls  atomic.Int64  // accepted push/pulls under way
	received   atomic.Int64  // bytes that open streams hold
	guestBytes atomic.Int64  // of these, from guests
	guestLarge chan struct{} // a token per guest that brings much
	replays    streamReplays
	decoding   chan struct{} // a token per decoding under way
	large      bool          // the last decoding needed much memory; belongs to who holds the token
	sealers    sync.Pool     // *envelope.Sealer
	buffers    sync.Pool     // *[readBytes]byte
}

// arrival is what an exchange tells the loop: a request, a reply or a failure.
type arrival struct {
	exchange swim.Exchange
	from     netip.AddrPort
	state    *swim.State     // of a push/pull; otherwise body counts
	body     []byte          // a small message; empty: the request was written and no reply wanted
	err      error           // not nil: the dialled exchange broke
	reply    chan<- response // not nil: this is an accepted request; has room for one
}

// response is what the loop tells an accepted exchange to answer. A channel closed without one means: close the stream.
type response struct {
	state *swim.State
	body  []byte
}

// onArrival feeds what an exchange brought.
func (l *loop) onArrival(now time.Time, e arrival) {
	if e.reply != nil {
		l.onRequest(now, e)
		return
	}
	cancel, ok := l.dialed[e.exchange]
	if !ok {
		return // given up by the machine meanwhile
	}
	delete(l.dialed, e.exchange)
	cancel()
	var err error
	switch {
	case e.err != nil:
		l.cluster.HandleFailure(now, e.exchange, e.err)
	case e.state != nil:
		err = l.cluster.HandleState(now, e.exchange, e.state)
	default:
		err = l.cluster.HandleReply(now, e.exchange, e.body)
	}
	if err != nil {
		l.agent.onBadMessage(e.from, err)
	}
}

// onRequest feeds the request of an accepted stream. The machine answers or closes at once; a request that it refuses
// closes too.
func (l *loop) onRequest(now time.Time, e arrival) {
	l.accepted[e.exchange] = e.reply
	var err error
	if e.state != nil {
		err = l.cluster.HandleState(now, e.exchange, e.state)
	} else {
		err = l.cluster.HandleStream(now, e.exchange, e.from, e.body)
	}
	if err != nil {
		l.agent.onBadMessage(e.from, err)
	}
	l.drain()
	l.onClose(e.exchange)
}

// onReply hands the answer to an accepted exchange.
func (l *loop) onReply(e *swim.Effect) {
	reply, ok := l.accepted[e.Exchange]
	if !ok {
		return
	}
	delete(l.accepted, e.Exchange)
	reply <- response{state: e.State, body: append([]byte(nil), e.Body...)}
}

// onClose ends an exchange of either kind if it is still there.
func (l *loop) onClose(x swim.Exchange) {
	if reply, ok := l.accepted[x]; ok {
		delete(l.accepted, x)
		close(reply)
	}
	if cancel, ok := l.dialed[x]; ok {
		delete(l.dialed, x)
		cancel()
	}
}

// deliver hands e to the loop and says whether it took it: not after its end.
func (a *Agent) deliver(e arrival) bool {
	select {
	case a.arrivals <- e:
		return true
	case <-a.stopped:
		return false
	}
}

// send seals message and writes it.
func (a *Agent) send(conn net.Conn, message []byte, initiator bool) error {
	sealer, _ := a.streams.sealers.Get().(*envelope.Sealer)
	if sealer == nil {
		sealer = newSealer(a.envelope)
	}
	defer a.streams.sealers.Put(sealer)
	sealed, err := sealer.SealStream(nil, a.Keyring(), message, initiator)
	if err != nil {
		return err
	}
	a.countSealed()
	_, err = conn.Write(sealed)
	return err
}

// newSealer returns a sealer for one goroutine. Its nonces start where chance has it, so that no other meets them.
func newSealer(cfg envelope.Config) *envelope.Sealer {
	var seed [envelope.NonceSeedBytes]byte
	_, _ = rand.Read(seed[:]) // never fails: without random numbers the runtime ends the process
	return envelope.NewSealer(cfg, envelope.NewNonceCounter(seed))
}

// encode returns the bytes of a message given as a state or as they are.
func encode(state *swim.State, body []byte) []byte {
	if state != nil {
		return swim.AppendState(nil, state)
	}
	return body
}

// receipt is what a stream has brought; it must be released.
type receipt struct {
	message []byte      // type byte first; nil for a push/pull
	state   *swim.State // of a push/pull
	bytes   int64       // taken from the budget

	guest    *guest // nil: its peer is none
	decoding bool   // it holds the token: it is large, and what is made of it is still in use
}

// decoded forgets what is large, and lets the next be decoded.
func (r *receipt) decoded(a *Agent) {
	if r.decoding {
		r.decoding, r.state, r.message = false, nil, nil
		if a.streams.large {
			debug.FreeOSMemory() // or the garbage of several would add up
		}
		<-a.streams.decoding
	}
}

func (r *receipt) release(a *Agent) {
	r.decoded(a)
	if r.bytes > garbageBytes {
		runtime.GC() // or what it held would add up with what others bring
	}
	a.streams.received.Add(-r.bytes)
	r.guest.leave()
}

// receive reads the one message of a stream and decodes it if it is a push/pull; while a large one is in use, no other is decoded. g
// is the account of a peer that is no member, or nil. An error is io.EOF when the peer closed without a word.
func (a *Agent) receive(conn net.Conn, s *envelope.Scanner, g *guest) (r receipt, err error) {
	r.guest = g
	if err := a.scan(conn, s, &r); err != nil {
		return r, err
	}
	select {
	case a.streams.decoding <- struct{}{}:
	case <-a.ctx.Done():
		return r, ErrClosed
	}
	r.decoding = true
	message, err := s.Message()
	if err == nil {
		g.leave()
	}
	a.streams.large = len(message) > largeBytes
	switch {
	case err != nil:
	case swim.MessageType(message[0]) == swim.TypePushPull:
		if r.state, err = swim.DecodeState(message); err == nil && len(r.state.Members) > largeMembers {
			a.streams.large = true
			n := int64(len(r.state.Members)) * largeBytes / largeMembers
			r.bytes += n
			a.streams.received.Add(n) // others get less meanwhile
		}
	case len(message) > userStreamBytesMax:
		err = fmt.Errorf("message of %d bytes is %w", len(message), envelope.ErrTooLarge)
	default:
		r.message = message
	}
	if err != nil {
		r.decoded(a)
	} else if !a.streams.large {
		r.decoding = false
		<-a.streams.decoding
	}
	return r, err
}

// scan reads until s has its message. Every byte is counted in r and against the budgets of streams.
func (a *Agent) scan(conn net.Conn, s *envelope.Scanner, r *receipt) error {
	buf := make([]byte, firstReadBytes)
	for {
		n, err := conn.Read(buf)
		r.bytes += int64(n)
		if a.streams.received.Add(int64(n)) > streamBytesMax {
			return errBudget
		}
		size := s.Size()
		done, bad := s.Feed(buf[:n])
		if grown := s.Size(); grown > size && size > garbageBytes {
			runtime.GC() // a stream that grows leaves its old buffers behind, which are as large
		}
		if bad != nil {
			return bad
		}
		if over := r.guest.take(n, s); over != nil {
			return over
		}
		switch {
		case done:
			return nil
		case errors.Is(err, io.EOF) && r.bytes > 0:
			return s.End()
		case err != nil:
			return err
		}
		if len(buf) == firstReadBytes {
			large, _ := a.streams.buffers.Get().(*[readBytes]byte)
			if large == nil {
				large = new([readBytes]byte)
			}
			defer a.streams.buffers.Put(large)
			buf = large[:]
		}
	}
}

// closeWith closes conn when ctx ends. The function returned must be called when conn is done with.
func closeWith(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = conn.Close() })
}

// remote returns the address of the other end.
func remote(conn net.Conn) netip.AddrPort {
	switch a := conn.RemoteAddr().(type) {
	case *net.TCPAddr:
		p := a.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	case interface{ AddrPort() netip.AddrPort }:
		return a.AddrPort()
	}
	p, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return p
}

// logStream says that a stream of a peer was no good.
func (a *Agent) logStream(key string, from netip.AddrPort, err error) {
	hint := ""
	if errors.Is(err, envelope.ErrNoKey) {
		hint = " (key mismatch?)"
	}
	a.counters.streamsBad.Add(1)
	a.log.Limited(key, journal.Err, "memberlist", "failed to receive: %v from=%v%s", reason(err), from, hint)
}
