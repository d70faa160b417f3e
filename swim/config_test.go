package swim

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	lan, wan, local := DefaultLAN(), DefaultWAN(), DefaultLocal()
	for _, tc := range []struct {
		name                        string
		c                           Config
		stream, pushPull            time.Duration
		interval, timeout           time.Duration
		gossip, dead                time.Duration
		checks, retransmit          int
		suspicion, most, fan, aware int
	}{
		{"LAN", lan, 10 * time.Second, 30 * time.Second, time.Second, 500 * time.Millisecond, 200 * time.Millisecond, 30 * time.Second, 3, 4, 4, 6, 3, 8},
		{"WAN", wan, 30 * time.Second, 60 * time.Second, 5 * time.Second, 3 * time.Second, 500 * time.Millisecond, 60 * time.Second, 3, 4, 6, 6, 4, 8},
		{"local", local, time.Second, 15 * time.Second, time.Second, 200 * time.Millisecond, 100 * time.Millisecond, 15 * time.Second, 1, 2, 3, 6, 3, 8},
	} {
		c := tc.c
		want(t, tc.name+" StreamTimeout", c.StreamTimeout, tc.stream)
		want(t, tc.name+" PushPullInterval", c.PushPullInterval, tc.pushPull)
		want(t, tc.name+" ProbeInterval", c.ProbeInterval, tc.interval)
		want(t, tc.name+" ProbeTimeout", c.ProbeTimeout, tc.timeout)
		want(t, tc.name+" GossipInterval", c.GossipInterval, tc.gossip)
		want(t, tc.name+" GossipToTheDeadTime", c.GossipToTheDeadTime, tc.dead)
		want(t, tc.name+" IndirectChecks", c.IndirectChecks, tc.checks)
		want(t, tc.name+" RetransmitMult", c.RetransmitMult, tc.retransmit)
		want(t, tc.name+" SuspicionMult", c.SuspicionMult, tc.suspicion)
		want(t, tc.name+" SuspicionMaxTimeoutMult", c.SuspicionMaxTimeoutMult, tc.most)
		want(t, tc.name+" GossipNodes", c.GossipNodes, tc.fan)
		want(t, tc.name+" AwarenessMaxMultiplier", c.AwarenessMaxMultiplier, tc.aware)
		c.Name, c.Advertise = "a", netip.MustParseAddrPort("10.0.0.1:7946")
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestValidateReportsEachProblem(t *testing.T) {
	for text, change := range map[string]func(*Config){
		"name is empty":        func(c *Config) { c.Name = "" },
		"name too long":        func(c *Config) { c.Name = strings.Repeat("x", 256) },
		"no address":           func(c *Config) { c.Advertise = netip.AddrPort{} },
		"zone":                 func(c *Config) { c.Advertise = netip.MustParseAddrPort("[fe80::1%eth0]:1") },
		"metadata too long":    func(c *Config) { c.Meta = make([]byte, 513) },
		"protocol version 6":   func(c *Config) { c.ProtocolVersion = 6 },
		"protocol version 0":   func(c *Config) { c.ProtocolVersion = 0 },
		"delegate version 9":   func(c *Config) { c.DelegateVersion = 9 },
		"invalid prefix":       func(c *Config) { c.CIDRsAllowed = []netip.Prefix{{}} },
		"stream timeout":       func(c *Config) { c.StreamTimeout = 0 },
		"probe interval":       func(c *Config) { c.ProbeInterval = -1 },
		"exceeds 1h0m":         func(c *Config) { c.ProbeInterval = 2 * time.Hour },
		"probe timeout 0s":     func(c *Config) { c.ProbeTimeout = 0 },
		"exceeds the probe":    func(c *Config) { c.ProbeTimeout = 2 * time.Second },
		"gossip interval":      func(c *Config) { c.GossipInterval = -1 },
		"push/pull interval":   func(c *Config) { c.PushPullInterval = -1 },
		"gossip to the dead":   func(c *Config) { c.GossipToTheDeadTime = -1 },
		"reclaim":              func(c *Config) { c.DeadNodeReclaimTime = -1 },
		"indirect checks":      func(c *Config) { c.IndirectChecks = 17 },
		"gossip nodes":         func(c *Config) { c.GossipNodes = -1 },
		"retransmit":           func(c *Config) { c.RetransmitMult = -1 },
		"suspicion multiplier": func(c *Config) { c.SuspicionMult = 0 },
		"suspicion maximum":    func(c *Config) { c.SuspicionMaxTimeoutMult = 0 },
		"awareness":            func(c *Config) { c.AwarenessMaxMultiplier = 0 },
		"packet budget 100":    func(c *Config) { c.PacketBytesMax = 100 },
		"packet budget 65508":  func(c *Config) { c.PacketBytesMax = 65508 },
		"is not within 1641":   func(c *Config) { c.NameBytesMax = 1000 },
		"members maximum":      func(c *Config) { c.MembersMax = 0 },
		"broadcasts maximum":   func(c *Config) { c.BroadcastsMax = 0 },
		"name maximum":         func(c *Config) { c.NameBytesMax = 0 },
		"served pings maximum": func(c *Config) { c.ServedMax = -1 },
		"exchanges maximum":    func(c *Config) { c.ExchangesMax = 0 },
	} {
		c := testConfig("a", 1)
		change(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want an error with %q", err, text)
		}
		if _, err := New(c, epoch, rand.New(rand.NewPCG(1, 1))); err == nil {
			t.Errorf("%s: New takes it", text)
		}
	}
	c := testConfig("", 1)
	c.StreamTimeout, c.MembersMax = 0, 0
	if got := strings.Count(c.Validate().Error(), "\n"); got != 2 {
		t.Errorf("got %d line breaks, want all three problems at once", got)
	}
}

func TestLargestAliveMessageFitsTheSmallestPacket(t *testing.T) {
	c := testConfig(strings.Repeat("n", 255), 1)
	c.PacketBytesMax = PacketBytesMin
	c.Meta = make([]byte, MetaBytesMax)
	c.Advertise = netip.MustParseAddrPort("[2001:db8::1]:65535")
	n, err := New(c, epoch, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "queued", n.queue.Len(), 1)
	want(t, "BroadcastRefused", n.Stats().BroadcastRefused, 0)
}

func TestOwnAddressIsAnnouncedInItsShortForm(t *testing.T) {
	c := testConfig("a", 1)
	c.Advertise = netip.MustParseAddrPort("[::ffff:10.0.0.1]:7946")
	n, err := New(c, epoch, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := n.Lookup("a")
	want(t, "address", m.Info.Addr, netip.MustParseAddrPort("10.0.0.1:7946"))
}
