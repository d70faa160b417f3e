package sim

import (
	"errors"
	"fmt"
	"net/netip"

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
		if h.world.Observe != nil {
			h.observe(e)
		}
		switch e.Kind {
		case membership.EffectWire:
			h.post(&e.Wire)
		case membership.EffectEvent:
			h.tally(e.Event)
		case membership.EffectAnswer:
			h.answers[answer{e.Answer.From, e.Answer.Ack}]++
		case membership.EffectNotice:
			h.blame(e.Notice.Kind, e.Notice.Type, e.Notice.Member)
		case membership.EffectKeys:
			h.useKeys(e.Keys.Keys)
			h.disk.keys = e.Keys.Keys
			h.cluster.KeysStored(h.now(), e.Keys.Generation, nil)
		case membership.EffectPersist:
			h.disk.append(h.world.clock.now, e.Record)
		case membership.EffectDone:
			if _, awaited := h.pending[e.Done.Token]; awaited {
				h.complete(*e.Done)
			}
		}
	}
	h.look()
	at, _ := h.cluster.NextDeadline()
	if at.IsZero() {
		return
	}
	h.wake(max(h.global(at), h.world.clock.now))
}

// tally counts what the applications of this host hear.
func (h *host) tally(e eventbus.Event) {
	h.world.see(Sight{Kind: SawEvent, Host: h.index, Life: h.lives, Event: &e})
	switch e.Type {
	case eventbus.User:
		h.heard[e.Name]++
	case eventbus.Query:
		if h.world.Respond == nil {
			return
		}
		if payload := h.world.Respond(h.index, e.Name); payload != nil {
			h.respond(e.QueryID(), payload)
		}
	}
}

// blame counts running members that are called failed.
func (h *host) blame(kind membership.NoticeKind, what eventbus.EventType, m *membership.Member) {
	if kind == membership.NoticeMember && what == eventbus.MemberFailed && h.world.hosts[h.world.byName[m.Name]].cluster != nil {
		h.world.counts.Accused++
	}
}

// respond answers a query as an application does: after the input that brought it.
func (h *host) respond(id eventbus.QueryID, payload []byte) {
	life := h.lives
	h.world.At(0, func() {
		if h.cluster == nil || h.lives != life {
			return
		}
		h.turn(func() {
			_ = h.cluster.Respond(h.now(), id, payload) // past its deadline is the asker's loss
			h.drain()
		})
	})
}

// wake schedules a wake-up unless one at least as early stands.
func (h *host) wake(at int64) {
	if h.wakeAt != 0 && h.wakeAt <= at {
		return
	}
	h.wakeAt = at
	h.world.clock.schedule(at, h.wakeUp)
}

// newWakeUp returns what a scheduled wake-up of this life does. One that was overtaken by an earlier one does nothing.
func (h *host) newWakeUp() func() {
	life := h.lives
	return func() {
		if h.cluster != nil && h.lives == life && h.wakeAt == h.world.clock.now {
			h.deadline()
		}
	}
}

// observe shows e, a copy: what an observer sees must not make each effect of a world without one escape to the heap.
func (h *host) observe(e membership.Effect) { h.world.Observe(h.index, &e) }

// fire lets the member do what is due. The deadline for which the wake-up was scheduled may be void by now.
func (h *host) fire() {
	h.wakeAt = 0
	if at, _ := h.cluster.NextDeadline(); at.IsZero() {
		return
	} else if due := h.global(at); due > h.world.clock.now {
		h.wake(due)
		return
	}
	h.cluster.HandleDeadline(h.now())
	h.drain()
}

// complete hears how a command ended that somebody waits for.
func (h *host) complete(d membership.Done) {
	done := h.pending[d.Token]
	delete(h.pending, d.Token)
	done(&d)
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
	to := w.hostAt(e.To)
	if to == nil {
		return // nobody there
	}
	f := w.Network.draw(w.rng, h.index, to.index)
	size := len(e.Batch.Body) + 2*e.Batch.Len() + 2
	if limit := w.Network.PacketBytesMax; limit > 0 && size > limit {
		f.lost = true
		w.counts.TooLarge++
	}
	w.counts.packet(&f, size)
	if f.lost {
		return
	}
	var deliver func()
	if w.options.Direct {
		copies := 1
		if f.twice {
			copies = 2
		}
		deliver = w.mails.post(h, to, e, copies)
	} else {
		deliver = h.packet(e, to)
	}
	w.At(f.delay, deliver)
	if f.twice {
		w.At(f.again, deliver)
	}
}

// packet returns what delivers a sealed copy of the packet e to another host.
func (h *host) packet(e *swim.Effect, to *host) func() {
	from := h.addr
	packet, err := h.sealer.SealPacket(nil, h.ring, e.Batch.Body, e.Batch.Sizes, e.Checksum)
	if err != nil {
		panic(fmt.Sprintf("sim: seal: %v", err)) // the machine exceeded its budget
	}
	return func() { to.arriving(func() { to.receiveBytes(from, packet) }) }
}

// arriving has a packet handled, unless the host is down.
func (h *host) arriving(do func()) {
	if h.cluster != nil {
		h.arrive(do)
	}
}

func (h *host) receiveBytes(from netip.AddrPort, packet []byte) {
	messages, err := h.opener.OpenPacket(h.ring, packet)
	switch {
	case errors.Is(err, envelope.ErrNoKey):
		h.world.counts.Unreadable++
		return
	case errors.Is(err, envelope.ErrReplay):
		h.world.counts.Repeated++
		return
	case err != nil:
		panic(fmt.Sprintf("sim: open: %v", err)) // every packet here comes from our own sealer
	}
	for m, ok := messages.Next(); ok; m, ok = messages.Next() {
		h.receive(from, m)
	}
}

// receive hands one message to the member, unless it has gone down meanwhile.
func (h *host) receive(from netip.AddrPort, message []byte) {
	if h.cluster != nil {
		_ = h.cluster.HandlePacket(h.now(), from, message) // what it rejects it counts
		h.drain()
	}
}
