package sim

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"serf/broadcast"
	"serf/eventbus"
	"serf/membership"
	"serf/swim"
	"serf/transport/envelope"
)

// drain carries out what the member wants and arms the wake-up for its next deadline. It is called after every input.
func (h *host) drain() {
	for {
		e, ok := h.cluster.NextEffect()
		if !ok {
			break
		}
		h.world.record.effect(h.world.clock.now, h.index, &e)
		switch e.Kind {
		case membership.EffectWire:
			h.wire(&e.Wire)
		case membership.EffectEvent:
			h.tally(&e.Event)
		case membership.EffectAnswer:
			h.answers[answer{e.Answer.From, e.Answer.Ack}]++
		case membership.EffectKeys:
			h.keys = e.Keys.Keys
			h.cluster.KeysStored(h.now(), e.Keys.Generation, nil)
		}
	}
	at, _ := h.cluster.NextDeadline()
	if at.IsZero() {
		return
	}
	h.wake(max(at.UnixNano(), h.world.clock.now))
}

// tally counts what the applications of this host hear.
func (h *host) tally(e *eventbus.Event) {
	switch e.Type {
	case eventbus.User:
		h.heard[e.Name]++
	case eventbus.Query:
		if h.world.Respond != nil {
			if payload := h.world.Respond(h.index, e.Name); payload != nil {
				id := e.QueryID()
				h.world.At(0, func() { _ = h.command(respondTo(id, payload)) }) // past its deadline is the asker's loss
			}
		}
	}
}

func respondTo(id eventbus.QueryID, payload []byte) func(*membership.Cluster, time.Time) error {
	return func(c *membership.Cluster, now time.Time) error { return c.Respond(now, id, payload) }
}

// wake schedules a wake-up unless one at least as early stands.
func (h *host) wake(at int64) {
	if h.wakeAt != 0 && h.wakeAt <= at {
		return
	}
	h.wakeAt = at
	life := h.lives
	h.world.clock.schedule(at, func() {
		if h.cluster == nil || h.lives != life || h.wakeAt != at {
			return
		}
		h.wakeAt = 0
		h.cluster.HandleDeadline(h.now())
		h.drain()
	})
}

func (h *host) wire(e *swim.Effect) {
	switch e.Kind {
	case swim.EffectPacket:
		h.sendPacket(e)
	case swim.EffectDial:
		h.dial(e)
	case swim.EffectReply:
		h.answer(e)
	case swim.EffectClose:
		h.close(e.Exchange)
	default:
		panic(fmt.Sprintf("sim: effect %d is not for a driver", e.Kind))
	}
}

// sendPacket takes a copy of the packet through the network. The bytes of e are valid only now.
func (h *host) sendPacket(e *swim.Effect) {
	w := h.world
	to := w.byAddr[e.To]
	if to == nil {
		return // nobody there
	}
	f := w.Network.draw(w.rng, h.index, to.index)
	if f.lost {
		return
	}
	if w.options.Direct {
		batch := broadcast.Batch{Body: slices.Clone(e.Batch.Body), Sizes: slices.Clone(e.Batch.Sizes)}
		w.At(f.delay, func() { to.receive(h.addr, batch.All) })
		return
	}
	packet, err := h.sealer.SealPacket(nil, w.ring, e.Batch.Body, e.Batch.Sizes, e.Checksum)
	if err != nil {
		panic(fmt.Sprintf("sim: seal: %v", err)) // the machine exceeded its budget
	}
	w.At(f.delay, func() { to.receiveBytes(h.addr, packet) })
}

func (h *host) receiveBytes(from netip.AddrPort, packet []byte) {
	if h.cluster == nil {
		return
	}
	messages, err := h.opener.OpenPacket(h.world.ring, packet)
	if err != nil {
		panic(fmt.Sprintf("sim: open: %v", err)) // every packet here comes from our own sealer
	}
	h.receive(from, func(yield func([]byte) bool) {
		for m, ok := messages.Next(); ok && yield(m); m, ok = messages.Next() {
		}
	})
}

func (h *host) receive(from netip.AddrPort, messages func(yield func([]byte) bool)) {
	for m := range messages {
		if h.cluster == nil {
			return
		}
		_ = h.cluster.HandlePacket(h.now(), from, m) // what it rejects it counts
		h.drain()
	}
}

// request is what travels on a stream in one direction.
type request struct {
	state *swim.State
	body  []byte
}

// pack takes what e wants to say off the member's hands; in bytes mode it goes through the envelope and back.
func (h *host) pack(e *swim.Effect, initiator bool) request {
	r := request{state: e.State, body: slices.Clone(e.Body)}
	if h.world.options.Direct {
		return r
	}
	message := r.body
	if r.state != nil {
		message = swim.AppendState(nil, r.state)
	}
	sealed, err := h.sealer.SealStream(nil, h.world.ring, message, initiator)
	if err != nil {
		panic(fmt.Sprintf("sim: seal stream: %v", err))
	}
	scanner := envelope.NewScanner(h.world.envelope(), h.world.ring, initiator)
	if done, err := scanner.Feed(sealed); err != nil || !done {
		panic(fmt.Sprintf("sim: scan own stream: done %v, %v", done, err))
	}
	message, err = scanner.Message()
	if err != nil {
		panic(fmt.Sprintf("sim: open own stream: %v", err))
	}
	if r.state != nil {
		if r.state, err = swim.DecodeState(message); err != nil {
			panic(fmt.Sprintf("sim: decode own state: %v", err))
		}
		return r
	}
	r.body = slices.Clone(message)
	return r
}

// dial opens a stream and delivers the request; the dialler gives up at its deadline.
func (h *host) dial(e *swim.Effect) {
	w, x, life, deadline := h.world, e.Exchange, h.lives, e.Deadline.UnixNano()
	h.dialled[x] = true
	w.clock.schedule(deadline, func() { h.finish(life, x, func(now time.Time) { h.cluster.HandleFailure(now, x, errTimeout) }) })
	to := w.byAddr[e.To]
	if to == nil {
		return
	}
	f := w.Network.draw(w.rng, h.index, to.index)
	if !w.Network.reaches(h.index, to.index) {
		return
	}
	r := h.pack(e, true)
	wantReply := e.WantReply
	w.At(2*f.delay, func() { // the request arrives behind the handshake
		if to.cluster == nil {
			w.At(f.delay, func() { h.finish(life, x, func(now time.Time) { h.cluster.HandleFailure(now, x, errRefused) }) })
			return
		}
		if !wantReply {
			w.At(f.delay, func() { h.finish(life, x, func(now time.Time) { _ = h.cluster.HandleReply(now, x, nil) }) })
		}
		to.accept(caller{h, life, x}, r)
	})
}

// finish ends an own exchange, if it is not over and the host still lives that life.
func (h *host) finish(life int, x swim.Exchange, input func(now time.Time)) {
	if h.cluster == nil || h.lives != life || !h.dialled[x] {
		return
	}
	delete(h.dialled, x)
	input(h.now())
	h.drain()
}

func (h *host) accept(from caller, r request) {
	h.streams++
	x := swim.Accepted(h.streams)
	h.callers[x] = from
	if r.state != nil {
		_ = h.cluster.HandleState(h.now(), x, r.state) // what it rejects it counts
	} else {
		_ = h.cluster.HandleStream(h.now(), x, from.host.addr, r.body)
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
	if !w.Network.reaches(h.index, c.host.index) {
		return // cut while the stream was open: the dialler's deadline ends it
	}
	r := h.pack(e, false)
	w.At(f.delay, func() {
		c.host.finish(c.life, c.exchange, func(now time.Time) {
			if r.state != nil {
				_ = c.host.cluster.HandleState(now, c.exchange, r.state)
				return
			}
			_ = c.host.cluster.HandleReply(now, c.exchange, r.body)
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
	w.At(f.delay, func() {
		c.host.finish(c.life, c.exchange, func(now time.Time) {
			c.host.cluster.HandleFailure(now, c.exchange, errors.Join(errReset, io.EOF))
		})
	})
}
