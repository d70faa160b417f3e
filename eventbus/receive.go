package eventbus

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Received is what is to be done about a received query.
type Received struct {
	// Event is the query, of interest when Deliver is set. Internal tells that it is not for applications.
	Event             Event
	Deliver, Internal bool
	// Rebroadcast says that the message is to be gossiped on as it came.
	Rebroadcast bool
	// BadPattern is the expression in a filter that kept the query from this member because it is none.
	BadPattern *PatternError
	// Ack is to be sent unless its Message is nil.
	Ack Reply
}

// Reply is an ack or response that is to be sent. Its slices are valid until the next call.
type Reply struct {
	// To and Node are where it goes.
	To   netip.AddrPort
	Node string
	// Message goes there directly; over a stream when Stream is set, else in a packet of its own.
	Message []byte
	Stream  bool
	// Self tells that it is for this member, which asked itself and can take Message with HandleResponse at once.
	Self bool
	// Relay goes to Relays other members besides, which AppendRelays chooses; nil when it goes to none.
	Relay  []byte
	Relays int
}

// openQuery is a received query that may still be responded to.
type openQuery struct {
	deadline time.Time
	to       netip.AddrPort
	node     string
	relays   uint8
	answered bool
}

// Receive takes a query message, type byte first, on a member with these tags. It fails with a *DecodeError, ErrLTime or
// ErrMomentFull; of these only the last may have moved the clock. What is no news, or not for this member, is only
// counted.
func (q *Queries) Receive(now time.Time, message []byte, tags map[string]string) (Received, error) {
	m, err := DecodeQuery(message)
	if err != nil {
		q.stats.Malformed++
		return Received{}, err
	}
	news, err := q.take(&m)
	if !news || err != nil {
		return Received{}, err
	}
	r := Received{Rebroadcast: m.Flags&FlagNoBroadcast == 0}
	var through bool
	if through, r.BadPattern = q.matcher.match(m.Filters, q.cfg.Name, tags); !through {
		q.stats.Filtered++
		return r, nil
	}
	r.Deliver = true
	r.Event = Event{
		Type: Query, LTime: m.LTime, ID: m.ID, From: string(m.SourceNode), Deadline: now.Add(m.Timeout),
		Name: q.counts.add(m.Name), Payload: bytes.Clone(m.Payload),
	}
	r.Internal = IsInternal(r.Event.Name)
	o := &openQuery{deadline: r.Event.Deadline, to: m.Source(), node: r.Event.From, relays: m.RelayFactor}
	q.keepOpen(now, r.Event.QueryID(), o)
	if m.Flags&FlagAck != 0 {
		if !q.knows(o) {
			q.stats.AckRefused++
			return r, nil
		}
		r.Ack = q.reply(o, &ResponseMessage{LTime: m.LTime, ID: m.ID, From: []byte(q.cfg.Name), Flags: FlagAck})
	}
	return r, nil
}

// take decides whether m is news and remembers it.
func (q *Queries) take(m *QueryMessage) (bool, error) {
	if !q.clock.Witness(m.LTime) {
		q.stats.LTimeRefused++
		return false, fmt.Errorf("eventbus: query %q: %w: %d at %d", m.Name, ErrLTime, m.LTime, q.clock.Time())
	}
	switch {
	case m.LTime < q.min:
		q.stats.BelowMin++
		return false, nil
	case !q.history.covers(q.clock.Time(), m.LTime):
		q.stats.Old++
		return false, nil
	}
	now := q.history.place(m.LTime)
	if now.ltime != m.LTime {
		now.reset(m.LTime)
	}
	switch {
	case slices.Contains(now.seen, m.ID):
		q.stats.Duplicate++
		return false, nil
	case len(now.seen) >= PerTimeMax:
		q.stats.MomentFull++
		return false, fmt.Errorf("eventbus: query %q: %w", m.Name, ErrMomentFull)
	}
	now.seen = append(now.seen, m.ID)
	q.stats.Received++
	return true, nil
}

// keepOpen remembers o for Respond, forgetting queries whose time is over and, if there are still too many, the oldest.
func (q *Queries) keepOpen(now time.Time, id QueryID, o *openQuery) {
	for q.openOrder.len() > 0 {
		oldest := q.openOrder.peek()
		if expired := !now.Before(q.open[oldest].deadline); !expired {
			if q.openOrder.len() < q.cfg.OpenMax {
				break
			}
			q.stats.Forgotten++
		}
		q.openOrder.next()
		delete(q.open, oldest)
	}
	q.open[id] = o
	q.openOrder.put(id)
}

// knows reports whether o's answers may be sent.
func (q *Queries) knows(o *openQuery) bool {
	return o.to.IsValid() && (q.cfg.Known == nil || q.isSelf(o.node, o.to) || q.cfg.Known(o.node, o.to))
}

// isSelf reports whether that is the local member.
func (q *Queries) isSelf(node string, addr netip.AddrPort) bool {
	return node == q.cfg.Name && sameAddr(addr, q.cfg.Source)
}
