package agent

import (
	"context"
	"errors"
	"time"

	"serf/agent/journal"
	"serf/membership"
	"serf/swim"
	"serf/transport"
	"serf/transport/envelope"
)

const (
	// outgoingMax is how many packets are gathered for one write.
	outgoingMax = 64
	// outgoingKeepBytes is how much of the buffer of outgoing packets is kept for the next turn.
	outgoingKeepBytes = 128 << 10
	// reportRoundsMax bounds how often in one turn failed packets may lead to further packets; what fails then waits for
	// the next turn.
	reportRoundsMax = 8
	// lateMax is how late the timer may be before the process must have stood still.
	lateMax = 500 * time.Millisecond
	// lateWait is how long the reader of packets then gets before what is due fires.
	lateWait = 20 * time.Millisecond
	// dialsMax is how many streams the member may have open to others at once.
	dialsMax = 256
)

// errDials is why an exchange beyond dialsMax fails.
var errDials = errors.New("too many streams open")

// loop is the goroutine that owns the machine, and everything that only it may touch.
type loop struct {
	agent   *Agent
	cluster *membership.Cluster
	self    local
	sealer  *envelope.Sealer
	timer   *time.Timer
	armed   time.Time // what timer is set to; zero: it is not
	last    time.Time // the latest time that the machine knows
	putOff  time.Time // the timer was very late, and what is due waits until then; zero: it does not

	mail     mail // the buffer that the inbox does not fill
	outgoing []transport.Outgoing
	probes   []uint32 // of outgoing, index by index
	sealed   []byte   // bytes of outgoing
	unsent   []uint32 // probes whose packet could not be written, still to be reported

	accepted map[swim.Exchange]chan<- response
	dialed   map[swim.Exchange]context.CancelFunc
	refused  []swim.Exchange // dials beyond dialsMax, still to be reported

	token      membership.Token
	unfinished map[membership.Token]chan<- result
	answers    []answer
	queries    map[membership.Token]*Query // that run
	unwanted   []membership.Token          // of them, closed by their readers, still to be cancelled
	stored     []stored                    // changes of keys still to be reported
	limits     limits
}

func newLoop(a *Agent, c *membership.Cluster, self local) *loop {
	l := &loop{
		agent:      a,
		cluster:    c,
		self:       self,
		sealer:     newSealer(a.envelope),
		timer:      time.NewTimer(time.Hour),
		accepted:   make(map[swim.Exchange]chan<- response),
		dialed:     make(map[swim.Exchange]context.CancelFunc),
		unfinished: make(map[membership.Token]chan<- result),
		queries:    make(map[membership.Token]*Query),
	}
	l.timer.Stop()
	return l
}

// run feeds the machine until Shutdown.
func (l *loop) run() {
	defer close(l.agent.stopped)
	defer func() { l.timer.Stop() }()
	for {
		select {
		case <-l.agent.in.ready:
			l.onMail()
		case e := <-l.agent.arrivals:
			l.onArrival(l.feed(time.Now()), e)
		case s := <-l.agent.storedKeys:
			l.cluster.KeysStored(l.feed(time.Now()), s.generation, s.err)
		case c := <-l.agent.commands:
			l.onCommand(l.feed(time.Now()), c)
		case <-l.timer.C:
			l.onTimer(time.Now())
		case <-l.agent.stopping:
			l.end(l.feed(time.Now()))
			return
		}
		l.agent.turns.Add(1)
		l.settle(l.feed(time.Now()))
	}
}

// onTimer fires what is due. Acks that have come are fed before: they may have come in time although the loop did not. When
// the timer is very late, the whole process stood still; then its peers' packets wait in the socket, and the reader gets a
// moment to bring them before anybody is blamed.
func (l *loop) onTimer(now time.Time) {
	late := now.Sub(l.armed)
	l.armed = time.Time{}
	select {
	case <-l.agent.in.ready:
		l.onMail()
	default:
	}
	if late > lateMax && l.putOff.IsZero() {
		l.putOff = now.Add(lateWait)
		l.agent.log.Limited("late", journal.Warn, "agent", "this process did not run for %v", late.Round(time.Millisecond))
		return
	}
	l.putOff = time.Time{}
	l.cluster.HandleDeadline(l.feed(now))
}

// feed notes the time of an input and returns it, or that of an earlier input if that is later: the machine's time does not
// run backwards, but packets are timed by another goroutine.
func (l *loop) feed(now time.Time) time.Time {
	if now.Before(l.last) {
		return l.last
	}
	l.last = now
	return now
}

// onMail feeds all messages that have come.
func (l *loop) onMail() {
	l.mail = l.agent.in.swap(l.mail)
	start := 0
	for _, m := range l.mail.letters {
		body := l.mail.body[start:m.end]
		start = m.end
		if err := l.cluster.HandlePacket(l.feed(m.at), m.from, body); err != nil {
			l.agent.onBadMessage(m.from, err)
		}
		l.drain()
	}
}

// settle ends a turn: what the machine wants done is done, readers see its new state, and the timer is set.
func (l *loop) settle(now time.Time) {
	l.drain()
	for range reportRoundsMax {
		l.flush()
		if !l.report(now) {
			break
		}
	}
	l.publish()
	l.limits.watch(now, l)
	l.arm(now)
}

// report tells the machine what became of effects in this turn: packets and dials that could not even leave, queries that
// nobody wants any more, keys that need no file. It says whether there were any.
func (l *loop) report(now time.Time) bool {
	unsent, refused, unwanted, stored := l.unsent, l.refused, l.unwanted, l.stored
	l.unsent, l.refused, l.unwanted, l.stored = nil, nil, nil, nil
	for _, probe := range unsent {
		l.cluster.HandleUnsent(now, probe)
		l.drain()
	}
	for _, x := range refused {
		l.cluster.HandleFailure(now, x, errDials)
		l.drain()
	}
	for _, token := range unwanted {
		l.cancel(now, token)
		l.drain()
	}
	for _, s := range stored {
		l.cluster.KeysStored(now, s.generation, s.err)
		l.drain()
	}
	return len(unsent)+len(refused)+len(unwanted)+len(stored) > 0
}

// drain does what the machine wants done. It must follow every input: the bytes of effects live until the next one.
func (l *loop) drain() {
	for {
		e, ok := l.cluster.NextEffect()
		if !ok {
			return
		}
		switch e.Kind {
		case membership.EffectWire:
			l.onWire(&e.Wire)
		case membership.EffectEvent:
			logEvent(l.agent.log, e.Event)
			l.agent.heard.count(e.Event)
			l.agent.subscribers.publish(e.Event)
		case membership.EffectNotice:
			logNotice(l.agent.log, l.self, *e.Notice)
		case membership.EffectDone:
			l.onDone(*e.Done)
		case membership.EffectAnswer:
			l.onAnswer(*e.Answer)
		case membership.EffectKeys:
			l.onKeys(*e.Keys)
		case membership.EffectPersist:
			l.agent.snapshot.append(e.Record)
		case membership.EffectConflictLost:
			l.agent.fail(ErrNameConflict)
		}
	}
}

func (l *loop) onWire(e *swim.Effect) {
	switch e.Kind {
	case swim.EffectPacket:
		l.onPacket(e)
	case swim.EffectDial:
		l.onDial(e)
	case swim.EffectReply:
		l.onReply(e)
	case swim.EffectClose:
		l.onClose(e.Exchange)
	}
}

// onPacket seals a packet and keeps it for the next flush.
func (l *loop) onPacket(e *swim.Effect) {
	start := len(l.sealed)
	sealed, err := l.sealer.SealPacket(l.sealed, l.agent.Keyring(), e.Batch.Body, e.Batch.Sizes, e.Checksum)
	if err != nil {
		l.agent.counters.packetsUnsealed.Add(1)
		l.agent.log.Limited("seal", journal.Err, "memberlist", "cannot seal a packet: %v", err)
		return
	}
	l.agent.countSealed()
	l.sealed = sealed
	l.outgoing = append(l.outgoing, transport.Outgoing{To: e.To, Data: sealed[start:len(sealed):len(sealed)]})
	l.probes = append(l.probes, e.Probe)
	if len(l.outgoing) == outgoingMax {
		l.flush()
	}
}

// flush writes the gathered packets.
func (l *loop) flush() {
	if len(l.outgoing) == 0 {
		return
	}
	failed, err := l.agent.transport.WriteBatch(l.outgoing)
	if failed > 0 {
		l.agent.counters.packetsUnsent.Add(uint64(failed))
		l.agent.log.Limited("write", journal.Err, "memberlist", "failed to send a packet: %v", err)
	}
	for i := range l.outgoing {
		if l.outgoing[i].Err != nil && l.probes[i] != 0 {
			l.unsent = append(l.unsent, l.probes[i])
		}
		l.outgoing[i] = transport.Outgoing{}
	}
	l.outgoing, l.probes, l.sealed = l.outgoing[:0], l.probes[:0], l.sealed[:0]
	if cap(l.sealed) > outgoingKeepBytes {
		l.sealed = nil
	}
}

// publish shows readers the state that the machine is in now, and then lets the callers go on whose commands brought it there.
func (l *loop) publish() {
	v := l.cluster.View()
	if old := l.agent.view.Load(); old == nil || old.Generation != v.Generation {
		l.agent.view.Store(v)
	}
	for i, a := range l.answers {
		a.reply <- a.result
		l.answers[i] = answer{}
	}
	l.answers = l.answers[:0]
}

// arm sets the timer to the machine's next deadline if that has moved. A timer that is put off is thrown away: the runtime
// would keep its old time too and wake the process up for nothing, which an idle member would do after each of its probes.
func (l *loop) arm(now time.Time) {
	at, _ := l.cluster.NextDeadline()
	if !l.putOff.IsZero() {
		at = l.putOff
	}
	if at.Equal(l.armed) {
		return
	}
	later := !l.armed.IsZero() && at.After(l.armed)
	l.armed = at
	switch {
	case at.IsZero():
		l.timer.Stop()
	case later:
		l.timer.Stop()
		l.timer = time.NewTimer(at.Sub(now))
	default:
		l.timer.Reset(at.Sub(now))
	}
}

// end is the loop's last act: the machine is shut, packets that it still holds are not sent.
func (l *loop) end(now time.Time) {
	if l.agent.View().State != membership.LifeLeft {
		l.agent.log.Printf(journal.Warn, "serf", "Shutdown without a Leave")
	}
	if n := l.cluster.Stats().EventsWaiting; n > 0 {
		l.agent.log.Printf(journal.Warn, "agent", "%d user events were accepted but not sent, since this agent ends", n)
	}
	l.cluster.Shutdown(now)
	l.drain()
	l.outgoing, l.probes = nil, nil
	for x := range l.accepted {
		l.onClose(x)
	}
	for x := range l.dialed {
		l.onClose(x)
	}
	for _, q := range l.queries {
		q.finish(ErrClosed)
	}
	l.publish()
}
