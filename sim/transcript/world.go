package transcript

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"serf/swim"
)

const (
	packetDelay = 5 * time.Millisecond
	streamDelay = 10 * time.Millisecond
	port        = 7946
)

// world is the stage of one play.
type world struct {
	now     time.Duration
	order   []*actor
	actors  map[string]*actor
	byAddr  map[netip.AddrPort]*actor
	pending []delivery
	count   uint64
	drop    map[[2]string]bool
	cut     map[[2]string]bool
	seqs    map[uint32]int // sequence number → order of first appearance
	lines   []string
}

// actor is one node of the play.
type actor struct {
	name    string
	addr    netip.AddrPort
	node    *swim.Node
	streams uint64
	callers map[swim.Exchange]dialler
	dialled map[swim.Exchange]bool
	stats   swim.Stats
}

type dialler struct {
	actor    *actor
	exchange swim.Exchange
}

// delivery is something on its way.
type delivery struct {
	at  time.Duration
	seq uint64
	run func()
}

func newWorld() *world {
	return &world{
		actors: make(map[string]*actor),
		byAddr: make(map[netip.AddrPort]*actor),
		drop:   make(map[[2]string]bool),
		cut:    make(map[[2]string]bool),
		seqs:   make(map[uint32]int),
	}
}

func (w *world) time() time.Time { return time.Unix(0, int64(w.now)) }

func (w *world) start(name string, set func(*swim.Config)) error {
	i := len(w.order) + 1
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), port)
	cfg := swim.DefaultLAN()
	cfg.Name, cfg.Advertise = name, addr
	cfg.DelegateMin, cfg.DelegateMax, cfg.DelegateVersion = 2, 5, 5
	set(&cfg)
	node, err := swim.New(cfg, w.time(), rand.New(rand.NewPCG(uint64(i), 42)))
	if err != nil {
		return err
	}
	a := &actor{name: name, addr: addr, node: node, callers: make(map[swim.Exchange]dialler), dialled: make(map[swim.Exchange]bool)}
	w.order = append(w.order, a)
	w.actors[name], w.byAddr[addr] = a, a
	w.drain(a)
	return nil
}

func (w *world) after(d time.Duration, run func()) {
	w.count++
	w.pending = append(w.pending, delivery{w.now + d, w.count, run})
	slices.SortFunc(w.pending, func(a, b delivery) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return int(a.seq) - int(b.seq)
	})
}

// advance lets d pass: deliveries first, then the nodes in order of their start.
func (w *world) advance(d time.Duration) {
	until := w.now + d
	for {
		next, who := until+1, (*actor)(nil)
		for _, a := range w.order {
			if a.node == nil {
				continue
			}
			if at, _ := a.node.NextDeadline(); !at.IsZero() && time.Duration(at.UnixNano()) < next {
				next, who = time.Duration(at.UnixNano()), a
			}
		}
		if len(w.pending) > 0 && w.pending[0].at <= next && w.pending[0].at <= until {
			p := w.pending[0]
			w.pending = w.pending[1:]
			w.now = max(w.now, p.at)
			p.run()
			continue
		}
		if who == nil || next > until {
			w.now = until
			return
		}
		w.now = max(w.now, next)
		who.node.HandleDeadline(w.time())
		w.drain(who)
	}
}

func (w *world) drain(a *actor) {
	for e, ok := a.node.NextEffect(); ok; e, ok = a.node.NextEffect() {
		w.show(a, &e)
		switch e.Kind {
		case swim.EffectPacket:
			w.packet(a, &e)
		case swim.EffectDial:
			w.dial(a, &e)
		case swim.EffectReply:
			w.reply(a, &e)
		case swim.EffectClose:
			w.close(a, e.Exchange)
		}
	}
	w.showStats(a)
}

func (w *world) packet(a *actor, e *swim.Effect) {
	to := w.byAddr[e.To]
	if to == nil || w.drop[[2]string{a.name, to.name}] {
		return
	}
	var messages [][]byte
	for m := range e.Batch.All {
		messages = append(messages, slices.Clone(m))
	}
	w.after(packetDelay, func() {
		for _, m := range messages {
			if to.node == nil {
				return
			}
			_ = to.node.HandlePacket(w.time(), a.addr, m) // what it rejects shows in its counters
			w.drain(to)
		}
	})
}

var (
	errRefused = errors.New("refused")
	errTimeout = errors.New("timeout")
)

func (w *world) dial(a *actor, e *swim.Effect) {
	x, to, state, body := e.Exchange, w.byAddr[e.To], e.State, slices.Clone(e.Body)
	a.dialled[x] = true
	fail := func(d time.Duration, cause error) {
		w.after(d, func() { w.finish(a, x, func() { a.node.HandleFailure(w.time(), x, cause) }) })
	}
	fail(e.Deadline.Sub(w.time()), errTimeout)
	if to == nil || w.cut[[2]string{a.name, to.name}] {
		return
	}
	wantReply := e.WantReply
	w.after(streamDelay, func() {
		if to.node == nil {
			fail(0, errRefused)
			return
		}
		if !wantReply {
			w.finish(a, x, func() { _ = a.node.HandleReply(w.time(), x, nil) })
		}
		to.streams++
		accepted := swim.Accepted(to.streams)
		to.callers[accepted] = dialler{a, x}
		if state != nil {
			_ = to.node.HandleState(w.time(), accepted, state)
		} else {
			_ = to.node.HandleStream(w.time(), accepted, a.addr, body)
		}
		w.drain(to)
	})
}

// finish ends an exchange of a's unless it is over.
func (w *world) finish(a *actor, x swim.Exchange, input func()) {
	if a.node == nil || !a.dialled[x] {
		return
	}
	delete(a.dialled, x)
	input()
	w.drain(a)
}

func (w *world) reply(a *actor, e *swim.Effect) {
	d, state, body := a.callers[e.Exchange], e.State, slices.Clone(e.Body)
	delete(a.callers, e.Exchange)
	w.after(streamDelay, func() {
		w.finish(d.actor, d.exchange, func() {
			if state != nil {
				_ = d.actor.node.HandleState(w.time(), d.exchange, state)
			} else {
				_ = d.actor.node.HandleReply(w.time(), d.exchange, body)
			}
		})
	})
}

func (w *world) close(a *actor, x swim.Exchange) {
	d, accepted := a.callers[x]
	if !accepted {
		delete(a.dialled, x)
		return
	}
	delete(a.callers, x)
	w.after(streamDelay, func() {
		w.finish(d.actor, d.exchange, func() { d.actor.node.HandleFailure(w.time(), d.exchange, errRefused) })
	})
}

func (w *world) actor(name string) (*actor, error) {
	a := w.actors[name]
	if a == nil || a.node == nil {
		return nil, fmt.Errorf("no running node %q", name)
	}
	return a, nil
}
