package membership

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// Limits that do not depend on the configuration.
const (
	// ProtocolVersionMin to ProtocolVersionMax are the Serf protocol versions that this package speaks.
	ProtocolVersionMin = 2
	ProtocolVersionMax = 5
	// TagsBytesMax is how long encoded tags may be: they travel as the metadata of the gossip protocol.
	TagsBytesMax = swim.MetaBytesMax
	// NodeNameBytesMax is the longest name that ValidateNodeNames lets pass.
	NodeNameBytesMax = 128

	// messageOverhead is what a message costs in a packet beside its own bytes: the checksum, the compound header and its
	// length word.
	messageOverhead = 9

	// reclaimTime lets a member that comes back at a new address have its name at once when it has failed. Until the
	// failure detector forgets the failed one, half a minute later, the return would otherwise be a name conflict.
	reclaimTime = time.Nanosecond
)

// Config is everything a Cluster is told at its start. Take one of the defaults and set Swim.Name and Swim.Advertise. A
// Cluster copies it and never changes it.
type Config struct {
	// Shared, unless nil, is what this member keeps once together with the others of a simulation.
	Shared *Shared
	// Populated has the member know from the start whom Shared.Populate was given, itself among them.
	Populated bool
	// Swim configures the failure detector. Its Meta and versions are set by New, from what follows.
	Swim swim.Config
	// Tags are the first tags of the local member.
	Tags map[string]string
	// ProtocolVersion is the Serf protocol spoken, 2 to 5. Below 3 only the tag "role" is told to others.
	ProtocolVersion uint8
	// ValidateNodeNames refuses a local name with other characters than ASCII letters, digits, '-' and '.', or of more
	// than NodeNameBytesMax bytes.
	ValidateNodeNames bool

	// BroadcastTimeout is how long a command waits until its message has been gossiped often enough.
	BroadcastTimeout time.Duration
	// LeavePropagateDelay is how long a leaving member goes on gossiping after its leave was sent.
	LeavePropagateDelay time.Duration

	// CoalescePeriod and QuiescentPeriod are the longest time that member events are held back to be told together, and
	// the time without any after which they are told earlier. If one of them is 0, every event is told at once.
	CoalescePeriod, QuiescentPeriod time.Duration

	// ReapInterval is how often it is looked for members and intents to forget.
	ReapInterval time.Duration
	// ReconnectTimeout is how long a failed member is remembered, TombstoneTimeout how long one that left.
	ReconnectTimeout, TombstoneTimeout time.Duration
	// RecentIntentTimeout is how long the intent of a member not yet known is remembered.
	RecentIntentTimeout time.Duration
	// ReconnectInterval is how often a failed member may be contacted; 0: never.
	ReconnectInterval time.Duration
	// FlapTimeout is how soon after its failure the return of a member counts as flapping; statistics only.
	FlapTimeout time.Duration

	// EventHold is how long after the start the user events and queries of others are held back at most until the first
	// push/pull tells how far the cluster is; 0: not at all.
	EventHold time.Duration
	// EventOrderWait is how long a user event that comes before its forerunners waits for them; 0: not at all.
	EventOrderWait time.Duration

	// QueueDepthWarning is from how many queued broadcasts on the operator is told, at most once per QueueCheckInterval;
	// 0: never.
	QueueDepthWarning  int
	QueueCheckInterval time.Duration
	// MaxQueueDepth bounds the broadcasts queued. MinQueueDepth, unless 0, replaces it by the larger of itself and twice
	// the number of members.
	MaxQueueDepth, MinQueueDepth int

	// MembersMax bounds the members remembered, in whatever status. Beyond it the one that failed or left first is
	// forgotten early.
	MembersMax int
	// IntentsMax bounds the intents remembered of members not yet known.
	IntentsMax int
	// JoinDialsMax bounds how many addresses of one Join are tried at one time.
	JoinDialsMax int
	// CommandsMax bounds the commands under way at one time.
	CommandsMax int

	// Encrypted says for Stats that gossip is encrypted, even when Keys is nil; nothing else depends on it.
	Encrypted bool

	// UserCoalescePeriod and UserQuiescentPeriod do for user events that may be coalesced what CoalescePeriod and
	// QuiescentPeriod do for member events.
	UserCoalescePeriod, UserQuiescentPeriod time.Duration
	// UserEventSizeLimit, QuerySizeLimit and QueryResponseSizeLimit are how long own messages may be when encoded.
	UserEventSizeLimit, QuerySizeLimit, QueryResponseSizeLimit int
	// QueryTimeoutMult scales the timeout of queries that name none.
	QueryTimeoutMult int

	// Keys are the keys of the gossip encryption, the primary one first; nil when it is off. They change by key
	// operations alone.
	Keys [][]byte
	// DisableCoordinates switches network coordinates off.
	DisableCoordinates bool
	// EnableNameConflictResolution lets the members vote when somebody else claims the local name.
	EnableNameConflictResolution bool

	// SnapshotEnabled has facts for a snapshot come out as EffectPersist.
	SnapshotEnabled bool
	// Recovered is what a snapshot says about an earlier life; nil when there was none.
	Recovered *Recovered
	// Seeds are addresses of members that are contacted again and again, at a bounded rate, while this one is alone or
	// nobody is known there.
	Seeds []Target
}

// DefaultLAN returns what agents use for members in one data centre.
func DefaultLAN() Config { return withDefaults(swim.DefaultLAN()) }

// DefaultWAN returns what agents use for members far apart.
func DefaultWAN() Config { return withDefaults(swim.DefaultWAN()) }

// DefaultLocal returns what agents use for members on one machine.
func DefaultLocal() Config { return withDefaults(swim.DefaultLocal()) }

// DefaultConfig returns the default named "lan", "wan" or "local"; false for any other name.
func DefaultConfig(profile string) (Config, bool) {
	switch profile {
	case "lan":
		return DefaultLAN(), true
	case "wan":
		return DefaultWAN(), true
	case "local":
		return DefaultLocal(), true
	}
	return Config{}, false
}

func withDefaults(s swim.Config) Config {
	s.DeadNodeReclaimTime = reclaimTime
	return Config{
		Swim:                s,
		ProtocolVersion:     ProtocolVersionMax,
		BroadcastTimeout:    5 * time.Second,
		LeavePropagateDelay: time.Second,
		CoalescePeriod:      3 * time.Second,
		QuiescentPeriod:     time.Second,
		ReapInterval:        15 * time.Second,
		ReconnectTimeout:    24 * time.Hour,
		TombstoneTimeout:    24 * time.Hour,
		RecentIntentTimeout: 5 * time.Minute,
		ReconnectInterval:   30 * time.Second,
		FlapTimeout:         time.Minute,
		EventHold:           10 * time.Second,
		EventOrderWait:      time.Second,
		QueueDepthWarning:   128,
		QueueCheckInterval:  30 * time.Second,
		MaxQueueDepth:       4096,
		MembersMax:          65536,
		IntentsMax:          16384,
		JoinDialsMax:        16,
		CommandsMax:         1024,

		UserCoalescePeriod:           3 * time.Second,
		UserQuiescentPeriod:          time.Second,
		UserEventSizeLimit:           512,
		QuerySizeLimit:               1024,
		QueryResponseSizeLimit:       1024,
		QueryTimeoutMult:             16,
		EnableNameConflictResolution: true,
	}
}

// Validate reports everything that is wrong with c, joined into one error, or nil. It changes nothing.
func (c *Config) Validate() error {
	var problems []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf("membership: config: "+format, args...))
		}
	}
	c.checkIdentity(need)
	c.checkTiming(need)
	c.checkLimits(need)
	s, u, q := c.swim(nil), c.userEvents(), c.queries()
	problems = append(problems, s.Validate(), u.Validate(), q.Validate())
	return errors.Join(problems...)
}

func (c *Config) checkIdentity(need func(ok bool, format string, args ...any)) {
	need(c.ProtocolVersion >= ProtocolVersionMin && c.ProtocolVersion <= ProtocolVersionMax,
		"protocol version %d is not within %d to %d", c.ProtocolVersion, ProtocolVersionMin, ProtocolVersionMax)
	n := len(AppendTags(nil, c.ProtocolVersion, c.Tags))
	need(n <= TagsBytesMax, "encoded tags too long (%d > %d bytes)", n, TagsBytesMax)
	if c.ValidateNodeNames {
		err := CheckNodeName(c.Swim.Name)
		need(err == nil, "%v", err)
	}
}

func (c *Config) checkTiming(need func(ok bool, format string, args ...any)) {
	need(c.BroadcastTimeout >= 0, "broadcast timeout %s is negative", c.BroadcastTimeout)
	need(c.LeavePropagateDelay >= 0, "leave propagate delay %s is negative", c.LeavePropagateDelay)
	need(c.CoalescePeriod >= 0, "coalesce period %s is negative", c.CoalescePeriod)
	need(c.QuiescentPeriod >= 0, "quiescent period %s is negative", c.QuiescentPeriod)
	need(c.ReapInterval > 0, "reap interval %s is not positive", c.ReapInterval)
	need(c.ReconnectTimeout >= 0, "reconnect timeout %s is negative", c.ReconnectTimeout)
	need(c.TombstoneTimeout >= 0, "tombstone timeout %s is negative", c.TombstoneTimeout)
	need(c.RecentIntentTimeout >= 0, "recent intent timeout %s is negative", c.RecentIntentTimeout)
	need(c.ReconnectInterval >= 0, "reconnect interval %s is negative", c.ReconnectInterval)
	need(c.FlapTimeout >= 0, "flap timeout %s is negative", c.FlapTimeout)
	need(c.EventHold >= 0, "event hold %s is negative", c.EventHold)
	need(c.EventOrderWait >= 0, "event order wait %s is negative", c.EventOrderWait)
	need(c.UserCoalescePeriod >= 0, "user coalesce period %s is negative", c.UserCoalescePeriod)
	need(c.UserQuiescentPeriod >= 0, "user quiescent period %s is negative", c.UserQuiescentPeriod)
	need(c.QueueCheckInterval >= 0, "queue check interval %s is negative", c.QueueCheckInterval)
}

func (c *Config) checkLimits(need func(ok bool, format string, args ...any)) {
	need(c.QueueDepthWarning >= 0, "queue depth warning %d is negative", c.QueueDepthWarning)
	need(c.MaxQueueDepth >= 1, "queue depth maximum %d is not positive", c.MaxQueueDepth)
	need(c.MinQueueDepth >= 0, "queue depth minimum %d is negative", c.MinQueueDepth)
	need(c.MembersMax >= 1, "members maximum %d is not positive", c.MembersMax)
	need(!c.Populated || c.Shared != nil && c.Shared.population != nil, "populated without a population")
	need(c.IntentsMax >= 1, "intents maximum %d is not positive", c.IntentsMax)
	need(c.JoinDialsMax >= 1, "join dials maximum %d is not positive", c.JoinDialsMax)
	need(c.CommandsMax >= 1, "commands maximum %d is not positive", c.CommandsMax)
	need(c.Keys == nil || len(c.Keys) > 0 && len(c.Keys) <= keysMax, "%d keys are not within 1 to %d", len(c.Keys), keysMax)
	for i, key := range c.Keys {
		need(checkKey(key) == nil, "key %d: %v", i, checkKey(key))
	}
}

// swim returns the failure detector's configuration with meta as its metadata. Every Serf version speaks version 2 of
// the gossip protocol.
func (c *Config) swim(meta []byte) swim.Config {
	s := c.Swim
	s.Meta = meta
	s.ProtocolVersion = 2
	s.DelegateMin, s.DelegateMax, s.DelegateVersion = ProtocolVersionMin, ProtocolVersionMax, c.ProtocolVersion
	if c.Shared != nil {
		s.Directory = c.Shared.directory
	}
	if c.Populated {
		s.Population = c.Shared.population.swim
	}
	return s
}

// Identity returns what others come to know of the member at its start.
func (c *Config) Identity() swim.Info {
	s := c.swim(AppendTags(nil, c.ProtocolVersion, c.Tags))
	return s.Identity()
}

// messageMax is how many bytes a message may have to be gossiped, type byte of user messages included.
func (c *Config) messageMax() int { return c.Swim.PacketBytesMax - messageOverhead }

// userEvents returns the configuration of user events.
func (c *Config) userEvents() eventbus.UserConfig {
	u := eventbus.DefaultUser()
	u.BytesMax, u.GossipBytesMax = c.UserEventSizeLimit, c.messageMax()-1
	return u
}

// queries returns the configuration of queries, without what depends on the members.
func (c *Config) queries() eventbus.QueryConfig {
	q := eventbus.DefaultQuery()
	q.Name, q.Source = c.Swim.Name, c.source()
	q.BytesMax, q.GossipBytesMax, q.ResponseBytesMax = c.QuerySizeLimit, c.messageMax()-1, c.QueryResponseSizeLimit
	q.GossipInterval, q.TimeoutMult = c.Swim.GossipInterval, c.QueryTimeoutMult
	return q
}

// source returns where the local member is reached.
func (c *Config) source() netip.AddrPort {
	a := unmapped(c.Swim.Advertise)
	if a.Port() == 0 {
		return netip.AddrPortFrom(a.Addr(), c.Swim.PortDefault)
	}
	return a
}

// queueLimit is what the queue itself enforces; with MinQueueDepth the limit moves and is enforced by Cluster.
func (c *Config) queueLimit() int {
	if c.MinQueueDepth > 0 {
		return math.MaxInt
	}
	return c.MaxQueueDepth
}
