package membership

import (
	"errors"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// drain takes everything the failure detector wants: effects for the driver pass on, events are handled. No input goes
// to the failure detector meanwhile, since the bytes of its effects are valid only until then.
func (c *Cluster) drain(now time.Time) {
	if c.effects == nil && c.shared != nil {
		c.effects, c.shared.effects = c.shared.effects, nil
	}
	for {
		e, ok := c.node.NextEffect()
		if !ok {
			return
		}
		switch e.Kind {
		case swim.EffectEvent:
			c.onSwim(now, &e.Event)
			continue
		case swim.EffectDial, swim.EffectReply:
			e.State = c.withUserPart(now, e.State)
			c.stirred = true
		}
		c.effects = append(c.effects, Effect{Kind: EffectWire, Wire: e})
	}
}

// onSwim dispatches one event of the failure detector.
func (c *Cluster) onSwim(now time.Time, e *swim.Event) {
	if e.Kind == swim.EventPinged {
		c.onPinged(e)
		return
	}
	c.stirred = true
	switch e.Kind {
	case swim.EventJoin:
		if err := c.table.onJoin(c.at(now), e.Info); err != nil {
			c.notice(now, Notice{Kind: NoticeDropped, Err: err})
		}
		c.tell(now)
	case swim.EventLeave:
		c.table.onLeave(c.at(now), e.Info.Name)
		c.tell(now)
	case swim.EventUpdate:
		c.table.onUpdate(e.Info)
		c.tell(now)
	case swim.EventUser:
		c.onMessage(now, e.Payload)
	case swim.EventExchange:
		c.finished = append(c.finished, *e)
	case swim.EventLeft:
		c.onLeft(now)
	case swim.EventMetaSent:
		c.onMetaSent()
	case swim.EventConflict:
		c.onConflict(now, e)
	default:
		c.notice(now, Notice{Kind: NoticeSwim, Swim: *e})
	}
}

// settle ends every input: what it led to in other parts of the machine is done, and timers are armed.
func (c *Cluster) settle(now time.Time) {
	c.tell(now)
	c.finishExchanges(now)
	c.tell(now)
	c.onSent(now)
	c.pace(now)
	c.startVote(now)
	c.onUpdates(now)
	c.arm(now)
	c.userPart = nil
	c.stirred = false
	c.due, c.dueWhy = c.nextOwn()
}

// rest ends an input that went to the failure detector: most come to a packet or the end of a probe, and there is nothing to
// settle. While messages are on their way whose end something waits for, any packet may be the last that carries one.
func (c *Cluster) rest(now time.Time) {
	if c.stirred || c.underWay > 0 || c.pacer.Len() > 0 || len(c.waits) > 0 || c.leave.step != leaveNot {
		c.settle(now)
	}
}

// tell passes on what changed in the table: to the log at once, to applications through the coalescer, and own join
// intents to the queue.
func (c *Cluster) tell(now time.Time) {
	for _, change := range c.table.changes {
		c.notice(now, Notice{Kind: NoticeMember, Type: change.typ, Member: change.member, Forced: change.forced})
		c.onChange(change)
		c.coalescer.Push(now, eventbus.Event{Type: change.typ, Members: []*Member{change.member}})
	}
	clear(c.table.changes)
	c.table.changes = c.table.changes[:0]
	for _, ltime := range c.table.announced {
		c.scratch = appendJoin(c.scratch[:0], joinIntent{LTime: ltime, Node: c.table.local})
		c.gossip(now, queueIntent, c.scratch)
	}
	c.table.announced = c.table.announced[:0]
	c.tellApplications()
}

// onChange lets the other parts of the machine know of a member event.
func (c *Cluster) onChange(change changed) {
	switch change.typ {
	case eventbus.MemberLeave, eventbus.MemberFailed, eventbus.MemberReap:
		c.queries.Lost(change.member.Name)
	}
	if change.typ == eventbus.MemberReap && c.coordinates != nil {
		c.coordinates.Forget(change.member.Name)
	}
	c.recordMember(change)
	c.noteLost(change)
}

// tellApplications passes on what the coalescers let go.
func (c *Cluster) tellApplications() {
	for e, ok := c.coalescer.Next(); ok; e, ok = c.coalescer.Next() {
		c.tellApplication(e)
	}
	for e, ok := c.userCoalescer.Next(); ok; e, ok = c.userCoalescer.Next() {
		c.tellApplication(e)
	}
}

func (c *Cluster) tellApplication(e eventbus.Event) {
	c.effects = append(c.effects, Effect{Kind: EffectEvent, Event: e})
}

func (c *Cluster) notice(now time.Time, n Notice) {
	n.At = now
	c.effects = append(c.effects, Effect{Kind: EffectNotice, Notice: &n})
}

func (c *Cluster) done(d Done) {
	c.effects = append(c.effects, Effect{Kind: EffectDone, Done: &d})
}

// onMessage dispatches one Serf message that came as a user message.
func (c *Cluster) onMessage(now time.Time, b []byte) {
	if len(b) == 0 {
		c.counters.MessageEmpty++
		return
	}
	var err error
	switch messageType(b[0]) {
	case typeLeave:
		err = c.onLeaveMessage(now, b)
	case typeJoin:
		err = c.onJoinMessage(now, b)
	case typeUserEvent, typeQuery:
		if !c.holdBack(now, b) {
			c.onApplicationMessage(now, now, b)
		}
		return
	case typeQueryResponse:
		err = c.queries.HandleResponse(now, b)
	case typeRelay:
		err = c.onRelay(now, b)
	default:
		c.counters.MessageUnknown++
		err = &DecodeError{Message: "message", Err: ErrMessageType}
	}
	c.refuse(now, err)
}

// onApplicationMessage takes in a user event or query that came at the given time.
func (c *Cluster) onApplicationMessage(now, came time.Time, b []byte) {
	if messageType(b[0]) == typeUserEvent {
		c.refuse(now, c.onUserMessage(now, b))
		return
	}
	c.refuse(now, c.onQueryMessage(now, came, b))
}

// refuse counts and tells why a message was ignored, unless err is nil.
func (c *Cluster) refuse(now time.Time, err error) {
	if err == nil {
		return
	}
	if malformed(err) {
		c.counters.MessageMalformed++
	}
	c.notice(now, Notice{Kind: NoticeDropped, Err: err})
}

// malformed reports whether err says that a message of a known type could not be read.
func malformed(err error) bool {
	ours, theirs := (*DecodeError)(nil), (*eventbus.DecodeError)(nil)
	return errors.As(err, &ours) && !errors.Is(err, ErrMessageType) || errors.As(err, &theirs)
}

func (c *Cluster) onLeaveMessage(now time.Time, b []byte) error {
	m, err := decodeLeave(b)
	if err != nil {
		return err
	}
	c.find(m.Node)
	relay, err := c.table.leaveIntent(c.at(now), m.LTime, m.Node, m.Prune)
	c.tell(now)
	if relay {
		c.gossip(now, queueIntent, b)
	}
	return err
}

func (c *Cluster) onJoinMessage(now time.Time, b []byte) error {
	m, err := decodeJoin(b)
	if err != nil {
		return err
	}
	relay, err := c.table.joinIntent(c.at(now), m.LTime, m.Node)
	c.tell(now)
	if relay {
		c.gossip(now, queueIntent, b)
	}
	return err
}
