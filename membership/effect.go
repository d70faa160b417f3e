package membership

import (
	"net/netip"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// Member, Status and their values are those of package eventbus, where events need them too.
type (
	Member = eventbus.Member
	Status = eventbus.Status
)

// Token is chosen by the caller of a command that completes later; the Done effect carries it back.
type Token uint64

// EffectKind says which field of an Effect counts.
type EffectKind uint8

const (
	// EffectWire: Wire is a Packet, Dial, Reply or Close for the driver; never a swim Event.
	EffectWire EffectKind = iota + 1
	// EffectEvent: Event is for applications, after coalescing.
	EffectEvent
	// EffectNotice: Notice is for the operator's log.
	EffectNotice
	// EffectDone: Done ends a command.
	EffectDone
	// EffectAnswer: Answer is what a member says to a Query.
	EffectAnswer
	// EffectKeys: Keys are the keys from now on. The driver takes them into use, stores them if it keeps a file, and then
	// calls KeysStored, in any case.
	EffectKeys
	// EffectPersist: Record is for the snapshot.
	EffectPersist
	// EffectConflictLost: most members know another one by this member's name; the driver is to stop without Leave.
	EffectConflictLost
)

// Effect is one thing the driver has to do. Bytes in Wire are valid until the next input. What is rare is behind a
// pointer, nil for other kinds, so that packets need not carry room for it.
type Effect struct {
	Kind   EffectKind
	Wire   swim.Effect
	Event  eventbus.Event
	Record Record
	Notice *Notice
	Done   *Done
	Answer *Answer
	Keys   *KeyChange
}

// Done is the outcome of a command.
type Done struct {
	Token Token
	// Err is nil on success.
	Err error
	// Joined is how many addresses of a Join answered; Failures tells of the others.
	Joined   int
	Failures []JoinFailure
	// Query sums up a Query.
	Query eventbus.QueryEnd
	// Keys is the outcome of a key operation, set even if Err is.
	Keys *KeyResult
}

// Answer is what a member says to a query that was asked here. It is immutable.
type Answer struct {
	Token Token
	// Ack tells that From has received the query; otherwise Payload is its response.
	Ack     bool
	From    string
	Payload []byte
}

// KeyChange is a new keyring. It is immutable.
type KeyChange struct {
	// Generation numbers the changes.
	Generation uint64
	// Keys are the keys, the primary one first.
	Keys [][]byte
}

// KeyResult is what the members said to a key operation.
type KeyResult struct {
	// Messages holds what members had to say, by their names: mostly those that failed.
	Messages map[string]string
	// Keys counts the members that hold each key, in base64; PrimaryKeys those that encrypt with it. Only a listing
	// fills them; other operations count under the empty key.
	Keys, PrimaryKeys map[string]int
	// NumNodes members were asked, NumResp answered, NumErr of these failed.
	NumNodes, NumResp, NumErr int
}

// Target is one address to join, with the member's name if that is known.
type Target struct {
	Name string
	Addr netip.AddrPort
}

// JoinFailure is one address of a Join that did not answer.
type JoinFailure struct {
	Target Target
	Err    error
}

// NoticeKind says what a Notice is about.
type NoticeKind uint8

const (
	// NoticeSwim: Swim is a fact of the failure detector.
	NoticeSwim NoticeKind = iota + 1
	// NoticeMember: Member changed as Type says; Forced when an operator's force-leave or prune did it. This comes at
	// once, while the Event may be coalesced.
	NoticeMember
	// NoticeReconnect: the failed Member is contacted again.
	NoticeReconnect
	// NoticeDropped: a message was ignored for the reason in Err.
	NoticeDropped
	// NoticeLeaveTimeout: a broadcast of our own leave did not finish in time, Err says which; the leave goes on.
	NoticeLeaveTimeout
	// NoticeQueueDeep: Queue holds Depth broadcasts, more than Config.QueueDepthWarning.
	NoticeQueueDeep
	// NoticeVerdict: of Votes members that answered whose the local name is, VotesFor say ours. Lost: it is another's.
	NoticeVerdict
	// NoticeKeyQuery: a member asked to change or list the keys, by the query called Query.
	NoticeKeyQuery
	// NoticeKeyRefused: what such a query asked for failed here, because of Err. The asking member is told the same.
	NoticeKeyRefused
	// NoticeRejoin: this member is alone, and tries Target, whom it once knew or was told of.
	NoticeRejoin
	// NoticeRejoined: Target answered.
	NoticeRejoined
	// NoticeRejoinFailed: nobody answered, the last one for the reason in Err; the tries go on.
	NoticeRejoinFailed
	// NoticeBadPattern: a query was not for this member because Query, an expression in its filters, cannot be compiled.
	NoticeBadPattern
)

// Notice is a fact for the operator's log; nothing depends on it.
type Notice struct {
	Kind   NoticeKind
	At     time.Time
	Swim   swim.Event
	Type   eventbus.EventType
	Member *Member
	Target Target // Rejoin, Rejoined
	Forced bool
	// Votes and VotesFor count answers; Lost is the verdict.
	Votes, VotesFor int
	Lost            bool
	Query           string // KeyQuery, BadPattern
	Queue           string // QueueDeep: Intent, Event or Query
	Depth           int    // QueueDeep
	Err             error
}
