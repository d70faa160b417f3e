package sim

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"serf/swim"
	"serf/transport/envelope"
)

// letter is what travels on a stream in one direction.
type letter struct {
	state  *swim.State
	body   []byte
	key    []byte // with which it is encrypted; nil: it is not
	sealed []byte // unless Direct
}

// pack takes what e wants to say off the member's hands.
func (h *host) pack(e *swim.Effect, initiator bool) letter {
	l := letter{state: e.State, body: slices.Clone(e.Body), key: h.primary()}
	w := h.world
	message := l.body
	if d := w.record.digests; l.state != nil && d != nil && w.options.Direct {
		w.scratch = swim.AppendStateHead(w.scratch[:0], l.state)
		w.counts.StreamBytes += uint64(len(w.scratch) + d.of(l.state.Members).bytes + len(l.state.User))
		return l
	}
	if l.state != nil {
		w.scratch = swim.AppendState(w.scratch[:0], l.state)
		message = w.scratch
	}
	w.counts.StreamBytes += uint64(len(message))
	if w.options.Direct {
		return l
	}
	sealed, err := h.sealer.SealStream(nil, h.ring, message, initiator)
	if err != nil {
		panic(fmt.Sprintf("sim: seal stream: %v", err))
	}
	l.sealed = sealed
	return l
}

// unpack reads a letter. It returns false when this host has not got the key.
func (h *host) unpack(l letter, initiator bool) (letter, bool) {
	if !h.opens(l.key) {
		h.world.counts.Unreadable++
		return l, false
	}
	if h.world.options.Direct {
		return l, true
	}
	scanner := envelope.NewScanner(h.world.envelope(), h.ring, initiator)
	if done, err := scanner.Feed(l.sealed); err != nil || !done {
		panic(fmt.Sprintf("sim: scan own stream: done %v, %v", done, err))
	}
	message, err := scanner.Message()
	if err != nil {
		panic(fmt.Sprintf("sim: open own stream: %v", err))
	}
	if l.state != nil {
		if l.state, err = swim.DecodeState(message); err != nil {
			panic(fmt.Sprintf("sim: decode own state: %v", err))
		}
		return l, true
	}
	l.body = slices.Clone(message)
	return l, true
}

// dial opens a stream and delivers the request; the dialler gives up at its deadline.
func (h *host) dial(e *swim.Effect) {
	w, from, deadline := h.world, caller{h, h.lives, e.Exchange}, h.global(e.Deadline)
	h.dialled[e.Exchange] = true
	w.clock.schedule(deadline, func() { from.fail(errTimeout) })
	to := w.hostAt(e.To)
	if to == nil {
		return
	}
	f := w.Network.draw(w.rng, h.index, to.index)
	if !w.Network.connects(h.index, to.index) {
		return
	}
	l := h.pack(e, true)
	wantReply := e.WantReply
	held := w.Network.connecting(w.rng, h.index, to.index) + w.Network.sending(w.rng, h.index, to.index)
	w.At(2*f.delay+held, func() { // the request arrives behind the handshake
		if to.cluster == nil || f.refused {
			if f.refused {
				w.counts.Refused++
			}
			w.At(f.delay, func() { from.fail(errRefused) })
			return
		}
		if !wantReply {
			w.At(f.delay, func() { from.finish(func(now time.Time) { _ = h.cluster.HandleReply(now, from.exchange, nil) }) })
		}
		to.arrive(func() { to.accept(from, l, f.delay) })
	})
}

// fail ends the exchange with an error, if it is not over.
func (c caller) fail(err error) {
	c.finish(func(now time.Time) { c.host.cluster.HandleFailure(now, c.exchange, err) })
}

// finish ends the exchange, if it is not over and the host still lives that life.
func (c caller) finish(input func(now time.Time)) {
	h := c.host
	if h.cluster == nil || h.lives != c.life || !h.dialled[c.exchange] {
		return
	}
	h.turn(func() {
		if !h.dialled[c.exchange] {
			return
		}
		delete(h.dialled, c.exchange)
		input(h.now())
		h.drain()
	})
}

// accept handles the request of a stream. delay is how long a word back to the caller takes.
func (h *host) accept(from caller, l letter, delay time.Duration) {
	l, ok := h.unpack(l, true)
	if !ok {
		h.world.At(delay, func() { from.fail(errors.Join(errReset, io.EOF)) })
		return
	}
	h.streams++
	x := swim.Accepted(h.streams)
	h.callers[x] = from
	if l.state != nil {
		_ = h.cluster.HandleState(h.now(), x, l.state) // what it rejects it counts
	} else {
		_ = h.cluster.HandleStream(h.now(), x, from.host.addr, l.body)
	}
	h.drain()
}

// answer sends the reply on an accepted stream.
func (h *host) answer(e *swim.Effect) {
	c, ok := h.callers[e.Exchange]
	if !ok {
		panic("sim: reply on a stream that is over")
	}
	delete(h.callers, e.Exchange)
	w := h.world
	f := w.Network.draw(w.rng, h.index, c.host.index)
	if !w.Network.connects(h.index, c.host.index) {
		return // cut while the stream was open: the dialler's deadline ends it
	}
	l := h.pack(e, false)
	w.At(f.delay+w.Network.sending(w.rng, h.index, c.host.index), func() {
		c.finish(func(now time.Time) {
			l, ok := c.host.unpack(l, false)
			switch {
			case !ok:
				c.host.cluster.HandleFailure(now, c.exchange, envelope.ErrNoKey)
			case l.state != nil:
				_ = c.host.cluster.HandleState(now, c.exchange, l.state)
			default:
				_ = c.host.cluster.HandleReply(now, c.exchange, l.body)
			}
		})
	})
}

// close ends an accepted stream without a reply, or gives up an own one.
func (h *host) close(x swim.Exchange) {
	c, ok := h.callers[x]
	if !ok {
		delete(h.dialled, x)
		return
	}
	delete(h.callers, x)
	w := h.world
	f := w.Network.draw(w.rng, h.index, c.host.index)
	w.At(f.delay, func() { c.fail(errors.Join(errReset, io.EOF)) })
}
