package swim

import (
	"net/netip"
	"time"
)

// outbox is the ordered list of effects of the last input. Effects and the memory of their bytes are reused.
type outbox struct {
	list  []Effect
	head  int       // the first one that was not taken yet
	spare *[]Effect // that of nodes which share a directory, for whoever needs it next; nil: the node keeps its own
}

// outboxKeep is how many effects' memory survives a burst: more than that many effects of one input are rare.
const outboxKeep = 64

// begin makes room for the effects of the next input. Those not taken yet stay.
func (o *outbox) begin() {
	if o.head < len(o.list) {
		return
	}
	if o.spare != nil && o.list == nil {
		o.list, *o.spare = *o.spare, nil
	}
	if invariants {
		scribble(o.list)
	}
	if cap(o.list) > outboxKeep {
		o.list = nil
	}
	o.list, o.head = o.list[:0], 0
}

// add appends an effect. The pointer is good until the next add.
func (o *outbox) add(kind EffectKind) *Effect {
	i := len(o.list)
	if i == cap(o.list) {
		o.list = append(o.list, Effect{})
	} else {
		o.list = o.list[:i+1]
	}
	e := &o.list[i]
	batch, body := e.Batch, e.Body
	batch.Reset()
	*e = Effect{Kind: kind, Batch: batch, Body: body[:0]}
	return e
}

// packet appends a packet to the given address, still empty.
func (o *outbox) packet(to netip.AddrPort) *Effect {
	e := o.add(EffectPacket)
	e.To = plain(to)
	return e
}

// giveBack lets other nodes use the memory, if they share it.
func (o *outbox) giveBack() {
	if o.spare != nil && o.head == len(o.list) {
		*o.spare, o.list, o.head = o.list, nil, 0
	}
}

// drop takes back the effect that was added last.
func (o *outbox) drop() { o.list = o.list[:len(o.list)-1] }

// event appends an event.
func (o *outbox) event(ev Event) { o.add(EffectEvent).Event = ev }

// next returns the first effect not taken yet.
func (o *outbox) next() (Effect, bool) {
	if o.head == len(o.list) {
		return Effect{}, false
	}
	o.head++
	return o.list[o.head-1], true
}

// scribble destroys what taken effects pointed to, so that keeping it shows.
func scribble(list []Effect) {
	for i := range list {
		e := &list[i]
		for _, b := range [][]byte{e.Batch.Body[:cap(e.Batch.Body)], e.Body[:cap(e.Body)]} {
			for k := range b {
				b[k] = 0xdb
			}
		}
	}
}

// plain returns a with an IPv4 address in its own form, as sockets want it.
func plain(a netip.AddrPort) netip.AddrPort {
	if !a.Addr().Is4In6() {
		return a
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// stamp returns the time t nanoseconds after the node's epoch.
func (n *Node) stamp(t int64) time.Time { return n.epoch.Add(time.Duration(t)) }
