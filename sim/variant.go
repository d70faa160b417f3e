package sim

import (
	"fmt"
	"time"

	"serf/membership"
	"serf/swim"
)

// A variant is the machine configured as one of the published protocols. All of them sit on the same base: a ping over a stream
// beside the indirect ones, gossip every 200 ms, push/pull.
type variant struct {
	name                    string
	health, doubtful, buddy bool // LHA-Probe, LHA-Suspicion, the buddy system
}

// variants are those of Lifeguard's tables, in their order.
var variants = []variant{
	{name: "SWIM"},
	{name: "LHA-Probe", health: true},
	{name: "LHA-Suspicion", doubtful: true},
	{name: "Buddy", buddy: true},
	{name: "Lifeguard", health: true, doubtful: true, buddy: true},
}

// flavour is by which description of the protocol a variant goes.
type flavour string

const (
	// flavourPaper is Lifeguard as published: a local health of 0 to 8 scales the probes' interval and timeout, a failed probe counts
	// against it beside missed nacks; nacks are due at 80 % of the timeout; suspicions last 5·log10(n) intervals at least and shrink with
	// 3 confirmations.
	flavourPaper flavour = "paper"
	// flavourReference is what reference peers do today: a health of 0 to 7 scales the interval alone, whose probes keep whole ticks;
	// nacks come with the timeout; suspicions last 4·log10(n) intervals and shrink with 2 confirmations.
	flavourReference flavour = "reference"
)

// flavours are all of them.
var flavours = []flavour{flavourPaper, flavourReference}

// config is the variant in the given flavour, on a LAN.
func (v variant) config(f flavour) membership.Config {
	c := plainLAN()
	s := &c.Swim
	s.SuspicionMult, s.SuspicionMaxTimeoutMult = 5, 1
	s.AwarenessMaxMultiplier = 1
	s.Variant = swim.Variant{NoConfirmations: !v.doubtful, NoBuddy: !v.buddy, GossipTicks: true, StrangersEqual: true}
	healthMax := 9
	if f == flavourReference {
		s.SuspicionMult, healthMax = 4, 8
		s.Variant.WholeTicks, s.Variant.LateNacks = true, true
	} else {
		s.Variant.ScaleAll, s.Variant.BlameBoth = true, true
	}
	if v.health {
		s.AwarenessMaxMultiplier = healthMax
	}
	if v.doubtful {
		s.SuspicionMaxTimeoutMult = 6
	}
	return c
}

// plainLAN is the LAN profile without what this machine does on its own beyond the published protocols: nothing verifies
// departures or probes whom it has not heard of the longest, or looks for lost members.
func plainLAN() membership.Config {
	c := membership.DefaultLAN()
	c.Swim.ProbeStalest, c.Swim.VerifyDepartures = false, false
	c.DisableCoordinates = true
	c.ReconnectInterval = 0
	return c
}

// swimPeriod is the protocol period of the measurements of SWIM §5.
const swimPeriod = 2 * time.Second

// swim2002 is SWIM as published: news ride on pings and acks alone, one member is asked for an indirect ping, suspicions last
// 3·ln(n) periods (7 are about 3·ln 10). There are no streams but for joins.
func swim2002() membership.Config {
	c := plainLAN()
	s := &c.Swim
	s.ProbeInterval, s.ProbeTimeout, s.IndirectChecks = swimPeriod, swimPeriod/4, 1
	s.GossipInterval, s.PushPullInterval, s.DisableStreamPings = 0, 0, true
	s.SuspicionMult, s.SuspicionMaxTimeoutMult, s.AwarenessMaxMultiplier = 7, 1, 1
	s.Variant = swim.Variant{NoConfirmations: true, NoBuddy: true, StrangersEqual: true}
	return c
}

// ground is where the runs of a study take place: an undisturbed LAN.
func ground(seed uint64, hosts int, c membership.Config) (*World, error) {
	w, err := NewWorld(Options{
		Seed: seed, Hosts: hosts, Cluster: &c, Direct: true, Shared: true,
		Network: Network{LatencyMin: 200 * time.Microsecond, LatencyMax: 800 * time.Microsecond},
	})
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	return w, nil
}

// assembled is the same with hosts that know each other.
func assembled(seed uint64, hosts int, c membership.Config) (*World, error) {
	w, err := ground(seed, hosts, c)
	if err != nil {
		return nil, err
	}
	return w, w.Assemble()
}
