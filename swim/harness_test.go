package swim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// epoch is when every test begins.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// latency is how long every packet and every half of an exchange takes.
const latency = time.Millisecond

// world runs a few nodes on a network that loses only what a test tells it to.
type world struct {
	t      testing.TB
	now    time.Time
	actors []*actor
	mail   []letter
	sent   uint64
	lose   func(from, to *actor, stream bool) bool
	unsent func(from *actor, to netip.AddrPort) bool
	seed   uint64
}

// actor is a node and what it did.
type actor struct {
	*Node
	name    string
	addr    netip.AddrPort
	source  netip.AddrPort // of its packets
	stopped bool
	events  []Event
	packets []Effect // sent, with their own bytes
	streams uint64
}

// letter is something that happens later.
type letter struct {
	at    time.Time
	order uint64
	run   func()
}

func newWorld(t testing.TB) *world {
	return &world{t: t, now: epoch, seed: 1,
		lose:   func(from, to *actor, stream bool) bool { return false },
		unsent: func(from *actor, to netip.AddrPort) bool { return false },
	}
}

// testConfig is a LAN member called name; the i-th has the address 10.0.0.i.
func testConfig(name string, i int) Config {
	c := DefaultLAN()
	c.Name = name
	c.Advertise = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 7946)
	c.DelegateMin, c.DelegateMax, c.DelegateVersion = 2, 5, 4
	return c
}

// add starts a node; change, unless nil, alters its configuration.
func (w *world) add(name string, change func(*Config)) *actor {
	w.t.Helper()
	c := testConfig(name, len(w.actors)+1)
	if change != nil {
		change(&c)
	}
	w.seed++
	n, err := New(c, w.now, rand.New(rand.NewPCG(w.seed, 7)))
	if err != nil {
		w.t.Fatal(err)
	}
	a := &actor{Node: n, name: name, addr: c.Advertise, source: c.Advertise}
	w.actors = append(w.actors, a)
	w.drain(a)
	return a
}

// join lets a join each of the others and runs until they know each other.
func (w *world) join(a *actor, others ...*actor) {
	w.t.Helper()
	for _, o := range others {
		if _, err := a.Join(w.now, o.addr, o.name); err != nil {
			w.t.Fatal(err)
		}
		w.drain(a)
	}
	w.run(time.Second)
}

// cluster starts nodes called a, b, c… that know each other.
func (w *world) cluster(size int, change func(*Config)) []*actor {
	w.t.Helper()
	for i := range size {
		w.add(string(rune('a'+i)), change)
	}
	for _, a := range w.actors[1:] {
		w.join(a, w.actors[0])
	}
	w.run(2 * time.Second)
	for _, a := range w.actors {
		if got := a.Stats().Alive; got != size {
			w.t.Fatalf("%s knows %d alive members, want %d", a.name, got, size)
		}
	}
	return w.actors
}

// post lets run happen after d.
func (w *world) post(d time.Duration, run func()) {
	w.sent++
	w.mail = append(w.mail, letter{at: w.now.Add(d), order: w.sent, run: run})
}

// run lets d pass.
func (w *world) run(d time.Duration) {
	for end := w.now.Add(d); w.step(end); {
	}
}

// step does what is next before end and reports whether there was anything.
func (w *world) step(end time.Time) bool {
	next, best := end, -1
	for i, l := range w.mail {
		if l.at.Before(next) || best >= 0 && l.at.Equal(next) && l.order < w.mail[best].order {
			next, best = l.at, i
		}
	}
	var late *actor
	for _, a := range w.actors {
		if at, _ := a.NextDeadline(); !a.stopped && !at.IsZero() && at.Before(next) {
			next, best, late = at, -1, a
		}
	}
	w.now = maxTime(w.now, next)
	switch {
	case late != nil:
		late.HandleDeadline(w.now)
		w.drain(late)
	case best >= 0:
		l := w.mail[best]
		w.mail = slices.Delete(w.mail, best, best+1)
		l.run()
	default:
		return false
	}
	return true
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (w *world) at(addr netip.AddrPort) *actor {
	for _, a := range w.actors {
		if a.addr == addr && !a.stopped {
			return a
		}
	}
	return nil
}

// drain carries out what a wants.
func (w *world) drain(a *actor) {
	for {
		e, ok := a.NextEffect()
		if !ok {
			return
		}
		switch e.Kind {
		case EffectPacket:
			w.packet(a, e)
		case EffectDial:
			w.dial(a, e)
		case EffectEvent:
			e.Event.Payload = bytes.Clone(e.Event.Payload)
			a.events = append(a.events, e.Event)
		}
	}
}

func (w *world) packet(a *actor, e Effect) {
	e.Batch.Body, e.Batch.Sizes = bytes.Clone(e.Batch.Body), slices.Clone(e.Batch.Sizes)
	a.packets = append(a.packets, e)
	if e.Probe != 0 && w.unsent(a, e.To) {
		w.post(0, func() { a.HandleUnsent(w.now, e.Probe); w.drain(a) })
		return
	}
	to := w.at(e.To)
	if to == nil || a.stopped || w.lose(a, to, false) {
		return
	}
	w.post(latency, func() {
		if to.stopped {
			return
		}
		e.Batch.All(func(m []byte) bool {
			if err := to.HandlePacket(w.now, a.source, m); err != nil {
				w.t.Errorf("%s: packet from %s: %v", to.name, a.name, err)
			}
			w.drain(to)
			return true
		})
	})
}

// dial runs an exchange: the request, then the reply or the failure.
func (w *world) dial(a *actor, e Effect) {
	to := w.at(e.To)
	body := bytes.Clone(e.Body)
	if to == nil || w.lose(a, to, true) {
		w.post(latency, func() { a.HandleFailure(w.now, e.Exchange, fmt.Errorf("no route")); w.drain(a) })
		return
	}
	w.post(latency, func() {
		to.streams++
		x := Accepted(to.streams)
		if e.State != nil {
			to.HandleState(w.now, x, w.wire(e.State))
		} else if err := to.HandleStream(w.now, x, a.source, body); err != nil {
			w.t.Errorf("%s: stream from %s: %v", to.name, a.name, err)
		}
		w.reply(a, to, e.Exchange, x)
	})
}

// reply carries the answer of to in its exchange x back to a, where it is y.
func (w *world) reply(a, to *actor, y, x Exchange) {
	for {
		e, ok := to.NextEffect()
		switch {
		case !ok:
			return
		case e.Kind == EffectReply && e.Exchange == x && e.State != nil:
			s := w.wire(e.State)
			w.post(latency, func() { a.HandleState(w.now, y, s); w.drain(a) })
		case e.Kind == EffectReply && e.Exchange == x:
			b := bytes.Clone(e.Body)
			w.post(latency, func() { a.HandleReply(w.now, y, b); w.drain(a) })
		case e.Kind == EffectClose && e.Exchange == x:
			w.post(latency, func() { a.HandleReply(w.now, y, nil); w.drain(a) })
		case e.Kind == EffectEvent:
			e.Event.Payload = bytes.Clone(e.Event.Payload)
			to.events = append(to.events, e.Event)
		case e.Kind == EffectPacket:
			w.packet(to, e)
		case e.Kind == EffectDial:
			w.dial(to, e)
		}
	}
}

// wire returns s as it comes out of the codec.
func (w *world) wire(s *State) *State {
	d, err := DecodeState(AppendState(nil, s))
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// status returns what a believes of the named member, or "unknown".
func (a *actor) status(name string) string {
	m, ok := a.Lookup(name)
	if !ok {
		return "unknown"
	}
	return m.Status.String()
}

// saw returns the events of one kind about the named member.
func (a *actor) saw(kind EventKind, name string) (list []Event) {
	for _, e := range a.events {
		if e.Kind == kind && (e.Info != nil && e.Info.Name == name || e.Info == nil && name == "") {
			list = append(list, e)
		}
	}
	return list
}

// sentTypes returns the types of the messages in each packet that a sent to the given address since mark.
func (a *actor) sentTypes(to netip.AddrPort, mark int) (list [][]MessageType) {
	for _, e := range a.packets[mark:] {
		if e.To != to {
			continue
		}
		var types []MessageType
		e.Batch.All(func(m []byte) bool { types = append(types, MessageType(m[0])); return true })
		list = append(list, types)
	}
	return list
}

func want[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
