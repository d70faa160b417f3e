package sim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/transport/envelope"
)

// Options says what a World is like. Everything random in it hangs on Seed.
type Options struct {
	Seed  uint64
	Hosts int
	// Network is what the world begins with.
	Network Network
	// Cluster is every member's configuration; name and address are filled in. Zero: membership's LAN defaults.
	Cluster *membership.Config
	// Direct hands messages over without bytes in between. Otherwise each packet and stream goes through the envelope.
	Direct bool
	// Key, 16, 24 or 32 bytes, is what packets and streams are encrypted with at first. With Direct nothing is encrypted,
	// but it is still so that only who has the key hears what is said.
	Key []byte
	// ReplayWindow is how many encrypted packets hosts know again, so that a repeated one is dropped; 0: they take it. With Direct there is none.
	ReplayWindow int
	// Processors, unless 0, is how many processors all hosts share, and InputTime what each input takes of one.
	Processors int
	InputTime  time.Duration
	// Seeds are hosts that all others keep looking for while they are alone or miss them.
	Seeds []int
	// Skew bounds by how much the clocks of hosts are ahead or behind.
	Skew time.Duration
	// Snapshots lets hosts keep a snapshot on disk, from which they recover when they are started again.
	Snapshots bool
	// Shared lets hosts share the names and identities that they know, which saves much memory in large worlds. Members are
	// numbered otherwise, so that the same seed gives another run.
	Shared bool

	apart bool // with Shared: number members the same way, but share nothing
}

// keys are those that a host begins with.
func (o *Options) keys() [][]byte {
	if o.Key == nil {
		return nil
	}
	return [][]byte{o.Key}
}

// skew is how far the clock of host i is ahead.
func (o *Options) skew(i int) time.Duration {
	rng := rand.New(rand.NewPCG(o.Seed, 1<<63|uint64(i)))
	return time.Duration((2*rng.Float64() - 1) * float64(o.Skew))
}

// World is hosts, a network and a clock.
type World struct {
	Network Network
	// Respond, unless nil, is what the application of a host answers to a query; nil is no answer.
	Respond func(host int, query string) []byte
	// Observe, unless nil, is shown every effect of every member before it is carried out. It must not act on the world, nor
	// keep the bytes of e.
	Observe func(host int, e *membership.Effect)

	options    Options
	clock      clock
	rng        *rand.Rand // of the network; each host has its own
	hosts      []*host
	mails      mails
	record     record
	ring       *envelope.Keyring // of Key, for the room that it takes
	counts     Counts
	byName     map[string]int
	known      *membership.Shared // nil unless Shared
	populating bool               // hosts that start know all others
	watch      watch
	shared     processors
	scratch    []byte // a state being encoded
}

// NewWorld returns a world in which no host is up yet. It fails when the key is no key.
func NewWorld(o Options) (*World, error) {
	w := &World{
		Network: o.Network,
		options: o,
		rng:     rand.New(rand.NewPCG(o.Seed, 0)),
		byName:  make(map[string]int),
		shared:  processors{make([]int64, o.Processors), int64(o.InputTime)},
	}
	w.Network.group = make([]int, o.Hosts)
	if o.Shared {
		w.known, w.record.digests = membership.NewShared(), new(digests)
	}
	if o.Key != nil {
		ring, err := envelope.NewKeyring(nil, o.Key)
		if err != nil {
			return nil, fmt.Errorf("sim: %w", err)
		}
		w.ring = ring
	}
	for i := range o.Hosts {
		h := newHost(w, i)
		h.skew, h.shared = o.skew(i), w.known
		if o.apart {
			h.shared = membership.NewShared()
		}
		w.hosts = append(w.hosts, h)
		w.byName[h.name] = i
	}
	return w, nil
}

// hostAt returns the host with the given address, nil when there is none.
func (w *World) hostAt(a netip.AddrPort) *host {
	if !a.Addr().Is4() {
		return nil
	}
	ip := a.Addr().As4()
	if i := int(ip[1])<<16 | int(ip[2])<<8 | int(ip[3]); i < len(w.hosts) && w.hosts[i].addr == a {
		return w.hosts[i]
	}
	return nil
}

// Now is the virtual time since the world began.
func (w *World) Now() time.Duration { return time.Duration(w.clock.now) }

// Hash names the run so far: equal hashes mean equal runs.
func (w *World) Hash() string { return w.record.sum() }

// Run lets virtual time pass. It stops early when an invariant breaks.
func (w *World) Run(d time.Duration) {
	until := w.clock.now + int64(d)
	for w.watch.broken == nil {
		e, ok := w.clock.next(until)
		if !ok {
			w.clock.now = until
			break
		}
		e.run()
	}
}

// RunUntil lets virtual time pass in steps until done holds, at most for limit, and says whether it came to hold.
func (w *World) RunUntil(limit, step time.Duration, done func() bool) bool {
	for end := w.Now() + limit; w.Now() < end && w.watch.broken == nil; w.Run(step) {
		if done() {
			return true
		}
	}
	return done()
}

// At schedules do after d of virtual time.
func (w *World) At(d time.Duration, do func()) { w.clock.schedule(w.clock.now+int64(d), do) }

// Start brings host i up with a new member that knows nobody. It fails when the configuration is refused.
func (w *World) Start(i int) error { return w.hosts[i].start() }

// Crash takes host i down at once; nobody is told.
func (w *World) Crash(i int) { w.hosts[i].crash() }

// Join lets host i join by the addresses of others.
func (w *World) Join(i int, others ...int) error { return w.JoinThen(i, others, nil) }

// JoinThen does the same and, when it is over, calls done, unless nil. It is not called when the host goes down before.
func (w *World) JoinThen(i int, others []int, done func(*membership.Done)) error {
	var targets []membership.Target
	for _, o := range others {
		targets = append(targets, membership.Target{Addr: w.hosts[o].addr})
	}
	h := w.hosts[i]
	return h.command(func(c *membership.Cluster, now time.Time) error { return c.Join(now, h.token(done), targets, false) })
}

// Leave lets host i leave gracefully. It stays up until Crash.
func (w *World) Leave(i int) error {
	h := w.hosts[i]
	return h.command(func(c *membership.Cluster, now time.Time) error {
		err := c.Leave(now, h.token(nil))
		if err == nil {
			h.leaving, h.left = true, true
			w.counts.Leaves++
			w.see(Sight{Kind: SawLeave, Host: i, Life: h.lives})
		}
		return err
	})
}

// SetTags changes the tags of host i.
func (w *World) SetTags(i int, tags map[string]string) error {
	h := w.hosts[i]
	err := h.command(func(c *membership.Cluster, now time.Time) error { return c.SetTags(now, h.token(nil), tags) })
	if err == nil {
		h.tags = tags
	}
	return err
}

// Event sends a user event from host i. Names are counted by Heard, so they should differ.
func (w *World) Event(i int, name string, payload []byte) error {
	h := w.hosts[i]
	return h.command(func(c *membership.Cluster, now time.Time) error {
		_, ltime, _ := c.Clocks()
		err := c.UserEvent(now, name, payload, false)
		if err == nil {
			w.see(Sight{Kind: SawSend, Host: i, Life: h.lives, Event: &eventbus.Event{Type: eventbus.User, Name: name, LTime: ltime}})
		}
		return err
	})
}

// Heard is how often the application of host i heard the user event, in all its lives.
func (w *World) Heard(i int, name string) int { return w.hosts[i].heard[name] }

// Query asks from host i; the answers are counted by Answered.
func (w *World) Query(i int, p membership.QueryParams) error {
	h := w.hosts[i]
	return h.command(func(c *membership.Cluster, now time.Time) error {
		_, err := c.Query(now, h.token(nil), p)
		return err
	})
}

// Answered is how often host i got an ack, or a response, from the host by.
func (w *World) Answered(i, by int, ack bool) int {
	return w.hosts[i].answers[answer{w.hosts[by].name, ack}]
}

// View is what host i sees, or nil when it is down.
func (w *World) View(i int) *membership.View {
	if w.hosts[i].cluster == nil {
		return nil
	}
	return w.hosts[i].cluster.View()
}

// suspicions counts how often a member became a suspect anywhere.
func (w *World) suspicions() (n uint64) {
	for _, h := range w.hosts {
		if h.cluster != nil {
			n += h.cluster.Stats().Swim.SuspectApplied
		}
	}
	return n
}

// config is what the configurations of all hosts have in common.
func (w *World) config() membership.Config {
	var c membership.Config
	if w.options.Cluster != nil {
		c = *w.options.Cluster
	} else {
		c = membership.DefaultLAN()
	}
	c.Swim.PacketBytesMax = 1400 - w.envelope().Overhead(w.ring)
	return c
}

func (w *World) envelope() envelope.Config {
	return envelope.Config{Compression: true, ReplayWindow: w.options.ReplayWindow}
}
