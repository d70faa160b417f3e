package swim

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/broadcast"
)

// Node is one member's failure detector and membership table.
type Node struct {
	cfg Config
}

// New returns a node.
func New(cfg Config, now time.Time, rng *rand.Rand) (*Node, error) { panic("swim: stub") }

// HandlePacket takes one message that came in a packet from from.
func (n *Node) HandlePacket(now time.Time, from netip.AddrPort, b []byte) error { panic("swim: stub") }

// HandleStream takes the small message of an accepted stream.
func (n *Node) HandleStream(now time.Time, x Exchange, from netip.AddrPort, b []byte) error {
	panic("swim: stub")
}

// HandleState takes the push/pull of an accepted stream, or the reply to one.
func (n *Node) HandleState(now time.Time, x Exchange, s *State) error { panic("swim: stub") }

// HandleReply takes the small reply on a dialled stream.
func (n *Node) HandleReply(now time.Time, x Exchange, b []byte) error { panic("swim: stub") }

// HandleFailure takes the end of a broken exchange.
func (n *Node) HandleFailure(now time.Time, x Exchange, cause error) { panic("swim: stub") }

// HandleUnsent says that the packet with the given probe could not be written.
func (n *Node) HandleUnsent(now time.Time, probe uint32) { panic("swim: stub") }

// HandleDeadline fires what is due.
func (n *Node) HandleDeadline(now time.Time) { panic("swim: stub") }

// NextEffect returns the next effect.
func (n *Node) NextEffect() (Effect, bool) { panic("swim: stub") }

// NextDeadline returns when HandleDeadline is wanted.
func (n *Node) NextDeadline() (at time.Time, why Timer) { panic("swim: stub") }

// Join starts a push/pull.
func (n *Node) Join(now time.Time, to netip.AddrPort, name string) (Exchange, error) {
	panic("swim: stub")
}

// Leave tells the others.
func (n *Node) Leave(now time.Time) error { panic("swim: stub") }

// SetMeta changes the metadata.
func (n *Node) SetMeta(now time.Time, meta []byte) error { panic("swim: stub") }

// SetAckPayload sets what acks carry.
func (n *Node) SetAckPayload(b []byte) { panic("swim: stub") }

// Attach adds a queue.
func (n *Node) Attach(q *broadcast.Queue) { panic("swim: stub") }

// WakeGossip arms the gossip timer.
func (n *Node) WakeGossip(now time.Time) { panic("swim: stub") }

// SendUser sends one packet.
func (n *Node) SendUser(now time.Time, to netip.AddrPort, payload []byte) error { panic("swim: stub") }

// SendUserStream sends over a stream.
func (n *Node) SendUserStream(now time.Time, to netip.AddrPort, payload []byte) (Exchange, error) {
	panic("swim: stub")
}

// Ping sends one ping.
func (n *Node) Ping(now time.Time, name string, to netip.AddrPort) error { panic("swim: stub") }

// View returns a snapshot.
func (n *Node) View() *View { panic("swim: stub") }

// Stats returns the counters.
func (n *Node) Stats() Stats { panic("swim: stub") }

// Health returns the awareness score.
func (n *Node) Health() int { panic("swim: stub") }

// Len returns the number of known members.
func (n *Node) Len() int { panic("swim: stub") }

// Lookup returns what is known of name.
func (n *Node) Lookup(name string) (MemberState, bool) { panic("swim: stub") }
