package swim

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Limits that do not depend on the configuration.
const (
	// ProtocolVersionMin to ProtocolVersionMax are what this package understands, as reference peers do.
	ProtocolVersionMin = 1
	ProtocolVersionMax = 5
	// PacketBytesMin is the smallest packet budget for names of up to 255 bytes: an alive message with the largest metadata
	// and the longest name must fit, or it would never be sent. Longer names need as much more.
	PacketBytesMin = 896
	// PacketBytesLimit is what one datagram can carry over IPv4.
	PacketBytesLimit = 65507
)

// Config is everything a Node is told at its start. Take one of the defaults and set Name, Advertise and, where
// an application protocol exists, the delegate versions. A Node copies it and never changes it.
type Config struct {
	// Name identifies the member in the cluster; 1 to NameBytesMax bytes.
	Name string
	// Advertise is the address at which other members reach this one. IPv4 is announced in its 4-byte form.
	Advertise netip.AddrPort
	// Meta is the first metadata; at most MetaBytesMax bytes. SetMeta changes it.
	Meta []byte
	// PortDefault replaces port 0 in received addresses: members that speak protocol 1 send no ports. 0: the own port.
	PortDefault uint16
	// ProtocolVersion is the version spoken, 1 to 5; with 1 every received port is replaced by PortDefault.
	ProtocolVersion uint8
	// DelegateMin, DelegateMax and DelegateVersion are the same for the protocol of the layer above, opaque here.
	DelegateMin, DelegateMax, DelegateVersion uint8

	// PacketBytesMax is the budget of a packet in plaintext bytes, including the two bytes of the compound header: the size of a
	// datagram less what the envelope adds.
	PacketBytesMax int
	// StreamTimeout is how long an exchange may take from dialling to the end of the reply.
	StreamTimeout time.Duration

	// ProbeInterval is the time between probes; 0 disables probing. Lifeguard scales the window of a probe by the local
	// health, up to AwarenessMaxMultiplier times.
	ProbeInterval time.Duration
	// ProbeTimeout is how long a direct ping may take before others are asked. At most ProbeInterval.
	ProbeTimeout time.Duration
	// ProbeStalest makes small clusters, of up to 32 other members, probe whom they have not heard for the longest time, instead of
	// going round in random order (SWIM §4.3).
	ProbeStalest bool
	// IndirectChecks is how many members are asked to ping a target that did not answer.
	IndirectChecks int
	// DisableStreamPings turns off the ping over a stream that is tried in parallel with the indirect ones.
	DisableStreamPings bool
	// StreamPingDisabled, unless nil, does so for single members. It must be a pure function.
	StreamPingDisabled func(name string) bool
	// AwarenessMaxMultiplier bounds the local health score: 0 to AwarenessMaxMultiplier-1.
	AwarenessMaxMultiplier int

	// SuspicionMult scales the time a suspect has to refute: SuspicionMult × log10(n) × ProbeInterval at least.
	SuspicionMult int
	// SuspicionMaxTimeoutMult is how many times longer an unconfirmed suspicion lasts.
	SuspicionMaxTimeoutMult int

	// VerifyDepartures has a member asked before it is believed dead or left on the word of others, if it was heard itself
	// within the least time of a suspicion: for ProbeTimeout.
	VerifyDepartures bool

	// Variant is for studies.
	Variant Variant

	// GossipInterval is the least time between two rounds of gossip; 0 disables them, so that broadcasts only ride on
	// probes and acks.
	GossipInterval time.Duration
	// GossipNodes is how many members a round goes to; 0 disables gossip too.
	GossipNodes int
	// GossipToTheDeadTime is how long a dead member is still sent gossip, and how long dead and left ones are remembered
	// at least.
	GossipToTheDeadTime time.Duration
	// RetransmitMult scales how often each broadcast is sent: RetransmitMult × ⌈log10(n+1)⌉.
	RetransmitMult int

	// PushPullInterval is the time between full state exchanges with a random member, in clusters of up to 32; larger ones
	// stretch it. 0 disables them.
	PushPullInterval time.Duration

	// DeadNodeReclaimTime is how long after its death a member's name may be taken by another address; 0: never.
	DeadNodeReclaimTime time.Duration
	// RequireNodeNames refuses to send to an address without naming the member expected there.
	RequireNodeNames bool
	// CIDRsAllowed, unless empty, is where members may live.
	CIDRsAllowed []netip.Prefix

	// MembersMax bounds the member table, the local node and the unreaped dead included.
	MembersMax int
	// BroadcastsMax bounds the queue of membership broadcasts.
	BroadcastsMax int
	// NameBytesMax is the longest member name accepted.
	NameBytesMax int
	// ServedMax bounds how many pings this node runs at one time for others.
	ServedMax int
	// ExchangesMax bounds how many streams this node has open at one time on its own account.
	ExchangesMax int

	// Admit, unless nil, may refuse a member that an alive message tells of. It must be a pure function.
	Admit func(*Info) error
	// AdmitMerge, unless nil, may refuse everything that a peer says in a push/pull that is a join, on either end. It
	// must be a pure function and must not keep the slice.
	AdmitMerge func([]MemberState) error
	// Directory, unless nil, is where names and identities are interned. Nodes of one simulation share it; it is not
	// safe for concurrent use.
	Directory *Directory
	// Population, unless nil, is whom the node knows from the start, of whom it tells nobody: simulations begin with clusters
	// that exist. It is one of Directory's.
	Population *Population
}

// Identity returns what others come to know of the node at its start.
func (c *Config) Identity() Info {
	return Info{Name: c.Name, Addr: plain(c.Advertise), Meta: c.Meta, Versions: Versions{ProtocolVersionMin, ProtocolVersionMax,
		c.ProtocolVersion, c.DelegateMin, c.DelegateMax, c.DelegateVersion}}
}

// DefaultLAN returns the timing for members in one data centre.
func DefaultLAN() Config {
	return Config{
		ProtocolVersion:         2,
		PacketBytesMax:          1400,
		StreamTimeout:           10 * time.Second,
		ProbeInterval:           time.Second,
		ProbeTimeout:            500 * time.Millisecond,
		ProbeStalest:            true,
		IndirectChecks:          3,
		AwarenessMaxMultiplier:  8,
		SuspicionMult:           4,
		SuspicionMaxTimeoutMult: 6,
		VerifyDepartures:        true,
		GossipInterval:          200 * time.Millisecond,
		GossipNodes:             3,
		GossipToTheDeadTime:     30 * time.Second,
		RetransmitMult:          4,
		PushPullInterval:        30 * time.Second,
		MembersMax:              65536,
		BroadcastsMax:           65536,
		NameBytesMax:            255,
		ServedMax:               1024,
		ExchangesMax:            256,
	}
}

// DefaultWAN returns the timing for members far apart.
func DefaultWAN() Config {
	c := DefaultLAN()
	c.StreamTimeout = 30 * time.Second
	c.SuspicionMult = 6
	c.PushPullInterval = 60 * time.Second
	c.ProbeTimeout = 3 * time.Second
	c.ProbeInterval = 5 * time.Second
	c.GossipNodes = 4
	c.GossipInterval = 500 * time.Millisecond
	c.GossipToTheDeadTime = 60 * time.Second
	return c
}

// DefaultLocal returns the timing for members on one machine.
func DefaultLocal() Config {
	c := DefaultLAN()
	c.StreamTimeout = time.Second
	c.IndirectChecks = 1
	c.RetransmitMult = 2
	c.SuspicionMult = 3
	c.PushPullInterval = 15 * time.Second
	c.ProbeTimeout = 200 * time.Millisecond
	c.GossipInterval = 100 * time.Millisecond
	c.GossipToTheDeadTime = 15 * time.Second
	return c
}

// Validate reports everything that is wrong with c, joined into one error, or nil. It changes nothing.
func (c *Config) Validate() error {
	var p problems
	c.checkIdentity(&p)
	c.checkTiming(&p)
	c.checkLimits(&p)
	return errors.Join(p...)
}

// problems collects what is wrong.
type problems []error

func (p *problems) need(ok bool, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Errorf("swim: config: "+format, args...))
	}
}

func (c *Config) checkIdentity(p *problems) {
	p.need(c.Name != "", "name is empty")
	p.need(c.NameBytesMax <= 0 || len(c.Name) <= c.NameBytesMax, "name too long (%d > %d bytes)", len(c.Name), c.NameBytesMax)
	p.need(c.Advertise.Addr().IsValid(), "no address to advertise")
	p.need(c.Advertise.Addr().Zone() == "", "address to advertise has a zone (%s)", c.Advertise.Addr())
	p.need(len(c.Meta) <= MetaBytesMax, "metadata too long (%d > %d bytes)", len(c.Meta), MetaBytesMax)
	p.need(c.ProtocolVersion >= ProtocolVersionMin && c.ProtocolVersion <= ProtocolVersionMax,
		"protocol version %d is not within %d to %d", c.ProtocolVersion, ProtocolVersionMin, ProtocolVersionMax)
	p.need(c.DelegateMin <= c.DelegateVersion && c.DelegateVersion <= c.DelegateMax,
		"delegate version %d is not within %d to %d", c.DelegateVersion, c.DelegateMin, c.DelegateMax)
	for _, prefix := range c.CIDRsAllowed {
		p.need(prefix.IsValid(), "invalid prefix among the allowed ones (%s)", prefix)
	}
}

func (c *Config) checkTiming(p *problems) {
	p.need(c.StreamTimeout > 0, "stream timeout %s is not positive", c.StreamTimeout)
	p.need(c.ProbeInterval >= 0, "probe interval %s is negative", c.ProbeInterval)
	p.need(c.ProbeInterval <= probeIntervalMax, "probe interval %s exceeds %s", c.ProbeInterval, probeIntervalMax)
	p.need(c.ProbeTimeout > 0, "probe timeout %s is not positive", c.ProbeTimeout)
	p.need(c.ProbeInterval <= 0 || c.ProbeTimeout <= c.ProbeInterval,
		"probe timeout %s exceeds the probe interval %s", c.ProbeTimeout, c.ProbeInterval)
	p.need(c.GossipInterval >= 0, "gossip interval %s is negative", c.GossipInterval)
	p.need(c.PushPullInterval >= 0, "push/pull interval %s is negative", c.PushPullInterval)
	p.need(c.GossipToTheDeadTime >= 0, "gossip to the dead time %s is negative", c.GossipToTheDeadTime)
	p.need(c.DeadNodeReclaimTime >= 0, "dead node reclaim time %s is negative", c.DeadNodeReclaimTime)
	p.need(c.IndirectChecks >= 0 && c.IndirectChecks <= selectMax, "%d indirect checks are not within 0 to %d", c.IndirectChecks, selectMax)
	p.need(c.GossipNodes >= 0 && c.GossipNodes <= selectMax, "%d gossip nodes are not within 0 to %d", c.GossipNodes, selectMax)
	p.need(c.RetransmitMult >= 0, "retransmit multiplier %d is negative", c.RetransmitMult)
	p.need(c.SuspicionMult >= 1 && c.SuspicionMult <= suspicionMultMax,
		"suspicion multiplier %d is not within 1 to %d", c.SuspicionMult, suspicionMultMax)
	p.need(c.SuspicionMaxTimeoutMult >= 1 && c.SuspicionMaxTimeoutMult <= multiplierMax,
		"suspicion maximum timeout multiplier %d is not within 1 to %d", c.SuspicionMaxTimeoutMult, multiplierMax)
	p.need(c.AwarenessMaxMultiplier >= 1 && c.AwarenessMaxMultiplier <= multiplierMax,
		"awareness maximum multiplier %d is not within 1 to %d", c.AwarenessMaxMultiplier, multiplierMax)
}

func (c *Config) checkLimits(p *problems) {
	least := PacketBytesMin + max(0, c.NameBytesMax-255)
	p.need(c.PacketBytesMax >= least && c.PacketBytesMax <= PacketBytesLimit,
		"packet budget %d is not within %d to %d bytes", c.PacketBytesMax, least, PacketBytesLimit)
	p.need(c.MembersMax >= 1 && c.MembersMax <= membersLimit,
		"members maximum %d is not within 1 to %d", c.MembersMax, membersLimit)
	p.need(c.BroadcastsMax >= 1, "broadcasts maximum %d is not positive", c.BroadcastsMax)
	p.need(c.NameBytesMax >= 1, "name maximum of %d bytes is not positive", c.NameBytesMax)
	p.need(c.ServedMax >= 0, "served pings maximum %d is negative", c.ServedMax)
	p.need(c.ExchangesMax >= 1, "exchanges maximum %d is not positive", c.ExchangesMax)
}

const (
	// selectMax bounds the members chosen at random at one time, so that they fit a fixed array.
	selectMax = 16
	// suspicionMultMax bounds the confirmations that are kept of one suspicion.
	suspicionMultMax = 64
	// multiplierMax and probeIntervalMax keep every product of an interval and multipliers far from overflow.
	multiplierMax    = 1000
	probeIntervalMax = time.Hour
	// membersLimit is what the index in a member record can number.
	membersLimit = 1 << 24
)
