package membership

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"serf/eventbus"
)

// QueryParams is what a query asks, and whom.
type QueryParams = eventbus.QueryParams

// queryVersionMin is the Serf protocol version from which on queries can be asked. Older members answer them.
const queryVersionMin = 4

// purpose says for whom a query was asked.
type purpose uint8

const (
	forApplication purpose = iota
	forKeys
	forConflict
)

// asked is a query that was asked here.
type asked struct {
	purpose purpose
	token   Token
	keys    *KeyResult // forKeys
	votes   votes      // forConflict
}

// Query asks the members that p selects, this one included if it is among them. What they say comes as EffectAnswer with
// the token; Done comes when everybody that could answer has, or after the timeout.
//
// It fails with ErrStopped, ErrBusy, ErrQueryVersion, or with ErrName, ErrPattern, ErrTooLarge or ErrQueriesFull of
// package eventbus; nothing has changed then.
func (c *Cluster) Query(now time.Time, token Token, p QueryParams) (eventbus.QueryID, error) {
	id, err := c.ask(now, &p, asked{token: token})
	c.settle(now)
	return id, err
}

// CancelQuery ends a query early. Done follows, unless it is over.
func (c *Cluster) CancelQuery(now time.Time, token Token) {
	for id, a := range c.asked { //order-free: no other one has that token
		if a.purpose == forApplication && a.token == token {
			c.queries.Cancel(id)
			break
		}
	}
	c.settle(now)
}

// Respond answers a query that was delivered as an event; it can be done once.
//
// It fails with ErrStopped, or with ErrQueryUnknown, ErrTooLarge, ErrAnswered, ErrDeadline or ErrStranger of package
// eventbus; nothing has changed then.
func (c *Cluster) Respond(now time.Time, id eventbus.QueryID, payload []byte) error {
	if c.stopped() {
		return ErrStopped
	}
	err := c.respond(now, id, payload)
	c.settle(now)
	return err
}

func (c *Cluster) respond(now time.Time, id eventbus.QueryID, payload []byte) error {
	r, err := c.queries.Respond(now, id, payload)
	if err == nil {
		c.sendReply(now, &r)
	}
	return err
}

// ask starts a query, which this member receives like any other.
func (c *Cluster) ask(now time.Time, p *QueryParams, a asked) (eventbus.QueryID, error) {
	switch {
	case c.stopped():
		return eventbus.QueryID{}, ErrStopped
	case c.busy():
		return eventbus.QueryID{}, ErrBusy
	case c.cfg.ProtocolVersion < queryVersionMin:
		return eventbus.QueryID{}, ErrQueryVersion
	}
	id, m, err := c.queries.Start(now, p, c.table.list(), c.rng)
	if err != nil {
		return id, err
	}
	c.asked[id] = &a
	if err := c.onQueryMessage(now, now, m); err != nil {
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
	}
	return id, nil
}

// onQueryMessage takes in a query, that of somebody else or an own one, which came at the given time.
func (c *Cluster) onQueryMessage(now, came time.Time, b []byte) error {
	r, err := c.queries.Receive(came, b, c.tags)
	if err != nil {
		return err
	}
	if r.Deliver && came.Before(now) && !now.Before(r.Event.Deadline) {
		c.counters.HeldExpired++ // nobody waits for an answer any more
		return nil
	}
	if r.BadPattern != nil {
		c.notice(now, Notice{Kind: NoticeBadPattern, Query: r.BadPattern.Pattern, Err: r.BadPattern.Err})
	}
	if r.Rebroadcast && c.table.othersAlive(true) { // nobody is to hear of it when it is over
		c.gossip(now, queueQuery, b)
	}
	if !r.Deliver {
		return nil
	}
	c.recordLTime(RecordQueryClock, r.Event.LTime, &c.recorded.query)
	c.sendReply(now, &r.Ack)
	if r.Internal {
		c.onInternalQuery(now, &r.Event)
		return nil
	}
	c.tell(now) // what happened before
	c.tellApplication(r.Event)
	return nil
}

// onInternalQuery answers what applications never see.
func (c *Cluster) onInternalQuery(now time.Time, e *eventbus.Event) {
	switch e.Name {
	case eventbus.QueryPing: // the ack says it all
	case eventbus.QueryConflict:
		c.onConflictQuery(now, e)
	case eventbus.QueryInstallKey, eventbus.QueryUseKey, eventbus.QueryRemoveKey:
		c.notice(now, Notice{Kind: NoticeKeyQuery, Query: e.Name})
		c.onKeyQuery(now, e)
	case eventbus.QueryListKeys:
		c.notice(now, Notice{Kind: NoticeKeyQuery, Query: e.Name})
		c.onListQuery(now, e)
	default:
		c.counters.QueryUnknown++
	}
}

// onUpdates takes what there is to know of queries that were asked here.
func (c *Cluster) onUpdates(now time.Time) {
	for u, ok := c.queries.Next(); ok; u, ok = c.queries.Next() {
		a := c.asked[u.Query]
		if a == nil {
			continue
		}
		if u.Kind == eventbus.UpdateEnd {
			delete(c.asked, u.Query)
			c.onQueryEnd(now, a, u.End, nil)
			continue
		}
		c.onAnswer(a, &u)
	}
}

func (c *Cluster) onAnswer(a *asked, u *eventbus.QueryUpdate) {
	switch a.purpose {
	case forKeys:
		a.keys.add(u)
	case forConflict:
		a.votes.add(u, c.cfg.source())
	default:
		c.effects = append(c.effects, Effect{Kind: EffectAnswer, Answer: &Answer{
			Token: a.token, Ack: u.Kind == eventbus.UpdateAck, From: u.From, Payload: u.Payload,
		}})
	}
}

// onQueryEnd ends a query; err is why it did not end by itself.
func (c *Cluster) onQueryEnd(now time.Time, a *asked, end eventbus.QueryEnd, err error) {
	switch a.purpose {
	case forKeys:
		if err == nil {
			err = a.keys.err()
		}
		c.done(Done{Token: a.token, Query: end, Keys: a.keys, Err: err})
	case forConflict:
		c.onVerdict(now, &a.votes)
	default:
		c.done(Done{Token: a.token, Query: end, Err: err})
	}
}

// endQueries ends all queries at a shutdown, in the order of their tokens.
func (c *Cluster) endQueries(now time.Time) {
	ended := slices.SortedFunc(maps.Values(c.asked), func(a, b *asked) int { return cmp.Compare(a.token, b.token) })
	clear(c.asked)
	for _, a := range ended {
		if a.purpose != forConflict {
			c.onQueryEnd(now, a, eventbus.QueryEnd{Why: eventbus.EndCancelled}, ErrStopped)
		}
	}
}
