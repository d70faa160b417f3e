package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/membership"
	"serf/swim"
	"serf/transport/envelope"
)

// Errors that a host's exchanges end with.
var (
	errRefused = errors.New("sim: connection refused")
	errTimeout = errors.New("sim: i/o timeout")
	errReset   = errors.New("sim: connection reset")
)

const gossipPort = 7946

// host is one machine of the world; while it is up it runs a member.
type host struct {
	world   *World
	index   int
	name    string
	addr    netip.AddrPort
	lives   int           // how often it was started
	skew    time.Duration // of its clock, against the world's
	cluster *membership.Cluster
	shared  *membership.Shared // with other hosts; nil: nothing
	sealer  *envelope.Sealer
	opener  *envelope.Opener
	wakeAt  int64                    // when the scheduled wake-up is due; 0: none
	wakeUp  func()                   // of this life
	streams uint64                   // accepted so far in this life
	callers map[swim.Exchange]caller // accepted streams that are not answered yet
	dialled map[swim.Exchange]bool   // own exchanges that are not over yet
	events  map[string]int           // member events by type
	heard   map[string]int           // user events by name
	answers map[answer]int           // to the queries asked here
	keys    [][]byte                 // the primary one first
	ring    *envelope.Keyring        // of keys, unless Direct
	disk    disk
	inbox   inbox
	outbox  []swim.Effect     // of a blocked host
	seen    seen              // by the checkers
	leaving bool              // was told to leave, and not started since
	left    bool              // was ever told to leave
	tags    map[string]string // that it has set
	tokens  membership.Token
	pending map[membership.Token]func(*membership.Done) // commands under way that somebody waits for
}

// answer is one way in which a member answered.
type answer struct {
	from string
	ack  bool
}

// caller is the other end of an accepted stream.
type caller struct {
	host     *host
	life     int
	exchange swim.Exchange
}

func newHost(w *World, i int) *host {
	ip := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	return &host{
		world: w,
		index: i,
		name:  fmt.Sprintf("n%05d", i),
		addr:  netip.AddrPortFrom(ip, gossipPort),
		heard: make(map[string]int), answers: make(map[answer]int),
	}
}

// now is what the host's own clock shows, global what the world's does when that one shows at.
func (h *host) now() time.Time { return time.Unix(0, h.world.clock.now+int64(h.skew)) }

func (h *host) global(at time.Time) int64 { return at.UnixNano() - int64(h.skew) }

func (h *host) start() error {
	if h.cluster != nil {
		return fmt.Errorf("sim: %s is up already", h.name)
	}
	h.lives++
	h.world.counts.Starts++
	if h.lives > 1 {
		h.world.counts.Restarts++
	}
	seed := h.world.options.Seed
	rng := rand.New(rand.NewPCG(seed, uint64(h.index+1)<<32|uint64(h.lives)))
	h.useKeys(h.world.options.keys())
	if h.disk.keys != nil {
		h.useKeys(h.disk.keys)
	}
	cfg := h.config()
	c, err := membership.New(cfg, h.now(), rng)
	if err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	var nonce [envelope.NonceSeedBytes]byte
	binary.BigEndian.PutUint32(nonce[:], uint32(h.index)<<8|uint32(h.lives))
	h.cluster, h.streams, h.wakeAt, h.wakeUp = c, 0, 0, h.newWakeUp()
	h.inbox, h.outbox, h.seen, h.leaving, h.tags = inbox{}, nil, seen{}, false, cfg.Tags
	h.callers, h.dialled = make(map[swim.Exchange]caller), make(map[swim.Exchange]bool)
	h.pending = make(map[membership.Token]func(*membership.Done))
	if !h.world.options.Direct {
		h.sealer = envelope.NewSealer(h.world.envelope(), envelope.NewNonceCounter(nonce))
		h.opener = envelope.NewOpener(h.world.envelope())
	}
	h.seen.clocks.Member, h.seen.clocks.Event, h.seen.clocks.Query = c.Clocks()
	h.world.see(Sight{Kind: SawStart, Host: h.index, Life: h.lives, Clocks: h.seen.clocks, Floor: floor(cfg.Recovered)})
	h.drain()
	return nil
}

// config is the configuration of a new life.
func (h *host) config() membership.Config {
	c := h.world.config()
	c.Swim.Name, c.Swim.Advertise, c.Shared = h.name, h.addr, h.shared
	c.Populated = h.world.populating
	if len(h.keys) > 0 {
		c.Keys = h.keys
	}
	for _, i := range h.world.options.Seeds {
		c.Seeds = append(c.Seeds, membership.Target{Addr: h.world.hosts[i].addr})
	}
	if h.world.options.Snapshots {
		c.SnapshotEnabled = true
		c.Recovered = h.disk.open()
	}
	return c
}

// floor is what a snapshot says of the clocks.
func floor(r *membership.Recovered) Clocks {
	if r == nil {
		return Clocks{}
	}
	return Clocks{r.Clock, r.EventClock, r.QueryClock}
}

// crash takes the host down. Whoever waits for a reply of its finds out by its own deadline.
func (h *host) crash() {
	if h.cluster == nil {
		return
	}
	h.world.counts.Crashes++
	h.world.see(Sight{Kind: SawCrash, Host: h.index, Life: h.lives})
	h.disk.crash(h.world.clock.now)
	h.cluster, h.callers, h.dialled, h.pending, h.inbox, h.outbox = nil, nil, nil, nil, inbox{}, nil
}

// command runs one command on the member. It fails when the host is down or frozen, or when the member refuses.
func (h *host) command(do func(*membership.Cluster, time.Time) error) error {
	if h.cluster == nil {
		return fmt.Errorf("sim: %s is down", h.name)
	}
	if h.inbox.frozen > h.world.clock.now {
		return fmt.Errorf("sim: %s is frozen", h.name)
	}
	err := do(h.cluster, h.now())
	h.drain()
	return err
}

// token returns a token for a command. What it completes with is given to done, unless nil.
func (h *host) token(done func(*membership.Done)) membership.Token {
	h.tokens++
	if done != nil {
		h.pending[h.tokens] = done
	}
	return h.tokens
}
