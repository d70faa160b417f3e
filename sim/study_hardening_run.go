package sim

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"serf/eventbus"
	"serf/membership"
)

// hardeningGround is what a network and its hosts are like.
type hardeningGround struct {
	name   string
	loss   float64
	stands bool // every few seconds a host stands still for a while
}

var hardeningGrounds = []hardeningGround{
	{name: "clean"}, {name: "loss 1 %", loss: 0.01}, {name: "loss 5 %", loss: 0.05}, {name: "loss 20 %", loss: 0.2},
	{name: "a host stands still", loss: 0.01, stands: true},
}

const (
	hardeningWarmUp = 10 * time.Second // what was learned at the beginning has been told; beside it each member probes every other once
	hardeningLimit  = time.Minute      // what takes longer never comes
	standsEvery     = 4 * time.Second
	standsFor       = 2500 * time.Millisecond
	hardeningEvents = 20
	eventGap        = 250 * time.Millisecond
)

// hardeningKey encrypts, so that packets hold as much as encrypted ones.
var hardeningKey = []byte("0123456789abcdef")

// hardeningTimes are what is measured, in seconds; infinite when it never came.
var hardeningTimes = [...]struct {
	name string
	of   statistic
}{{"crash until the first knows", median}, {"crash until all know", median}, {"event until all have heard it", middleMean}}

// hardeningRun is one crash and some events.
type hardeningRun struct {
	times [len(hardeningTimes)]float64
	hash  string
	acts  []uint64 // of watchedRules
}

// hardeningPlace is where the runs of a study happen.
type hardeningPlace struct {
	nodes  int
	ground hardeningGround
}

func (p *hardeningPlace) String() string {
	return fmt.Sprintf("%d members, %s", p.nodes, p.ground.name)
}

// run lets events be heard, and then a crash be known, in a cluster that differs by change. What is drawn for the run is drawn from its
// seed alone, whatever the change.
func (p *hardeningPlace) run(ctx context.Context, seed uint64, change func(*Options)) (r hardeningRun, err error) {
	c := membership.DefaultLAN()
	o := Options{Seed: seed, Hosts: p.nodes, Cluster: &c, Direct: true, Shared: true, Key: hardeningKey,
		Network: Network{LatencyMin: 200 * time.Microsecond, LatencyMax: 800 * time.Microsecond}}
	if change != nil {
		change(&o)
	}
	w, err := NewWorld(o)
	if err != nil {
		return r, err
	}
	if err := w.Assemble(); err != nil {
		return r, err
	}
	w.Network.Loss, w.Network.Resend = p.ground.loss, p.ground.loss > 0
	rng := rand.New(rand.NewPCG(seed, 1))
	phase := func() time.Duration { return time.Duration(rng.Float64() * float64(time.Second)) }
	hosts := rng.Perm(p.nodes)
	victim := hosts[0]
	if p.ground.stands {
		standStill(w, hosts[1:], rng.Uint64())
	}
	if err := advance(ctx, w, hardeningWarmUp+time.Duration(p.nodes)*c.Swim.ProbeInterval+phase()); err != nil {
		return r, err
	}
	events := &eventTimes{world: w, sent: make(map[string]time.Duration), heard: make(map[string]int), nodes: p.nodes}
	events.send(hosts[1:], rng)
	if err := advance(ctx, w, hardeningEvents*eventGap+phase()); err != nil {
		return r, err
	}
	r.acts = acts(w)
	crash := p.watchCrash(w, victim, events)
	if err := advanceUntil(ctx, w, hardeningLimit, 100*time.Millisecond, func() bool { return len(crash.known) == p.nodes-1 }); err != nil {
		return r, err
	}
	r.times = [...]float64{crash.first, crash.all, events.mean()}
	for i, n := range acts(w) {
		r.acts[i] += n
	}
	r.hash = w.Hash()
	return r, nil
}

// standStill has one of the hosts after the other stand still.
func standStill(w *World, hosts []int, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 2))
	var next func()
	next = func() {
		w.Freeze(hosts[rng.IntN(len(hosts))], standsFor)
		w.At(standsEvery, next)
	}
	w.At(standsEvery, next)
}

// eventTimes is how some events are heard, one after the other.
type eventTimes struct {
	world *World
	nodes int
	sent  map[string]time.Duration
	heard map[string]int
	times []float64 // seconds until all had heard each
}

// send sends events from some of the hosts. One that stands still sends none.
func (s *eventTimes) send(hosts []int, rng *rand.Rand) {
	w := s.world
	w.Observe = s.look
	for i := range hardeningEvents {
		host, name := hosts[rng.IntN(len(hosts))], fmt.Sprintf("event-%d", i)
		w.At(time.Duration(i)*eventGap, func() {
			s.sent[name] = w.Now()
			if w.Event(host, name, []byte("payload")) != nil {
				delete(s.sent, name)
			}
		})
	}
}

func (s *eventTimes) look(_ int, e *membership.Effect) {
	if e.Kind != membership.EffectEvent || e.Event.Type != eventbus.User {
		return
	}
	name := e.Event.Name
	if s.heard[name]++; s.heard[name] == s.nodes {
		s.times = append(s.times, (s.world.Now() - s.sent[name]).Seconds())
	}
}

// mean is that of the faster nine in ten.
func (s *eventTimes) mean() float64 {
	for len(s.times) < len(s.sent) {
		s.times = append(s.times, math.Inf(1))
	}
	if len(s.times) == 0 {
		return math.Inf(1)
	}
	slices.Sort(s.times)
	return middleMean(s.times)
}

// crashKnown is who knows of a crash.
type crashKnown struct {
	known      map[int]bool
	first, all float64 // seconds
}

// watchCrash takes the victim down and watches how soon the others know, and events still.
func (p *hardeningPlace) watchCrash(w *World, victim int, events *eventTimes) *crashKnown {
	at, c := w.Now(), &crashKnown{known: make(map[int]bool), first: math.Inf(1), all: math.Inf(1)}
	w.Observe = func(host int, e *membership.Effect) {
		events.look(host, e)
		if e.Kind != membership.EffectNotice || e.Notice.Kind != membership.NoticeMember || e.Notice.Type != eventbus.MemberFailed ||
			w.byName[e.Notice.Member.Name] != victim || c.known[host] {
			return
		}
		c.known[host] = true
		c.first = min(c.first, (w.Now() - at).Seconds())
		if len(c.known) == p.nodes-1 {
			c.all = (w.Now() - at).Seconds()
		}
	}
	w.Crash(victim)
	return c
}

// acts counts how often each watched rule acted at the hosts that are up.
func acts(w *World) []uint64 {
	counts := make([]uint64, len(watchedRules))
	for _, h := range w.hosts {
		if h.cluster == nil {
			continue
		}
		stats := h.cluster.Stats()
		for i := range watchedRules {
			counts[i] += watchedRules[i].acts(&stats)
		}
	}
	return counts
}
