package agent

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/agent/journal"
	"serf/membership"
	"serf/transport"
	"serf/transport/envelope"
)

const (
	// packetBytesDefault is the size of our packets: it fits an Ethernet frame with room for tunnels, as the reference has it.
	packetBytesDefault = 1400
	// streamTimeoutDefault is the time a peer has for a stream.
	streamTimeoutDefault = 10 * time.Second
)

// Config says what an agent is. Start does not modify it.
type Config struct {
	// Cluster configures the member. Start fills in Swim.Advertise (the bound address, or that of an interface), its port
	// and Swim.PortDefault where they are zero. Swim.PacketBytesMax, Encrypted and Keys follow from the rest of this Config.
	Cluster membership.Config
	// Bind is where to listen; port 0 lets the system choose. Not used with Transport.
	Bind netip.AddrPort
	// Envelope says how bytes are wrapped: label, compression, encryption policy. ReplayWindow 0 means about 100,000 packets.
	Envelope envelope.Config
	// Keyring switches encryption on; nil or empty means off.
	Keyring *envelope.Keyring
	// PacketBytesMax is the size of a packet with all its wrappers, in bytes; 0 means 1400.
	PacketBytesMax int
	// StreamTimeout is how long a peer has for a stream it opened; 0 means Cluster.Swim.StreamTimeout.
	StreamTimeout time.Duration
	// StreamsMax is how many streams of peers may be open at once; 0 means the transport's default. Not used with Transport.
	StreamsMax int
	// Transport replaces sockets on Bind. The agent closes it.
	Transport transport.Transport
	// Log takes the operator's lines; nil discards them.
	Log *journal.Journal
	// Rand is the source of all random choices of the member, from then on used by the agent alone; nil means one seeded
	// by the system.
	Rand *rand.Rand
	// SnapshotPath is a file that remembers who was there and which events were seen; "" means none.
	SnapshotPath string
	// RejoinAfterLeave makes a start after a leave go back to the members in the snapshot.
	RejoinAfterLeave bool
	// KeyringFile is a file to which the keys are written when they change; "" means none. Start does not read it.
	KeyringFile string
	// TagsFile is a file that keeps the tags of this member: Start takes them from there if it exists. "" means none.
	TagsFile string
	// Seeds are addresses in the form of Join. When a Join has succeeded, whoever is at one of them is contacted again and
	// again, at a bounded rate, while no member is known there, so that parts of a cluster that have forgotten each other
	// meet again. Host names are looked up again now and then.
	Seeds []string
	// Resolver looks up the host names of Join and Seeds; nil means net.DefaultResolver.
	Resolver Resolver
}

// Validate reports all problems of c at once and changes nothing. Start calls it after it has filled in what is missing.
func (c Config) Validate() error {
	var problems []error
	if c.PacketBytesMax > transport.PacketBytesMax {
		problems = append(problems, fmt.Errorf("agent: PacketBytesMax %d is above %d", c.PacketBytesMax, transport.PacketBytesMax))
	}
	if c.StreamTimeout <= 0 {
		problems = append(problems, fmt.Errorf("agent: StreamTimeout %v is not positive", c.StreamTimeout))
	}
	problems = append(problems, c.Envelope.Validate(), c.Cluster.Validate())
	return errors.Join(problems...)
}

// Check does what Start does before something runs: it reads the tags file and validates c as Start completes it. Nothing is
// changed.
func (c Config) Check() error {
	c = c.withDefaults()
	c, err := c.withAddress(c.Bind)
	if err != nil {
		return err
	}
	c.Log = nil
	tags, err := new(tagsFile).restore(c)
	if err == nil {
		c.Cluster.Tags = tags
	}
	return errors.Join(err, c.Validate())
}

// withDefaults returns c with the defaults that need no socket.
func (c Config) withDefaults() Config {
	if c.PacketBytesMax == 0 {
		c.PacketBytesMax = packetBytesDefault
	}
	if c.StreamTimeout == 0 {
		c.StreamTimeout = c.Cluster.Swim.StreamTimeout
	}
	if c.StreamTimeout == 0 {
		c.StreamTimeout = streamTimeoutDefault
	}
	if c.Envelope.ReplayWindow == 0 {
		c.Envelope.ReplayWindow = packetReplayWindow
	}
	if c.Rand == nil {
		c.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return c
}

// withAddress returns c with what follows from the address that the transport is bound to.
func (c Config) withAddress(bound netip.AddrPort) (Config, error) {
	swim := &c.Cluster.Swim
	if !swim.Advertise.IsValid() {
		addr, err := transport.AdvertiseAddr(bound)
		if err != nil {
			return c, err
		}
		swim.Advertise = addr
	}
	if swim.Advertise.Port() == 0 {
		swim.Advertise = netip.AddrPortFrom(swim.Advertise.Addr(), bound.Port())
	}
	if swim.PortDefault == 0 {
		swim.PortDefault = bound.Port()
	}
	swim.PacketBytesMax = c.PacketBytesMax - c.Envelope.Overhead(c.Keyring)
	c.Cluster.Encrypted, c.Cluster.Keys = false, nil
	if c.Keyring.Len() > 0 {
		c.Cluster.Encrypted, c.Cluster.Keys = true, c.Keyring.Keys()
	}
	return c, nil
}
