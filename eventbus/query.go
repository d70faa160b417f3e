package eventbus

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"serf/membership/lamport"
)

// Names of queries that members answer by themselves; applications never see one that starts with InternalPrefix.
const (
	InternalPrefix  = "_serf_"
	QueryPing       = "_serf_ping"
	QueryConflict   = "_serf_conflict"
	QueryInstallKey = "_serf_install-key"
	QueryUseKey     = "_serf_use-key"
	QueryRemoveKey  = "_serf_remove-key"
	QueryListKeys   = "_serf_list-keys"
)

// IsInternal reports whether a query of that name is not for applications.
func IsInternal(name string) bool { return strings.HasPrefix(name, InternalPrefix) }

// QueryID is what a query is known by.
type QueryID struct {
	LTime uint64
	ID    uint32
}

// QueryParams is what a query asks, and whom.
type QueryParams struct {
	Name    string
	Payload []byte
	// Nodes are the names of the members that are asked; empty: all.
	Nodes []string
	// Tags are regular expressions that the tags of the asked members have to match.
	Tags map[string]string
	// Ack asks every such member to confirm the receipt.
	Ack bool
	// RelayFactor is over how many others each answer is sent in addition.
	RelayFactor uint8
	// Timeout is how long answers are awaited; 0: what DefaultQueryTimeout says.
	Timeout time.Duration
	// WaitFull lets the query run until its timeout even if all expected answers are there, as the reference does.
	WaitFull bool
	// MembersOnly refuses answers under names that were no members at the start: for votes, where names count.
	MembersOnly bool
}

// QueryStats counts what became of queries, those asked here and those received.
type QueryStats struct {
	Sent         uint64
	Received     uint64 // that were news; those that do not concern this member included
	Duplicate    uint64
	BelowMin     uint64 // from before this member's time
	Old          uint64 // older than the window
	LTimeRefused uint64 // of times too far ahead to be true
	MomentFull   uint64 // one too many of its time
	Malformed    uint64
	Filtered     uint64 // news, but for other members
	AckRefused   uint64 // acks not sent because the asking member is not known
	Forgotten    uint64 // received queries that nobody can respond to any more for want of room

	Responded         uint64
	RespondedByStream uint64

	Acks               uint64 // received and told
	Responses          uint64
	AckDuplicate       uint64
	ResponseDuplicate  uint64
	AckUnwanted        uint64
	AnswerLate         uint64 // of no query that is running: over, or never asked
	AnswerStrange      uint64 // under a name that is no member's, refused
	AnswerMalformed    uint64
	CompletedEarly     uint64
	TimedOut           uint64
	RelayPassedOn      uint64
	RelayToSelf        uint64
	RelayRefused       uint64 // to unknown destinations, or not of a response
	RelayMalformed     uint64
	RunningRefused     uint64 // own queries refused because too many run
	RunningMaxReached  int    // most own queries that ran at one time
	ExpectedMembersMax int    // most members expected to answer one query
}

// Queries is the clock and the memory of queries, those that are running here and those that can still be responded to.
// It is a machine without goroutines: after every call take updates with Next until it returns false, and call
// HandleDeadline when NextDeadline says so. It is not safe for concurrent use.
//
// Invariants: running and order hold the same collectors, order by deadline; open holds exactly the queries of
// openOrder.
type Queries struct {
	cfg     QueryConfig
	clock   lamport.Clock
	min     uint64 // queries before it are none of our business
	history history[uint32]
	matcher Matcher
	counts  NameCounts
	stats   QueryStats

	running map[QueryID]*collector
	order   []*collector
	updates fifo[QueryUpdate]

	open      map[QueryID]*openQuery
	openOrder fifo[QueryID]

	scratch []byte // an own query
	answer  []byte // an ack or response
	relay   []byte // a relay message around it
}

// NewQueries returns the state at the start of a member, with the clock at 1. It fails when cfg.Validate does.
func NewQueries(cfg QueryConfig) (*Queries, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Queries{
		cfg: cfg, clock: lamport.At(1),
		history: history[uint32]{size: uint64(cfg.Window)},
		running: make(map[QueryID]*collector),
		open:    make(map[QueryID]*openQuery),
	}, nil
}

// Time returns the clock: the time that the next own query will carry.
func (q *Queries) Time() uint64 { return q.clock.Time() }

// Stats returns the counters.
func (q *Queries) Stats() QueryStats { return q.stats }

// Counts returns how often each name was heard. It is valid until the next change of q.
func (q *Queries) Counts() *NameCounts { return &q.counts }

// Running returns how many own queries are running.
func (q *Queries) Running() int { return len(q.order) }

// Restore takes in the clock of an earlier life of this member: queries up to that time are not told again. It returns
// false, and nothing has changed, for a time that no clock reaches.
func (q *Queries) Restore(ltime uint64) bool {
	if !q.clock.Restore(ltime) {
		return false
	}
	q.min = max(q.min, q.clock.Time())
	return true
}

// WitnessPeer takes in the clock of a peer, as a push/pull carries it. It returns false, and nothing has changed, when
// that is too far ahead to be true.
func (q *Queries) WitnessPeer(clock uint64) bool { return clock == 0 || q.clock.Witness(clock-1) }

// Start asks a query. It returns the message, valid until the next Start, which is to be gossiped and, since the local
// member may have an answer too, given to Receive.
//
// members is the cluster, sorted by name, the local member included; it is kept and must not be modified. Those of them
// that are alive or leaving and that pass the filters are expected to answer. The query ends, with UpdateEnd, as soon as
// each of them has responded (and acked, if acks were asked for; QueryPing only needs acks), has left or failed as Lost
// tells. If nobody is expected, a member that is not known here yet may still answer, so that it runs until its timeout,
// as it does with WaitFull. Whoever asks under QueryConflict about its own name is not expected to answer.
//
// It fails with ErrName, ErrPattern, ErrTooLarge or ErrQueriesFull, and then nothing has changed.
func (q *Queries) Start(now time.Time, p *QueryParams, members []*Member, rng *rand.Rand) (QueryID, []byte, error) {
	if err := CheckName(p.Name); err != nil {
		return QueryID{}, nil, err
	}
	tags := slices.Sorted(maps.Keys(p.Tags))
	for _, tag := range tags {
		if err := q.matcher.Check(p.Tags[tag]); err != nil {
			return QueryID{}, nil, err
		}
	}
	if len(q.order) >= q.cfg.RunningMax {
		q.stats.RunningRefused++
		return QueryID{}, nil, fmt.Errorf("eventbus: %w (%d)", ErrQueriesFull, len(q.order))
	}
	timeout := p.Timeout
	if timeout <= 0 {
		timeout = DefaultQueryTimeout(q.cfg.GossipInterval, q.cfg.TimeoutMult, living(members))
	}
	m := QueryMessage{
		LTime: q.clock.Time(), ID: rng.Uint32() >> 1, // reference peers draw 31 bits
		Addr: q.cfg.Source.Addr().AsSlice(), Port: q.cfg.Source.Port(), SourceNode: []byte(q.cfg.Name),
		Filters: encodeFilters(p, tags), RelayFactor: p.RelayFactor, Timeout: timeout,
		Name: []byte(p.Name), Payload: p.Payload,
	}
	if p.Ack {
		m.Flags = FlagAck
	}
	if err := q.encode(&m); err != nil {
		return QueryID{}, nil, err
	}
	q.clock.Increment()
	q.stats.Sent++
	c := newCollector(QueryID{m.LTime, m.ID}, now.Add(timeout), p, members)
	c.expect(&q.matcher, p, m.Filters)
	q.insert(c)
	return c.id, q.scratch, nil
}

// encode makes m the scratch, unless it is too large.
func (q *Queries) encode(m *QueryMessage) error {
	q.scratch = AppendQuery(q.scratch[:0], m)
	n := len(q.scratch)
	if n > q.cfg.BytesMax {
		return tooLarge(n, q.cfg.BytesMax, "query exceeds limit of %d bytes", q.cfg.BytesMax)
	}
	return checkGossip(TypeQuery, n, q.cfg.GossipBytesMax)
}

// encodeFilters returns the filters of p as they travel; nil when there are none. tags are the keys of p.Tags in order.
func encodeFilters(p *QueryParams, tags []string) [][]byte {
	var filters [][]byte
	if len(p.Nodes) > 0 {
		filters = append(filters, AppendNodeFilter(nil, p.Nodes))
	}
	for _, tag := range tags {
		filters = append(filters, AppendTagFilter(nil, tag, p.Tags[tag]))
	}
	return filters
}

// living counts the members that have neither left nor failed.
func living(members []*Member) int {
	n := 0
	for _, m := range members {
		if m.answers() {
			n++
		}
	}
	return n
}

// answers reports whether m can be expected to answer a query.
func (m *Member) answers() bool { return m.Status == StatusAlive || m.Status == StatusLeaving }
