package swim

import (
	"net/netip"
	"time"
)

// EventKind says what happened and which fields of an Event count.
type EventKind uint8

const (
	// EventJoin: Info became alive (new, or back from dead or left). Issued for the local node at its start.
	EventJoin EventKind = iota + 1
	// EventLeave: Info became dead or left; Left tells which. Issued for the local node when it leaves.
	EventLeave
	// EventUpdate: the metadata or address of an alive member changed to Info.
	EventUpdate
	// EventConflict: somebody claims the name of Info from the address in Other.
	EventConflict
	// EventUser: a user message, Payload, arrived from From.
	EventUser
	// EventPinged: a direct probe of Info was answered after RTT with Payload.
	EventPinged
	// EventExchange: the exchange Exchange, started by Join or SendUserStream, is over; Err is nil on success.
	EventExchange
	// EventLeft: the node's own leave has been broadcast, or there was nobody to tell.
	EventLeft
	// EventMetaSent: the metadata of the last SetMeta has been broadcast, or there was nobody to tell.
	EventMetaSent

	// The rest is for the operator's log; nothing depends on it.

	// EventProbeFailed: a probe of Info ended without any ack.
	EventProbeFailed
	// EventProbeLate: the direct ping to Info got no ack within the probe timeout; indirect pings follow.
	EventProbeLate
	// EventSuspicionExpired: Info is declared dead because its suspicion ran out with Confirmations.
	EventSuspicionExpired
	// EventRefuted: the node answered an accusation (Message: suspect, dead or alive) of FromName.
	EventRefuted
	// EventStreamOnly: Info answered over a stream although its packets are lost.
	EventStreamOnly
	// EventReclaimed: the name of Info, left or dead, is taken over by the address in Other.
	EventReclaimed
	// EventReaped: the dead or left member Info was forgotten.
	EventReaped
	// EventPushPull: a push/pull with Info (or To, when the name is unknown) was started.
	EventPushPull
	// EventPushPullFailed: a periodic push/pull with To failed with Err.
	EventPushPullFailed
	// EventDegraded: a message was refused for the reason in Err (versions, merge veto, table full, far accusation).
	EventDegraded
)

// Event is a fact about the cluster. Info and Other are immutable; Payload is valid until the next input.
type Event struct {
	Kind          EventKind
	Left          bool        // Leave
	Status        Status      // Conflict: of the member that has the name
	Message       MessageType // Refuted
	Confirmations int         // SuspicionExpired
	Incarnation   uint32      // Join, Leave, Update
	Info          *Info
	Other         *Info          // Conflict, Reclaimed: the claimant
	From          netip.AddrPort // User; PushPull and PushPullFailed: the peer
	FromName      string         // Refuted
	Payload       []byte         // User, Pinged
	RTT           time.Duration  // Pinged
	Exchange      Exchange       // Exchange
	Err           error          // Exchange, PushPullFailed, Degraded
}
