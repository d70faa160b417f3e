package eventbus

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"serf/broadcast"
)

// QueryConfig is how a Queries behaves. It is copied.
type QueryConfig struct {
	// Name is that of the local member, and Source where it gets answers.
	Name   string
	Source netip.AddrPort
	// Known says whether a member is so called and has that address; the name is empty when an old peer did not tell it.
	// Nothing is sent to others on somebody's word, so that nobody can be flooded through this member. It must be a pure
	// function of the machine's state. Nil: everybody is.
	Known func(node string, addr netip.AddrPort) bool

	// BytesMax is how long an own query may be when encoded; 1024.
	BytesMax int
	// GossipBytesMax is the longest message, type byte included, that fits into a gossip packet.
	GossipBytesMax int
	// ResponseBytesMax is how long an own response may be when encoded, to travel in a packet; 1024.
	ResponseBytesMax int
	// StreamBytesMax is how long one may be to travel over a stream when a packet is too small; 0: not at all. 65536.
	StreamBytesMax int

	// GossipInterval and TimeoutMult give the timeout of a query that names none: interval × mult × ⌈log10(members + 1)⌉;
	// 200 ms and 16.
	GossipInterval time.Duration
	TimeoutMult    int
	// Window is over how many Lamport times queries are remembered; 2048, four times that of the reference.
	Window int

	// RunningMax bounds the own queries that run at one time; 1024.
	RunningMax int
	// OpenMax bounds the received queries that can still be responded to; the oldest goes first. 4096.
	OpenMax int
	// StrangersMax bounds, for each own query, the answers under names that were no members when it was started; 64.
	StrangersMax int
}

// DefaultQuery returns the values named above; Name and Source are to be set.
func DefaultQuery() QueryConfig {
	return QueryConfig{
		BytesMax: 1024, GossipBytesMax: 1395, ResponseBytesMax: 1024, StreamBytesMax: 65536,
		GossipInterval: 200 * time.Millisecond, TimeoutMult: 16,
		Window: 2048, RunningMax: 1024, OpenMax: 4096, StrangersMax: 64,
	}
}

// Validate reports everything that is wrong with c, joined into one error, or nil.
func (c *QueryConfig) Validate() error {
	var problems []error
	atLeast := func(name string, got, least int) {
		if got < least {
			problems = append(problems, fmt.Errorf("eventbus: %s %d is less than %d", name, got, least))
		}
	}
	atLeast("query size limit", c.BytesMax, 0)
	atLeast("gossip size limit", c.GossipBytesMax, 1)
	atLeast("query response size limit", c.ResponseBytesMax, 0)
	atLeast("query stream size limit", c.StreamBytesMax, 0)
	atLeast("query timeout multiplier", c.TimeoutMult, 0)
	atLeast("query window", c.Window, 1)
	atLeast("running queries maximum", c.RunningMax, 1)
	atLeast("open queries maximum", c.OpenMax, 1)
	atLeast("strangers maximum", c.StrangersMax, 0)
	if c.GossipInterval < 0 {
		problems = append(problems, fmt.Errorf("eventbus: gossip interval %s is negative", c.GossipInterval))
	}
	return errors.Join(problems...)
}

// DefaultQueryTimeout returns how long a query runs that names no timeout, among so many living members.
func DefaultQueryTimeout(gossipInterval time.Duration, mult, members int) time.Duration {
	return gossipInterval * time.Duration(broadcast.TransmitLimit(mult, members))
}
