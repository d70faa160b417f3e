package membership

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/broadcast"
	"serf/eventbus"
	"serf/membership/coordinate"
	"serf/swim"
)

// Cluster is one member of a Serf cluster: the failure detector, Serf's rules about members, and what applications are
// told. It is a deterministic machine: feed it with the Handle… methods and commands, then take what is to be done with
// NextEffect until it returns false, and call HandleDeadline when NextDeadline says so. It is not safe for concurrent
// use.
//
// Invariants: a member that the failure detector sees alive is alive or leaving in the table, unless the table was
// full; every command gets exactly one Done.
type Cluster struct {
	// What every packet needs lies together, since a simulation goes round among thousands of these.
	node     *swim.Node
	table    *table
	shared   *Shared
	epoch    time.Time
	effects  []Effect
	head     int
	due      int64 // the earliest deadline but those of the failure detector, since the last settle
	dueWhy   Timer
	stirred  bool   // this input came to more than packets and probes
	wakeAt   int64  // when a queue got news, or sends, that the failure detector has not seen yet
	underWay int    // own user events in their queue
	sends    []send // for the failure detector to send
	waits    []wait
	pacer    eventbus.Pacer
	leave    leaving

	cfg Config
	rng *rand.Rand

	users   *eventbus.UserEvents
	queries *eventbus.Queries
	asked   map[eventbus.QueryID]*asked

	queues     [queueKinds]*broadcast.Queue
	messageMax int // bytes of the longest message that can be gossiped, type byte of user messages included
	warnedAt   [queueKinds]int64
	order      *eventbus.Order
	relays     []*Member

	claimed  string // while a conflict query is answered: the asking one claims this member's name
	disputes disputes
	keys     keyring

	coordinates *coordinate.Client // nil: switched off
	recorded    recorded
	hold        holding
	heal        healing

	coalescer     *eventbus.Coalescer
	userCoalescer *eventbus.UserCoalescer

	tags     map[string]string
	meta     []byte
	joins    []*joining
	dials    []dial
	finished []swim.Event // completions of this input's exchanges, handled when it is merged

	reapAt      int64
	reconnectAt int64
	joinAt      int64

	scratch  []byte // an own intent
	framed   []byte // a message behind the type byte of user messages
	replay   []byte // the user events of a push/pull
	userPart []byte // of push/pulls that leave during this input
	view     *View
	counters Counters
}

// New returns a member that knows nobody; its own member-join is the first effect. cfg is copied. It fails when
// cfg.Validate does.
func New(cfg Config, now time.Time, rng *rand.Rand) (*Cluster, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c, err := newCluster(cfg, now, rng)
	if err != nil {
		return nil, err
	}
	if c.node, err = swim.New(cfg.swim(c.meta), now, rng); err != nil {
		return nil, err
	}
	for _, q := range c.queues {
		c.node.Attach(q)
	}
	c.startHolding()
	c.announceCoordinate()
	c.drain(now)
	if cfg.Populated {
		c.table.populate(cfg.Shared.population)
	}
	c.settle(now)
	return c, nil
}

// newCluster returns a Cluster without its failure detector.
func newCluster(cfg Config, now time.Time, rng *rand.Rand) (*Cluster, error) {
	c := &Cluster{
		cfg: cfg, shared: cfg.Shared, epoch: now, rng: rng,
		coalescer:     eventbus.NewCoalescer(cfg.CoalescePeriod, cfg.QuiescentPeriod),
		userCoalescer: eventbus.NewUserCoalescer(cfg.UserCoalescePeriod, cfg.UserQuiescentPeriod),
		asked:         make(map[eventbus.QueryID]*asked),
		messageMax:    cfg.messageMax(),
		wakeAt:        never,
		reapAt:        never, reconnectAt: never, joinAt: never,
	}
	c.leave.at = never
	c.hold.over = true // a machine without a failure detector hears of nobody
	c.table = newTable(&c.cfg, &c.counters)
	c.tags = copyTags(cfg.Tags)
	c.meta = AppendTags(nil, cfg.ProtocolVersion, c.tags)
	for kind := range c.queues {
		c.warnedAt[kind] = -never
		c.queues[kind] = broadcast.New(broadcast.Config{
			RetransmitMult:  cfg.Swim.RetransmitMult,
			TransmitMin:     transmitMin[kind],
			MessageBytesMax: c.messageMax,
			LenMax:          cfg.queueLimit(),
			OldestFirst:     queueKind(kind) == queueEvent,
		})
	}
	c.keys.list = cloneKeys(cfg.Keys)
	c.disputes.quietUntil = -never
	c.startHealing(cfg.Recovered)
	var err error
	if c.users, err = eventbus.NewUserEvents(cfg.userEvents()); err != nil {
		return nil, err
	}
	if !cfg.DisableCoordinates {
		places := coordinate.DefaultConfig()
		places.PeersMax = cfg.MembersMax
		if c.coordinates, err = coordinate.New(places); err != nil {
			return nil, err
		}
	}
	queries := cfg.queries()
	queries.Known = c.knows
	if c.queries, err = eventbus.NewQueries(queries); err != nil {
		return nil, err
	}
	c.recover(cfg.Recovered)
	c.order = eventbus.NewOrder(cfg.EventOrderWait)
	c.order.Advance(c.users.Time())
	return c, nil
}

// HandlePacket takes one message that came in a packet. It fails when the message is not understood or comes from where
// it cannot come from, and then nothing has changed but a counter. Serf messages inside that are ignored are told by
// notices.
func (c *Cluster) HandlePacket(now time.Time, from netip.AddrPort, b []byte) error {
	if c.stopped() {
		return nil
	}
	err := c.node.HandlePacket(now, from, b)
	c.drain(now)
	c.rest(now)
	return err
}

// HandleStream takes the small message of an accepted stream; like HandlePacket.
func (c *Cluster) HandleStream(now time.Time, x swim.Exchange, from netip.AddrPort, b []byte) error {
	if c.stopped() {
		return nil
	}
	err := c.node.HandleStream(now, x, from, b)
	c.drain(now)
	c.settle(now)
	return err
}

// HandleState takes a push/pull: the request on an accepted stream or the reply on one that was dialled. It fails when
// the failure detector refuses it, and then nothing is merged.
func (c *Cluster) HandleState(now time.Time, x swim.Exchange, s *swim.State) error {
	if c.stopped() {
		return nil
	}
	ignoreOld := s.Join && c.ignoresOld(x)
	err := c.node.HandleState(now, x, s)
	c.drain(now)
	if err == nil {
		c.merge(now, s.User, ignoreOld)
	}
	c.settle(now)
	return err
}

// HandleReply takes the small reply on a dialled stream; like HandlePacket.
func (c *Cluster) HandleReply(now time.Time, x swim.Exchange, b []byte) error {
	if c.stopped() {
		return nil
	}
	err := c.node.HandleReply(now, x, b)
	c.drain(now)
	c.settle(now)
	return err
}

// HandleFailure takes the end of an exchange that broke.
func (c *Cluster) HandleFailure(now time.Time, x swim.Exchange, cause error) {
	if c.stopped() {
		return
	}
	c.node.HandleFailure(now, x, cause)
	c.drain(now)
	c.settle(now)
}

// Hold says that what the member sends waits in its driver, until it is called with false; see swim.Node.Hold. It is for studies.
func (c *Cluster) Hold(now time.Time, on bool) {
	if c.stopped() {
		return
	}
	c.node.Hold(now, on)
	c.drain(now)
	c.settle(now)
}

// HandleUnsent takes that the packet with this probe could not be written.
func (c *Cluster) HandleUnsent(now time.Time, probe uint32) {
	if c.stopped() {
		return
	}
	c.node.HandleUnsent(now, probe)
	c.drain(now)
	c.settle(now)
}

// NextEffect takes the next effect out; false when there is none.
func (c *Cluster) NextEffect() (Effect, bool) {
	if c.head == len(c.effects) {
		c.effects, c.head = c.effects[:0], 0
		if cap(c.effects) > spareEffectsMax {
			c.effects = nil
		}
		if c.shared != nil && c.effects != nil {
			c.shared.effects, c.effects = c.effects, nil
			c.node.Spare()
		}
		return Effect{}, false
	}
	e := c.effects[c.head]
	c.effects[c.head] = Effect{} // it may hold the state of the whole cluster
	c.head++
	return e, true
}

// spareEffectsMax is how much room for effects is kept after a burst.
const spareEffectsMax = 256

// View returns the cluster as it is now. Nothing is copied, and the pointer is the same, when nothing has changed.
func (c *Cluster) View() *View {
	if c.view == nil || c.view.Generation != c.table.generation {
		c.view = &View{
			Generation: c.table.generation,
			Local:      c.table.find(c.table.local).member,
			Members:    c.table.list(),
			State:      c.table.life,
			Clock:      c.table.clock.Time(),
		}
	}
	return c.view
}

// Stats returns how things stand.
func (c *Cluster) Stats() Stats {
	s := Stats{
		Members:     c.table.len(),
		Failed:      c.table.failed,
		Left:        c.table.left,
		Intents:     len(c.table.intents.byName),
		Health:      c.node.Health(),
		MemberTime:  c.table.clock.Time(),
		EventTime:   c.users.Time(),
		QueryTime:   c.queries.Time(),
		IntentQueue: c.queues[queueIntent].Len(),
		EventQueue:  c.queues[queueEvent].Len() + c.pacer.Len(),

		EventsWaiting: c.pacer.Len(),
		QueryQueue:    c.queues[queueQuery].Len(),
		Encrypted:     c.cfg.Encrypted || c.cfg.Keys != nil,
		Counters:      c.counters,
		Swim:          c.node.Stats(),
		Events:        c.users.Stats(),
		Queries:       c.queries.Stats(),
		Queued:        c.queues[queueIntent].Stats(),
		QueuedQuery:   c.queues[queueQuery].Stats(),
		QueuedEvent:   c.queues[queueEvent].Stats(),
		Lost:          len(c.heal.lost),
	}
	s.EventUnordered = c.order.Full()
	if c.coordinates != nil {
		s.Coordinates, s.Coordinate = true, c.coordinates.Stats()
	}
	return s
}

// Tags returns a copy of the local member's tags.
func (c *Cluster) Tags() map[string]string { return copyTags(c.tags) }

// at returns now in nanoseconds of the epoch.
func (c *Cluster) at(now time.Time) int64 { return int64(now.Sub(c.epoch)) }

func (c *Cluster) stopped() bool { return c.table.life == LifeShutdown }

// setLife changes how far the local member is in its life.
func (c *Cluster) setLife(s LifeState) {
	c.table.life = s
	c.table.generation++
}
