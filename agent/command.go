package agent

import (
	"context"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/membership/coordinate"
)

const (
	// commandsMax is how many commands wait for the loop; further ones are refused.
	commandsMax = 64
	// unfinishedMax is how many commands may be under way in the machine; further ones are refused.
	unfinishedMax = 256
)

// commandKind says what a command does and which of its fields count.
type commandKind uint8

const (
	commandJoin       commandKind = iota + 1 // targets, ignoreOld
	commandLeave                             //
	commandForceLeave                        // node, prune
	commandSetTags                           // tags
	commandStats                             //
	commandUpdateTags                        // tags, remove
	commandUserEvent                         // name, payload, coalesce
	commandQuery                             // params, query
	commandCancel                            // token
	commandRespond                           // id, payload
	commandKey                               // op, key
	commandCoordinate                        // node
	commandSeeds                             // targets
)

// command is a wish of a caller, handed to the loop by value. It gets exactly one result unless the loop ends first.
type command struct {
	kind      commandKind
	ctx       context.Context
	reply     chan<- result // has room for one: the loop never waits for a caller
	targets   []membership.Target
	ignoreOld bool
	node      string
	prune     bool
	tags      map[string]string
	remove    []string
	name      string
	payload   []byte
	coalesce  bool
	params    QueryParams
	query     *Query
	token     membership.Token
	id        eventbus.QueryID
	op        keyOp
	key       []byte
}

// result is the outcome of a command.
type result struct {
	err   error
	done  membership.Done
	stats *membership.Stats
	query eventbus.QueryID
	coord coordinate.Coordinate
	known bool // coord counts
}

// do hands c to the loop and waits for its result. It fails with ErrBusy when the loop has too much to do, ErrClosed when the
// agent has ended or ends meanwhile, or the error of ctx.
func (a *Agent) do(ctx context.Context, c command) (result, error) {
	select {
	case <-a.stopped:
		return result{}, ErrClosed
	default:
	}
	reply := make(chan result, 1)
	c.ctx, c.reply = ctx, reply
	select {
	case a.commands <- c:
	default:
		a.counters.commandsRefused.Add(1)
		return result{}, ErrBusy
	}
	select {
	case r := <-reply:
		return r, r.err
	case <-ctx.Done():
		return result{}, ctx.Err()
	case <-a.stopped:
	}
	select {
	case r := <-reply: // answered by the loop's last act
		return r, r.err
	default:
		return result{}, ErrClosed
	}
}

// onCommand starts c. Its result follows at once or with the Done effect of its token. A command without a reply channel is
// of no further interest to anybody.
func (l *loop) onCommand(now time.Time, c command) {
	if err := c.ctx.Err(); err != nil {
		l.answer(c.reply, result{err: err})
		return
	}
	if c.kind.atOnce() {
		l.answer(c.reply, l.finish(now, c))
		return
	}
	if len(l.unfinished) >= unfinishedMax {
		l.agent.counters.commandsRefused.Add(1)
		l.answer(c.reply, result{err: ErrBusy})
		return
	}
	l.token++
	l.unfinished[l.token] = c.reply
	if err := l.begin(now, l.token, c); err != nil {
		delete(l.unfinished, l.token)
		l.answer(c.reply, result{err: err})
	}
}

// atOnce reports whether a command of this kind is over when the machine has taken it.
func (k commandKind) atOnce() bool {
	switch k {
	case commandStats, commandUserEvent, commandQuery, commandCancel, commandRespond, commandCoordinate, commandSeeds:
		return true
	}
	return false
}

// finish gives a command that is over at once to the machine.
func (l *loop) finish(now time.Time, c command) (r result) {
	switch c.kind {
	case commandStats:
		s := l.cluster.Stats()
		r.stats = &s
	case commandUserEvent:
		r.err = l.cluster.UserEvent(now, c.name, c.payload, c.coalesce)
	case commandQuery:
		r.query, r.err = l.ask(now, c.query, c.params)
	case commandCancel:
		l.cancel(now, c.token)
	case commandRespond:
		r.err = l.cluster.Respond(now, c.id, c.payload)
	case commandSeeds:
		l.cluster.SetSeeds(now, c.targets)
	case commandCoordinate:
		r.coord, r.known = l.coordinate(c.node)
	}
	return r
}

// begin gives c to the machine. After an error no Done follows.
func (l *loop) begin(now time.Time, tok membership.Token, c command) error {
	switch c.kind {
	case commandJoin:
		return l.cluster.Join(now, tok, c.targets, c.ignoreOld)
	case commandLeave:
		return l.cluster.Leave(now, tok)
	case commandForceLeave:
		return l.cluster.ForceLeave(now, tok, c.node, c.prune)
	case commandSetTags:
		return l.cluster.SetTags(now, tok, c.tags)
	case commandUpdateTags:
		return l.cluster.SetTags(now, tok, changed(l.cluster.Tags(), c.tags, c.remove))
	case commandKey:
		return l.changeKeys(now, tok, c.op, c.key)
	}
	panic("agent: command of no kind")
}

// onDone ends the command that done belongs to.
func (l *loop) onDone(done membership.Done) {
	if q, ok := l.queries[done.Token]; ok {
		delete(l.queries, done.Token)
		q.finish(ended(done.Err))
		return
	}
	reply, ok := l.unfinished[done.Token]
	if !ok {
		return
	}
	delete(l.unfinished, done.Token)
	l.answer(reply, result{err: done.Err, done: done})
}

// answer keeps r until the view that shows its effect is published.
func (l *loop) answer(reply chan<- result, r result) {
	if reply != nil {
		l.answers = append(l.answers, answer{reply: reply, result: r})
	}
}

// answer is a result on its way.
type answer struct {
	reply  chan<- result
	result result
}
