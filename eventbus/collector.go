package eventbus

import (
	"slices"
	"time"
)

// UpdateKind says what a QueryUpdate is.
type UpdateKind uint8

const (
	// UpdateAck: From has received the query.
	UpdateAck UpdateKind = iota + 1
	// UpdateResponse: From responded with Payload.
	UpdateResponse
	// UpdateEnd: the query is over, as End says; nothing more comes.
	UpdateEnd
)

// QueryUpdate is news of a query that was started here. It is immutable.
type QueryUpdate struct {
	Kind    UpdateKind
	Query   QueryID
	From    string
	Payload []byte
	End     QueryEnd
}

// EndReason says why a query is over.
type EndReason uint8

const (
	// EndComplete: all members that were expected to answer have.
	EndComplete EndReason = iota + 1
	// EndTimeout: its time ran out.
	EndTimeout
	// EndCancelled: Cancel was called.
	EndCancelled
)

// QueryEnd sums up a query that is over.
type QueryEnd struct {
	Why EndReason
	// Expected counts the members that were expected to answer at the start.
	Expected int
	// Acks and Responses count the members that acked and responded, unexpected ones included.
	Acks, Responses int
}

// Marks of a member in a collector.
const (
	markAcked uint8 = 1 << iota
	markResponded
	markMissing // expected, and not all of its answer is there
)

// collector gathers the answers to an own query.
//
// Invariants: marks[i] is about members[i]; missing counts the marks with markMissing; len(strangers) ≤ StrangersMax.
type collector struct {
	id          QueryID
	deadline    time.Time
	acks        bool  // wanted
	need        uint8 // marks that make an answer whole
	waitFull    bool
	membersOnly bool
	members     []*Member // sorted by name
	marks       []uint8
	missing     int
	strangers   map[string]uint8
	end         QueryEnd
}

func newCollector(id QueryID, deadline time.Time, p *QueryParams, members []*Member) *collector {
	c := &collector{
		id: id, deadline: deadline, acks: p.Ack, waitFull: p.WaitFull, membersOnly: p.MembersOnly,
		members: members, marks: make([]uint8, len(members)),
		need: markResponded,
	}
	if p.Ack {
		c.need |= markAcked
	}
	if p.Name == QueryPing {
		c.need &^= markResponded
	}
	return c
}

// expect marks the members that p is for and that can answer. A ping without acks is answered by nobody.
func (c *collector) expect(matcher *Matcher, p *QueryParams, filters [][]byte) {
	if c.need == 0 {
		return
	}
	if len(p.Nodes) > 0 {
		for _, name := range p.Nodes {
			if i, found := c.find([]byte(name)); found {
				c.expectOne(i, matcher, p, filters[1:])
			}
		}
	} else {
		for i := range c.members {
			c.expectOne(i, matcher, p, filters)
		}
	}
	c.end.Expected = c.missing
}

func (c *collector) expectOne(i int, matcher *Matcher, p *QueryParams, filters [][]byte) {
	m := c.members[i]
	if !m.answers() || c.marks[i] != 0 || p.Name == QueryConflict && m.Name == string(p.Payload) {
		return
	}
	if matcher.Match(filters, m.Name, m.Tags) {
		c.marks[i] = markMissing
		c.missing++
	}
}

// find returns the index of the member called name.
func (c *collector) find(name []byte) (int, bool) {
	return slices.BinarySearchFunc(c.members, name, func(m *Member, name []byte) int {
		switch { // strings.Compare would make a string of name
		case m.Name < string(name):
			return -1
		case m.Name == string(name):
			return 0
		}
		return 1
	})
}

// mark notes that the member with index i has done what, and reports whether that is news.
func (c *collector) mark(i int, what uint8) bool {
	if c.marks[i]&what != 0 {
		return false
	}
	if c.marks[i] |= what; c.marks[i]&markMissing != 0 && c.marks[i]&c.need == c.need {
		c.marks[i] &^= markMissing
		c.missing--
	}
	return true
}

// complete reports whether somebody was expected and nobody is missing.
func (c *collector) complete() bool { return !c.waitFull && c.end.Expected > 0 && c.missing == 0 }

// insert makes c run.
func (q *Queries) insert(c *collector) {
	i, _ := slices.BinarySearchFunc(q.order, c, func(a, b *collector) int {
		if a.deadline.After(b.deadline) {
			return 1
		}
		return -1 // equal deadlines in the order of their start
	})
	q.order = slices.Insert(q.order, i, c)
	q.running[c.id] = c
	q.stats.RunningMaxReached = max(q.stats.RunningMaxReached, len(q.order))
	q.stats.ExpectedMembersMax = max(q.stats.ExpectedMembersMax, c.end.Expected)
}

// finish ends c.
func (q *Queries) finish(c *collector, why EndReason) {
	switch why {
	case EndComplete:
		q.stats.CompletedEarly++
	case EndTimeout:
		q.stats.TimedOut++
	}
	c.end.Why = why
	i := slices.Index(q.order, c)
	q.order = slices.Delete(q.order, i, i+1)
	delete(q.running, c.id)
	q.updates.put(QueryUpdate{Kind: UpdateEnd, Query: c.id, End: c.end})
}

// Next takes the next update out; false when there is none.
func (q *Queries) Next() (QueryUpdate, bool) { return q.updates.next() }

// NextDeadline returns when HandleDeadline is wanted; the zero time when no own query is running.
func (q *Queries) NextDeadline() time.Time {
	if len(q.order) == 0 {
		return time.Time{}
	}
	return q.order[0].deadline
}

// HandleDeadline ends the queries whose time is over.
func (q *Queries) HandleDeadline(now time.Time) {
	for len(q.order) > 0 && !now.Before(q.order[0].deadline) {
		q.finish(q.order[0], EndTimeout)
	}
}

// Cancel ends a query, if it is running.
func (q *Queries) Cancel(id QueryID) {
	if c := q.running[id]; c != nil {
		q.finish(c, EndCancelled)
	}
}

// Lost tells that the member called name has left or failed: no query waits for it any longer. If it answers
// nevertheless, that counts.
func (q *Queries) Lost(name string) {
	for i := 0; i < len(q.order); {
		c := q.order[i]
		if j, found := c.find([]byte(name)); found && c.marks[j]&markMissing != 0 {
			c.marks[j] &^= markMissing
			c.missing--
			if c.complete() {
				q.finish(c, EndComplete)
				continue
			}
		}
		i++
	}
}
