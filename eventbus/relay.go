package eventbus

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
)

// relayProtocolMin is the gossip protocol version that a relay must understand at least: older members have no relays.
const relayProtocolMin = 5

// AppendRelays appends to dst up to r.Relays different members, drawn at random, that can pass on what the member called
// self answers. They are alive and new enough, and neither self nor the destination. Among no more than r.Relays members
// there is nobody worth asking. members are all known ones in any status.
func AppendRelays(dst []*Member, members []*Member, r *Reply, self string, rng *rand.Rand) []*Member {
	n, first := len(members), len(dst)
	if r.Relay == nil || n < r.Relays+1 {
		return dst
	}
	for tries := 3 * n; tries > 0 && len(dst)-first < r.Relays; tries-- {
		m := members[rng.IntN(n)]
		if m.relays(r, self) && !slices.Contains(dst[first:], m) {
			dst = append(dst, m)
		}
	}
	return dst
}

// relays reports whether m can pass r on.
func (m *Member) relays(r *Reply, self string) bool {
	return m.Status == StatusAlive && m.Versions[1] >= relayProtocolMin && m.Name != self && m.Name != r.Node &&
		!sameAddr(m.Addr, r.To)
}

// sameAddr compares addresses whatever form their IPv4 addresses have.
func sameAddr(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() && a.Addr().Unmap() == b.Addr().Unmap()
}

// Forward is a message that is to be passed on. Its slice is a part of what was received.
type Forward struct {
	To   netip.AddrPort
	Node string
	// Message is a query response.
	Message []byte
	// Self tells that it is for this member, which can take it with HandleResponse at once.
	Self bool
}

// HandleRelay takes a request to pass a message on, type byte first. Only responses are passed on, and only to known
// members, so that nobody can send what he likes to whom he likes in our name. It fails with a *DecodeError, which may be
// that of the message inside, ErrRelayed or ErrStranger.
func (q *Queries) HandleRelay(b []byte) (Forward, error) {
	m, err := DecodeRelay(b)
	if err != nil {
		q.stats.RelayMalformed++
		return Forward{}, err
	}
	if len(m.Inner) == 0 || MessageType(m.Inner[0]) != TypeResponse {
		q.stats.RelayRefused++
		return Forward{}, fmt.Errorf("eventbus: %w", ErrRelayed)
	}
	if _, err := DecodeResponse(m.Inner); err != nil {
		q.stats.RelayMalformed++
		return Forward{}, err
	}
	f := Forward{To: m.Dest(), Node: string(m.Node), Message: m.Inner}
	if f.Self = q.isSelf(f.Node, f.To); f.Self {
		q.stats.RelayToSelf++
		return f, nil
	}
	if !q.knows(&openQuery{to: f.To, node: f.Node}) {
		q.stats.RelayRefused++
		return Forward{}, fmt.Errorf("eventbus: relay: %w: %s %q", ErrStranger, f.To, f.Node)
	}
	q.stats.RelayPassedOn++
	return f, nil
}
