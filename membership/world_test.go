package membership

import (
	"bytes"
	"container/heap"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// world is a few clusters' members on one virtual clock, with a network that delays and may cut.
type world struct {
	t       *testing.T
	now     time.Time
	queue   schedule
	seq     int
	rng     *rand.Rand
	seed    uint64
	hosts   []*host
	accepts uint64
	streams map[swim.Exchange]*stream // by the number at the acceptor
	cut     func(from, to *host) bool
	loss    float64      // of packets
	log     bytes.Buffer // every effect, for TestSameSeedSameEffects
	logging bool
}

// host is one place where a member may run.
type host struct {
	*Cluster // nil: down
	w        *world
	i        int
	name     string
	addr     netip.AddrPort
	events   []string           // what applications were told
	notices  []string           // what the log was told of members
	heard    []string           // user events and queries
	queries  []eventbus.Event   // that can be responded to
	answers  map[Token][]string // acks and responses, by the query's token
	records  []Record
	keys     [][]byte // of the last change
	storing  error    // what comes of storing keys
	lost     bool     // the local name
	dones    map[Token]Done
	lives    int
	wakeAt   time.Time
}

// configure changes the configuration of all members of a world.
type configure func(*Config)

func newWorld(t *testing.T, seed uint64, n int, options ...configure) *world {
	w := &world{t: t, now: start, rng: rand.New(rand.NewPCG(seed, 1)), seed: seed, streams: make(map[swim.Exchange]*stream), cut: func(_, _ *host) bool { return false }}
	for i := range n {
		h := &host{w: w, i: i, name: fmt.Sprint("n", i), addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 7946)}
		w.hosts = append(w.hosts, h)
		h.start(options...)
	}
	return w
}

// start brings up a new member under the host's name.
func (h *host) start(options ...configure) {
	cfg := DefaultLocal()
	cfg.Swim.Name, cfg.Swim.Advertise = h.name, h.addr
	cfg.CoalescePeriod = 0
	cfg.Swim.RetransmitMult = 4 // with 2 a message may miss one of four members until the next push/pull
	for _, o := range options {
		o(&cfg)
	}
	h.lives++
	c, err := New(cfg, h.w.now, rand.New(rand.NewPCG(h.w.seed, uint64(100*h.i+h.lives))))
	if err != nil {
		h.w.t.Fatal(err)
	}
	h.Cluster, h.dones, h.answers, h.wakeAt = c, make(map[Token]Done), make(map[Token][]string), time.Time{}
	h.drain()
}

// crash takes the member down without a word.
func (h *host) crash() { h.Cluster = nil }

// task is something that happens at a time; equal times keep the order of their making.
type task struct {
	at  time.Time
	seq int
	do  func()
}

type schedule []task

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if !s[i].at.Equal(s[j].at) {
		return s[i].at.Before(s[j].at)
	}
	return s[i].seq < s[j].seq
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)   { *s = append(*s, x.(task)) }
func (s *schedule) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

func (w *world) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, task{w.now.Add(d), w.seq, do})
}

// run lets d pass.
func (w *world) run(d time.Duration) {
	end := w.now.Add(d)
	for len(w.queue) > 0 && !w.queue[0].at.After(end) {
		next := heap.Pop(&w.queue).(task)
		w.now = next.at
		next.do()
	}
	w.now = end
}

// runUntil lets time pass until done, at most limit.
func (w *world) runUntil(limit time.Duration, what string, done func() bool) {
	w.t.Helper()
	for end := w.now.Add(limit); !done(); w.run(50 * time.Millisecond) {
		if !w.now.Before(end) {
			w.t.Fatalf("not within %v: %s\n%s", limit, what, w.state())
		}
	}
}

// drain carries out what the member wants.
func (h *host) drain() {
	for e, ok := h.NextEffect(); ok; e, ok = h.NextEffect() {
		if h.w.logging {
			fmt.Fprintf(&h.w.log, "%v %s %s\n", h.w.now.Sub(start), h.name, describe(&e))
		}
		switch e.Kind {
		case EffectWire:
			h.wire(&e.Wire)
		case EffectEvent:
			h.hear(e.Event)
			for _, m := range e.Event.Members {
				h.events = append(h.events, fmt.Sprintf("%v %s", e.Event.Type, m.Name))
			}
		case EffectNotice:
			if n := e.Notice; n.Kind == NoticeMember {
				h.notices = append(h.notices, fmt.Sprintf("%v %s forced=%v", n.Type, n.Member.Name, n.Forced))
			}
		case EffectDone:
			if _, twice := h.dones[e.Done.Token]; twice {
				h.w.t.Errorf("%s: command %d is done twice", h.name, e.Done.Token)
			}
			h.dones[e.Done.Token] = *e.Done
		case EffectAnswer:
			what := "ack"
			if !e.Answer.Ack {
				what = "response " + string(e.Answer.Payload)
			}
			h.answers[e.Answer.Token] = append(h.answers[e.Answer.Token], e.Answer.From+" "+what)
		case EffectPersist:
			h.records = append(h.records, e.Record)
		case EffectKeys:
			h.keys = e.Keys.Keys
			generation, err := e.Keys.Generation, h.storing
			h.input(time.Millisecond, func() { h.KeysStored(h.w.now, generation, err) })
		case EffectConflictLost:
			h.lost = true
		}
	}
	h.wake()
}

// hear takes in what is no member event.
func (h *host) hear(e eventbus.Event) {
	switch e.Type {
	case eventbus.User:
		h.heard = append(h.heard, fmt.Sprintf("%s=%s", e.Name, e.Payload))
	case eventbus.Query:
		h.heard = append(h.heard, fmt.Sprintf("%s?%s", e.Name, e.Payload))
		h.queries = append(h.queries, e)
	}
}

// wake schedules the next deadline.
func (h *host) wake() {
	at, why := h.NextDeadline()
	if at.IsZero() != (why == TimerNone) {
		h.w.t.Errorf("%s: deadline %v for %v", h.name, at, why)
	}
	if due, _ := h.nextOwn(); h.due != due && !h.stopped() {
		h.w.t.Errorf("%s: a deadline at %d was not noted, but %d", h.name, due, h.due)
	}
	if at.IsZero() || !h.wakeAt.IsZero() && !h.wakeAt.After(at) && h.wakeAt.After(h.w.now) {
		return
	}
	if at.Before(h.w.now) {
		at = h.w.now
	}
	h.wakeAt = at
	h.input(at.Sub(h.w.now), func() {
		h.wakeAt = time.Time{}
		h.HandleDeadline(h.w.now)
	})
}

// input gives the member something after d, if it still lives then.
func (h *host) input(d time.Duration, do func()) {
	life := h.lives
	h.w.after(d, func() {
		if h.Cluster != nil && h.lives == life {
			do()
			h.drain()
		}
	})
}

func (h *host) delay() time.Duration {
	return time.Millisecond + time.Duration(h.w.rng.IntN(1_000_000))
}

func (w *world) at(addr netip.AddrPort) *host {
	i := slices.IndexFunc(w.hosts, func(h *host) bool { return h.addr == addr })
	if i < 0 {
		return nil
	}
	return w.hosts[i]
}

var errUnreachable = errors.New("unreachable")

func (h *host) wire(e *swim.Effect) {
	switch e.Kind {
	case swim.EffectPacket:
		to := h.w.at(e.To)
		if to == nil || to.Cluster == nil || h.w.cut(h, to) || h.w.loss > 0 && h.w.rng.Float64() < h.w.loss {
			return
		}
		for m := range e.Batch.All {
			m = bytes.Clone(m)
			to.input(h.delay(), func() {
				if err := to.HandlePacket(h.w.now, h.addr, m); err != nil {
					h.w.t.Errorf("%s refuses a packet of %s: %v", to.name, h.name, err)
				}
			})
		}
	case swim.EffectDial:
		h.dial(e)
	case swim.EffectReply:
		s, state, body := h.w.streams[e.Exchange], e.State, bytes.Clone(e.Body)
		s.finish(h.delay(), func() error {
			if state != nil {
				return s.from.HandleState(h.w.now, s.exchange, state)
			}
			return s.from.HandleReply(h.w.now, s.exchange, body)
		})
	case swim.EffectClose:
		if s := h.w.streams[e.Exchange]; s != nil {
			s.fail(h.delay())
		}
	default:
		h.w.t.Fatalf("effect %d is not for a driver", e.Kind)
	}
}

// stream is one exchange between two hosts, under both its numbers.
type stream struct {
	from     *host
	exchange swim.Exchange
	over     bool
}

// finish completes the stream at its dialler after d, unless it is over by then.
func (s *stream) finish(d time.Duration, do func() error) {
	s.from.input(d, func() {
		if s.over {
			return
		}
		s.over = true
		if err := do(); err != nil {
			s.from.w.t.Errorf("%s refuses a reply: %v", s.from.name, err)
		}
	})
}

func (s *stream) fail(d time.Duration) {
	s.finish(d, func() error {
		s.from.HandleFailure(s.from.w.now, s.exchange, errUnreachable)
		return nil
	})
}

func (h *host) dial(e *swim.Effect) {
	to, s := h.w.at(e.To), &stream{from: h, exchange: e.Exchange}
	if to == nil || to.Cluster == nil || h.w.cut(h, to) || h.w.cut(to, h) {
		s.fail(h.delay())
		return
	}
	h.w.accepts++
	accepted := swim.Accepted(h.w.accepts)
	h.w.streams[accepted] = s
	s.fail(e.Deadline.Sub(h.w.now))
	state, body, wantReply := e.State, bytes.Clone(e.Body), e.WantReply
	to.input(h.delay(), func() {
		var err error
		if state != nil {
			err = to.HandleState(h.w.now, accepted, state)
		} else {
			err = to.HandleStream(h.w.now, accepted, h.addr, body)
		}
		if err != nil {
			h.w.t.Errorf("%s refuses a stream of %s: %v", to.name, h.name, err)
		}
		if !wantReply {
			s.finish(h.delay(), func() error { return h.HandleReply(h.w.now, s.exchange, nil) })
		}
	})
}

// do gives a command to the member and drains.
func (h *host) do(command func(*Cluster, time.Time) error) {
	h.w.t.Helper()
	if err := command(h.Cluster, h.w.now); err != nil {
		h.w.t.Fatalf("%s: %v", h.name, err)
	}
	h.drain()
}

// join lets the host join the others and waits for the outcome.
func (h *host) join(others ...*host) Done {
	h.w.t.Helper()
	var targets []Target
	for _, o := range others {
		targets = append(targets, Target{Addr: o.addr})
	}
	h.do(func(c *Cluster, now time.Time) error { return c.Join(now, 1, targets, false) })
	return h.wait(1)
}

// wait lets time pass until the command is done, and takes its outcome.
func (h *host) wait(token Token) Done {
	h.w.t.Helper()
	h.w.runUntil(time.Minute, fmt.Sprintf("%s: command %d", h.name, token), func() bool {
		_, over := h.dones[token]
		return over
	})
	d := h.dones[token]
	delete(h.dones, token)
	return d
}

// together lets everybody join the first one and waits until all agree.
func (w *world) together() {
	w.t.Helper()
	for _, h := range w.hosts[1:] {
		if d := h.join(w.hosts[0]); d.Err != nil || d.Joined != 1 {
			w.t.Fatalf("%s: join %+v", h.name, d)
		}
	}
	w.untilSeen(10*time.Second, func(*host) string { return "alive" })
}

// untilSeen waits until every running host sees every host in the status that want gives; "" stands for unknown.
func (w *world) untilSeen(limit time.Duration, want func(*host) string) {
	w.t.Helper()
	w.runUntil(limit, "all see the same", func() bool {
		for _, viewer := range w.hosts {
			for _, h := range w.hosts {
				if viewer.Cluster != nil && viewer.status(h) != want(h) {
					return false
				}
			}
		}
		return true
	})
}

// status is how the host sees another, "" when it does not know it.
func (h *host) status(other *host) string {
	for _, m := range h.View().Members {
		if m.Name == other.name {
			return m.Status.String()
		}
	}
	return ""
}

func (w *world) state() string {
	var b bytes.Buffer
	for _, h := range w.hosts {
		if h.Cluster == nil {
			fmt.Fprintf(&b, "%s is down\n", h.name)
			continue
		}
		fmt.Fprintf(&b, "%s:", h.name)
		for _, m := range h.View().Members {
			fmt.Fprintf(&b, " %s=%v@%d", m.Name, m.Status, h.table.find(m.Name).ltime)
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// describe writes an effect with everything that can differ.
func describe(e *Effect) string {
	switch e.Kind {
	case EffectWire:
		h := fnv.New64a()
		h.Write(e.Wire.Batch.Body)
		h.Write(e.Wire.Body)
		if e.Wire.State != nil {
			h.Write(e.Wire.State.User)
			for _, m := range e.Wire.State.Members {
				fmt.Fprint(h, m.Info.Name, m.Incarnation, m.Status)
			}
		}
		return fmt.Sprintf("wire %d %d %v %x %v", e.Wire.Kind, e.Wire.Exchange, e.Wire.To, h.Sum64(), e.Wire.Deadline)
	case EffectEvent:
		s := fmt.Sprint("event ", e.Event.Type)
		for _, m := range e.Event.Members {
			s += fmt.Sprint(" ", *m)
		}
		return s + fmt.Sprintf(" %s %d %d %x", e.Event.Name, e.Event.LTime, e.Event.ID, e.Event.Payload)
	case EffectAnswer:
		return fmt.Sprintf("answer %+v", *e.Answer)
	case EffectPersist:
		return fmt.Sprintf("record %+v", e.Record)
	case EffectKeys:
		return fmt.Sprintf("keys %+v", *e.Keys)
	case EffectNotice:
		return fmt.Sprint("notice ", e.Notice.Kind, e.Notice.Swim.Kind, e.Notice.Type, e.Notice.Err)
	}
	done, keys := *e.Done, KeyResult{}
	if done.Keys != nil {
		keys, done.Keys = *done.Keys, nil
	}
	return fmt.Sprintf("done %+v %+v", done, keys)
}

// newAddr returns the address of the i-th host, from 1.
func newAddr(i byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, i}), 7946)
}
