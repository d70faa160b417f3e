package swim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/broadcast"
)

// Errors that inputs and commands return, to be compared with errors.Is.
var (
	// ErrUnknownType: the message is of a type that does not belong here.
	ErrUnknownType = errors.New("unknown message type")
	// ErrEmpty: there is no message.
	ErrEmpty = errors.New("missing message type byte")
	// ErrOtherNode: a ping is meant for a member with another name.
	ErrOtherNode = errors.New("ping for another node")
	// ErrNotAllowed: an address is outside Config.CIDRsAllowed.
	ErrNotAllowed = errors.New("address not allowed")
	// ErrLeaving: the node has left and does not come back.
	ErrLeaving = errors.New("node is leaving")
	// ErrNameRequired: Config.RequireNodeNames wants the name of whom to send to.
	ErrNameRequired = errors.New("node name required")
	// ErrBusy: a limit on what runs at one time is reached.
	ErrBusy = errors.New("too many at one time")
	// ErrTooLarge is that of package broadcast.
	ErrTooLarge = broadcast.ErrTooLarge
)

// Node is the protocol machine of one member. It has no clock, no socket and no goroutine: drivers feed it inputs with
// their time, and take its effects and its deadline after each. See the package documentation for the model.
//
// Invariants, checked by check: count is the number of records by status; departed holds exactly the dead and left
// members; suspicions holds exactly the suspects, each with a running timer; the local member is known; every probe, served
// ping, ping and exchange that is open has its way to end.
//
// A Node is not safe for concurrent use; what View returns is.
type Node struct {
	cfg      Config
	epoch    time.Time // of the int64 nanoseconds used inside
	now      int64
	rng      *rand.Rand
	out      outbox
	timers   timers
	stats    Stats
	health   awareness
	queue    *broadcast.Queue
	attached []*broadcast.Queue
	turn     int // of fill

	dir      *Directory
	table    table
	count    [4]int // members by status
	self     uint32 // member index of the local node
	name     []byte // Config.Name
	addr     netip.AddrPort
	versions Versions
	leaving  bool

	departed   map[uint32]int64 // since when a member is dead or left; forgotten on return or reaping
	suspicions map[uint32]*suspicion
	aliases    map[uint32]netip.Addr // other addresses from which members were heard
	reapedAt   int64

	probe      probe
	probing    bool // there has been somebody to probe since the timer was first armed
	ring       order
	served     map[uint32]*servedPing
	pings      map[uint32]*commandPing
	heard      contacts
	acquainted acquaintance
	doubts     map[uint32]*doubt // departures being verified, by member
	ackPayload []byte

	gossipedAt    int64
	gossipPhase   int64 // of Variant.GossipTicks; 0: not drawn yet
	hurries       int   // push/pulls that still follow soon
	learningUntil int64 // when the node is no newcomer any more
	hold          hold
	exchanges     map[Exchange]exchange
	lastExchange  Exchange
	leaveID       broadcast.ID // the broadcast of the own leave, 0: none is pending
	metaID        broadcast.ID // that of the last SetMeta
	generation    uint64
	checked       uint64 // the generation that check has looked at
	view          *View
	viewed        snapshot // the table of view
	retired       []uint32 // identities that view may still need
	scratch       []byte   // a message being encoded
	nameScratch   []byte
	targetScratch []uint32
}

// New returns the node of a member that knows nobody yet; the first effect is its own EventJoin. cfg is copied. rng is
// the node's from then on. It fails when cfg.Validate does.
func New(cfg Config, now time.Time, rng *rand.Rand) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.CIDRsAllowed = append([]netip.Prefix(nil), cfg.CIDRsAllowed...)
	cfg.Advertise = plain(cfg.Advertise)
	if cfg.PortDefault == 0 {
		cfg.PortDefault = cfg.Advertise.Port()
	}
	if cfg.Directory == nil {
		cfg.Directory = newDirectory()
	}
	n := &Node{
		cfg: cfg, epoch: now, rng: rng, dir: cfg.Directory,
		timers: newTimers(),
		health: awareness{max: cfg.AwarenessMaxMultiplier},
		queue: broadcast.New(broadcast.Config{
			RetransmitMult:  cfg.RetransmitMult,
			MessageBytesMax: cfg.PacketBytesMax - compoundOverhead - partOverhead - checksumBytes,
			LenMax:          cfg.BroadcastsMax,
		}),
		name:       []byte(cfg.Name),
		addr:       cfg.Advertise,
		versions:   cfg.Identity().Versions,
		departed:   make(map[uint32]int64),
		suspicions: make(map[uint32]*suspicion),
		aliases:    make(map[uint32]netip.Addr),
		served:     make(map[uint32]*servedPing),
		pings:      make(map[uint32]*commandPing),
		doubts:     make(map[uint32]*doubt),
		exchanges:  make(map[Exchange]exchange),
		gossipedAt: -int64(cfg.GossipInterval),
	}
	if n.dir.lists.shared {
		n.out.spare = &n.dir.effects
	}
	n.introduce(cfg.Meta)
	if cfg.Population != nil {
		n.populate(cfg.Population)
		n.settle()
	}
	return n, nil
}

// begin starts an input: effects of the previous one lose their bytes, and time goes on, never back.
func (n *Node) begin(now time.Time) int64 {
	n.out.begin()
	n.now = max(n.now, int64(now.Sub(n.epoch)))
	return n.now
}

// settle ends an input: it tells of finished broadcasts and arms the timers that have got something to do.
func (n *Node) settle() {
	n.finished()
	n.armProbe()
	n.armGossip()
	n.armPushPull()
	n.armReap()
	if len(n.retired) > retiredMax {
		n.View()
	}
	if invariants {
		n.check()
	}
}

// HandlePacket takes one message, type byte first, that came in a packet from the given address. b is not kept. The error
// says why the message was refused; then nothing has changed but a counter.
func (n *Node) HandlePacket(now time.Time, from netip.AddrPort, b []byte) error {
	n.begin(now)
	err := n.onPacket(from, b)
	n.settle()
	return err
}

func (n *Node) onPacket(from netip.AddrPort, b []byte) error {
	if len(b) == 0 {
		n.stats.Malformed++
		return fmt.Errorf("swim: packet: %w", ErrEmpty)
	}
	switch MessageType(b[0]) {
	case TypePing:
		return n.onPing(from, b)
	case TypeIndirectPing:
		return n.onIndirectPing(from, b)
	case TypeAck:
		return n.onAck(from, b)
	case TypeNack:
		return n.onNack(from, b)
	case TypeAlive:
		return n.onAlive(from, b)
	case TypeSuspect:
		return n.onSuspect(b)
	case TypeDead:
		return n.onDead(b)
	case TypeUser:
		n.onUser(from, b[1:])
		return nil
	}
	n.stats.UnknownType++
	return fmt.Errorf("swim: packet: %w (%d)", ErrUnknownType, b[0])
}

// malformed counts a message that could not be decoded.
func (n *Node) malformed(err error) error {
	n.stats.Malformed++
	return err
}

// onUser hands a user message upwards.
func (n *Node) onUser(from netip.AddrPort, payload []byte) {
	n.stats.UserReceived++
	e := n.out.add(EffectEvent)
	e.Body = append(e.Body, payload...)
	e.Event = Event{Kind: EventUser, From: from, Payload: e.Body}
}

// HandleDeadline fires everything that is due at now. It is harmless when nothing is.
func (n *Node) HandleDeadline(now time.Time) {
	t := n.begin(now)
	for {
		at, kind, h := n.timers.next()
		if at > t {
			break
		}
		n.fire(kind, h, t-at)
	}
	n.settle()
}

// fire does what the timer is for, late nanoseconds after it was due.
func (n *Node) fire(kind Timer, h handle, late int64) {
	var key uint32
	if h != 0 {
		key = n.timers.alarms[h].key
		n.timers.stop(h)
	} else {
		n.timers.disarm(kind)
	}
	switch kind {
	case TimerProbe:
		n.fireProbe()
	case TimerProbeLate:
		n.fireProbeLate()
	case TimerProbeEnd:
		n.fireProbeEnd(late)
	case TimerGossip:
		n.fireGossip()
	case TimerPushPull:
		n.firePushPull()
	case TimerReap:
		n.reap()
	case TimerServed:
		n.fireServed(key)
	case TimerPing:
		n.firePing(key)
	case TimerSuspicion:
		n.fireSuspicion(key, late)
	}
	n.stall(kind)
}

// NextEffect returns the next effect, or false. Drain it after every input.
func (n *Node) NextEffect() (Effect, bool) { return n.out.next() }

// Spare says that the driver is done with the effects' bytes. Nodes that share a directory then use the same memory for theirs.
func (n *Node) Spare() { n.out.giveBack() }

// NextDeadline returns when HandleDeadline wants to be called and which timer is first; the zero time when nothing is
// armed.
func (n *Node) NextDeadline() (at time.Time, why Timer) {
	t, why, _ := n.timers.next()
	if t == never {
		return time.Time{}, TimerNone
	}
	return n.stamp(t), why
}

// Attach lets the messages of q, each beginning with TypeUser, ride in packets behind the node's own broadcasts and
// those of queues attached before. After a Push to q, call WakeGossip.
func (n *Node) Attach(q *broadcast.Queue) { n.attached = append(n.attached, q) }

// WakeGossip says that an attached queue has got something to say.
func (n *Node) WakeGossip(now time.Time) {
	n.begin(now)
	n.settle()
}

// SetAckPayload sets what acks to direct pings carry from now on. b is copied.
func (n *Node) SetAckPayload(b []byte) {
	if b == nil {
		n.ackPayload = nil
		return
	}
	n.ackPayload = append(n.ackPayload[:0], b...)
}

// Health returns the local health score: 0 is healthy.
func (n *Node) Health() int { return n.health.score }

// Len returns the number of known members, the local one and those dead or left and not yet reaped included. All
// formulas mean this number by the size of the cluster.
func (n *Node) Len() int { return n.table.Len() }

// Lookup returns what is known of the named member.
func (n *Node) Lookup(name string) (MemberState, bool) {
	member, ok := n.dir.find(name)
	if !ok {
		return MemberState{}, false
	}
	r := n.table.Get(member)
	return n.state(r), r.known()
}

// state returns r as others see it.
func (n *Node) state(r record) MemberState {
	if !r.known() {
		return MemberState{}
	}
	return MemberState{Info: n.dir.info(r.info()), Incarnation: r.incarnation(), Status: r.status()}
}

// others returns how many other members are alive or suspect.
func (n *Node) others() int {
	others := n.count[Alive] + n.count[Suspect]
	if n.table.Get(n.self).status() == Alive {
		others--
	}
	return others
}

// set stores the record of a member. Its identity must have been counted as used for the table; the one it replaces is
// released.
func (n *Node) set(member uint32, r record) {
	old := n.table.Get(member)
	if old.known() {
		n.count[old.status()]--
		if old.info() != r.info() {
			n.retire(old.info())
		}
	}
	if r.known() {
		n.count[r.status()]++
	}
	n.noteStatus(member, old, r)
	n.table.Set(member, r)
	n.generation++
}
