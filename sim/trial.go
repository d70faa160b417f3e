package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"serf/membership"
)

// Trial is a run through chaos to calm, drawn from its seed whole.
type Trial struct {
	Seed    uint64
	Hosts   int
	Profile string // lan, wan or local
	Network Network
	// Skew bounds by how much the clocks of hosts are ahead or behind.
	Skew time.Duration
	// Encrypted, Snapshots and Seeds say whether hosts encrypt, keep a snapshot, and know seeds to rejoin.
	Encrypted, Snapshots, Seeds bool
	// Chaos is how long there are faults.
	Chaos  time.Duration
	Faults []Fault
	// Direct hands messages over without bytes in between; it changes nothing of what happens.
	Direct bool
}

// HostsDrawn is how many hosts a trial has at least and at most.
const (
	HostsMin = 10
	HostsMax = 200
)

// packetLimitMin and packetLimitMax bound the size of packets in half of the trials: from a third of what members fill theirs with to
// all of it.
const (
	packetLimitMin = 450
	packetLimitMax = 1400
)

// DrawTrial draws a trial from seed. With hosts > 0 it has that many.
func DrawTrial(seed uint64, hosts int) Trial {
	rng := rand.New(rand.NewPCG(seed, 0x7472_6961_6c))
	t := Trial{Seed: seed, Direct: true}
	size := rng.Float64()
	t.Hosts = int(HostsMin + size*size*size*(HostsMax-HostsMin) + 0.5) // most are small
	if hosts > 0 {
		t.Hosts = hosts
	}
	t.Profile = []string{"lan", "lan", "lan", "local", "wan"}[rng.IntN(5)]
	t.Network.LatencyMin = drawTime(rng, 0, 2*time.Millisecond)
	t.Network.LatencyMax = t.Network.LatencyMin + drawTime(rng, 0, 20*time.Millisecond)
	t.Network.Loss = max(0, rng.Float64()*0.4-0.1)
	t.Network.Duplicate = max(0, rng.Float64()*0.2-0.1)
	t.Network.Reorder = max(0, rng.Float64()*0.4-0.2)
	t.Network.ReorderMax = drawTime(rng, time.Millisecond, 300*time.Millisecond)
	t.Encrypted, t.Snapshots, t.Seeds = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0
	t.Chaos = drawTime(rng, 30*time.Second, 240*time.Second)
	for range 4 + rng.IntN(6+t.Hosts/4) {
		t.Faults = append(t.Faults, drawFault(rng, t.Hosts, t.Chaos))
	}
	drawBlocks(seed, t.Faults)
	t.Skew = max(0, drawTime(rng, -time.Hour, time.Hour)) // none in half of the trials
	t.Network.LatencyTail = max(0, drawTime(rng, -20*time.Millisecond, 20*time.Millisecond))
	t.Network.Refuse = max(0, rng.Float64()*0.6-0.3)
	if limit := packetLimitMin + rng.IntN(2*(packetLimitMax-packetLimitMin)); limit < packetLimitMax {
		t.Network.PacketBytesMax = limit
	}
	return t
}

// String describes t in one line.
func (t *Trial) String() string {
	n := &t.Network
	return fmt.Sprintf("seed %d: %d hosts, %s, %s, loss %.3f, duplicate %.3f, reorder %.3f by %v, %sstreams refused %.3f, clocks within %v, encrypted %v, snapshots %v, "+
		"seeds %v, %d faults in %v", t.Seed, t.Hosts, t.Profile, n.latency(), n.Loss, n.Duplicate, n.Reorder, n.ReorderMax, n.limit(), n.Refuse,
		t.Skew, t.Encrypted, t.Snapshots, t.Seeds, len(t.Faults), t.Chaos)
}

// Timeline lists the faults in the order in which they begin, a line each.
func (t *Trial) Timeline() string {
	var b strings.Builder
	for i := range t.Faults {
		fmt.Fprintln(&b, &t.Faults[i])
	}
	return b.String()
}

// Outcome is what became of a trial.
type Outcome struct {
	Trial     Trial
	Hash      string
	Counts    Counts
	Virtual   time.Duration // how long it was
	Calm      time.Duration // from the last fault until all agreed
	Bound     time.Duration // how long that may take
	Violation *Violation    // nil: all is well
}

// trial is a Trial that runs.
type trial struct {
	*Trial
	world  *World
	events *exactlyOnceEvents
	err    error
}

// Run runs the trial to its end, or to the first broken invariant. Checkers are those of the project and the given ones.
func (t *Trial) Run(more ...Checker) (Outcome, error) {
	w, err := NewWorld(t.options())
	if err != nil {
		return Outcome{}, err
	}
	r := &trial{Trial: t, world: w}
	checkers := invariants(w)
	for _, c := range checkers {
		if e, ok := c.(*exactlyOnceEvents); ok {
			r.events = e
		}
	}
	w.Check(append(checkers, more...)...)
	w.Respond = func(int, string) []byte { return []byte("ok") }
	if err := r.form(); err != nil {
		return Outcome{}, err
	}
	r.chaos()
	out := Outcome{Trial: *t, Bound: r.bound()}
	out.Calm = r.calm(out.Bound)
	out.Hash, out.Counts, out.Virtual, out.Violation = w.Hash(), w.Counts(), w.Now(), w.Violation()
	return out, r.err
}

func (t *Trial) options() Options {
	c, _ := membership.DefaultConfig(t.Profile)
	o := Options{Seed: t.Seed, Hosts: t.Hosts, Network: t.Network, Cluster: &c, Direct: t.Direct, Snapshots: t.Snapshots, Skew: t.Skew}
	if t.Encrypted {
		o.Key = []byte("0123456789abcdef")
	}
	if t.Seeds {
		for i := range 3 {
			o.Seeds = append(o.Seeds, i)
		}
	}
	return o
}

// form starts all hosts and lets them join, without faults.
func (t *trial) form() error {
	w := t.world
	n := &w.Network
	n.Loss, n.PacketBytesMax, n.Refuse = 0, 0, 0
	for i := range t.Hosts {
		if err := w.Start(i); err != nil {
			return err
		}
		if i > 0 {
			w.At(time.Duration(i)*10*time.Millisecond, func() { _ = w.Join(i, i/2) }) // it is up
		}
	}
	if !w.RunUntil(t.bound(), 250*time.Millisecond, func() bool { return w.Converged() == nil }) {
		w.broke("converged", fmt.Errorf("the cluster did not form: %w", w.Converged()))
	}
	n.Loss, n.PacketBytesMax, n.Refuse = t.Network.Loss, t.Network.PacketBytesMax, t.Network.Refuse
	return nil
}

// chaos runs the faults.
func (t *trial) chaos() {
	for i := range t.Faults {
		f := &t.Faults[i]
		t.world.At(f.At, func() { f.apply(t) })
	}
	t.world.Run(t.Chaos + 6*time.Second) // a leave takes a while
}

// down takes host i down for as long as f says, and has it join again.
func (t *trial) down(f *Fault, i int) {
	w := t.world
	if w.hosts[i].cluster == nil {
		return
	}
	w.Crash(i)
	if f.Kind == FaultWipe {
		w.Wipe(i)
	}
	if f.Kind == FaultKill {
		return
	}
	w.At(f.For, func() { t.up(i) })
}

// up starts host i again and lets it join the next one that is up.
func (t *trial) up(i int) {
	w := t.world
	if w.hosts[i].cluster != nil {
		return
	}
	if err := w.Start(i); err != nil {
		t.err = err
		return
	}
	t.join(i, 1)
}

// joinRetry is after how long an operator tries again whose member could not join.
const joinRetry = 5 * time.Second

// join lets host i join another one, the k-th behind it or the next that is up, and tries again with others until one answers.
func (t *trial) join(i, k int) {
	w := t.world
	life := w.hosts[i].lives
	for tried := 0; tried < t.Hosts; tried, k = tried+1, k+1 {
		o := (i + k) % t.Hosts
		if o == i || w.hosts[o].cluster == nil || w.hosts[o].leaving {
			continue
		}
		err := w.JoinThen(i, []int{o}, func(d *membership.Done) {
			if d.Err != nil {
				w.At(joinRetry, func() { t.again(i, life, k+1) })
			}
		})
		if err != nil { // frozen
			w.At(joinRetry, func() { t.again(i, life, k) })
		}
		return
	}
}

func (t *trial) again(i, life, k int) {
	if h := t.world.hosts[i]; h.cluster != nil && h.lives == life && !h.leaving {
		t.join(i, k)
	}
}

// calm ends all faults and returns how long it took until all agreed.
func (t *trial) calm(bound time.Duration) time.Duration {
	w := t.world
	w.Network.Loss, w.Network.Duplicate, w.Network.Reorder, w.Network.rules = 0, 0, 0, nil
	w.Network.PacketBytesMax, w.Network.Refuse = 0, 0
	w.Heal()
	for i := range w.hosts {
		w.Slow(i, 0)
	}
	begin := w.Now()
	agreed := func() bool { return w.Converged() == nil && t.events.missing(w) == nil }
	if !w.RunUntil(bound, time.Second, agreed) {
		if err := w.Converged(); err != nil {
			w.broke("converged", fmt.Errorf("not within %v of calm: %w", bound, err))
		} else if err := t.events.missing(w); err != nil {
			w.broke(t.events.Name(), fmt.Errorf("not within %v of calm: %w", bound, err))
		}
	}
	return w.Now() - begin
}
