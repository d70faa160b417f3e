package swim

import (
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"time"
)

// ErrIncompatible is why a push/pull is refused whose sender speaks other protocol versions.
var ErrIncompatible = errors.New("incompatible protocol versions")

// pushPullUnscaled is up to which cluster size push/pulls happen once per interval.
const pushPullUnscaled = 32

// armPushPull arms the next periodic push/pull when there is somebody to have it with.
func (n *Node) armPushPull() {
	if n.hold.pushPull || n.timers.armed(TimerPushPull) || n.cfg.PushPullInterval == 0 || n.others() == 0 {
		return
	}
	n.timers.arm(TimerPushPull, n.now+n.rng.Int64N(int64(n.cfg.PushPullInterval)))
}

// pushPullScale returns how many intervals lie between two push/pulls of one node, so that the whole cluster's do not
// grow with its square.
func pushPullScale(members int) int {
	if members <= pushPullUnscaled {
		return 1
	}
	return 1 + bits.Len(uint(members-1)/pushPullUnscaled)
}

// firePushPull exchanges states with a random alive member.
func (n *Node) firePushPull() {
	if n.others() == 0 {
		return
	}
	n.timers.arm(TimerPushPull, n.now+int64(n.cfg.PushPullInterval)*int64(pushPullScale(n.table.Len())))
	n.hurries = max(0, n.hurries-1)
	n.hurryPushPull()
	n.targetScratch = n.chooseAnswering(n.targetScratch[:0], 1, func(member uint32, r record) bool {
		return r.status() == Alive && member != n.self
	})
	if len(n.targetScratch) == 0 || len(n.exchanges) >= n.cfg.ExchangesMax {
		return
	}
	info := n.dir.info(n.table.Get(n.targetScratch[0]).info())
	n.pushPull(exchangePushPull, info.Addr, info.Name)
}

// pushPull dials the given address with the local state. The caller has checked that there is room.
func (n *Node) pushPull(kind exchangeKind, to netip.AddrPort, name string) Exchange {
	x, _ := n.open(exchange{kind: kind, to: to})
	n.stats.PushPulls++
	known, _ := n.Lookup(name)
	n.out.event(Event{Kind: EventPushPull, Info: known.Info, From: to, Exchange: x})
	n.dial(x, to, name).State = n.localState(kind == exchangeJoin)
	return x
}

// localState returns everything this node knows.
func (n *Node) localState(join bool) *State { return &State{Join: join, Members: n.View().Members} }

// HandleState takes a push/pull: the request of an accepted stream, which is answered with the state from before, or the
// reply on a dialled one. It is then merged, if the peer's versions allow it and, for a join, the application does. The
// error says why not; then the table has not changed. A dialled exchange is over in any case.
func (n *Node) HandleState(now time.Time, x Exchange, s *State) error {
	n.begin(now)
	defer n.settle()
	if x&1 == 1 {
		n.stats.PushPullsServed++
		e := n.out.add(EffectReply)
		e.Exchange, e.State = x, n.localState(s.Join)
		return n.merge(s, s.Join)
	}
	e, ok := n.take(x)
	if !ok {
		return nil
	}
	err := fmt.Errorf("swim: %w (push/pull)", ErrReply)
	if e.kind == exchangeJoin || e.kind == exchangePushPull {
		err = n.merge(s, e.kind == exchangeJoin)
	}
	n.complete(x, e, err)
	return err
}

// merge applies what a peer says about all members it knows.
func (n *Node) merge(s *State, join bool) error {
	if err := n.compatible(s); err != nil {
		n.stats.MergeIncompatible++
		return err
	}
	if join && n.cfg.AdmitMerge != nil {
		if err := n.cfg.AdmitMerge(s.Members); err != nil {
			n.stats.MergeRefused++
			return errors.Join(fmt.Errorf("swim: push/pull: %w", ErrAdmit), err)
		}
	}
	n.beginLearning()
	if n.mergeSame(s) {
		return nil
	}
	learned, skipped, quiet := 0, 0, n.learnsQuietly(s)
	known := n.walk()
	for i := range s.Members {
		m := &s.Members[i]
		if !n.speaks(m) {
			skipped++
			continue
		}
		if known.has(m) {
			n.stats.AliveOldIncarnation++
			continue
		}
		before := n.table.Len()
		n.mergeMember(m, quiet)
		learned += n.table.Len() - before
	}
	n.taught(learned, s)
	n.stats.MergeSkipped += uint64(skipped)
	if skipped > 0 {
		n.degraded(fmt.Errorf("%w of %d members", ErrIncompatible, skipped), "push/pull", "")
	}
	return nil
}

// mergeMember applies one line. A remote "dead" is only believed as a suspicion, so that the member may refute; a leave is
// its own word.
func (n *Node) mergeMember(m *MemberState, quiet bool) {
	switch m.Status {
	case Alive:
		if n.knows(m) {
			n.stats.AliveOldIncarnation++
			return
		}
		n.alive(&claim{name: m.Info.Name, incarnation: m.Incarnation, addr: n.receivedPort(m.Info.Addr), meta: m.Info.Meta,
			versions: m.Info.Versions, quiet: quiet})
	case Left:
		if member, ok := n.dir.find(m.Info.Name); ok {
			n.nameScratch = append(n.nameScratch[:0], m.Info.Name...)
			n.dead(member, accusation{incarnation: m.Incarnation, from: n.nameScratch})
		}
	case Dead, Suspect:
		if member, ok := n.dir.find(m.Info.Name); ok {
			n.suspect(member, accusation{incarnation: m.Incarnation, from: n.name})
		}
	}
}

// knows reports whether the table holds just what m says, as it nearly always does.
func (n *Node) knows(m *MemberState) bool {
	member, ok := n.dir.find(m.Info.Name)
	if !ok || member == n.self {
		return false
	}
	r := n.table.Get(member)
	return r.known() && r.incarnation() == m.Incarnation && n.dir.info(r.info()) == m.Info
}

// speaks reports whether what a peer says about m may be merged: the member must speak versions that this node
// understands and, when it is alive, understand what this node speaks. A missing or senseless version fails that, so
// that one such entry is passed over instead of blocking all exchanges.
func (n *Node) speaks(m *MemberState) bool {
	v, own := m.Info.Versions, n.versions
	switch {
	case m.Status > Left || !v.Valid():
		return false
	case !within(v[2], own[0], own[1]) || !within(v[5], own[3], own[4]):
		return false
	case m.Status == Alive:
		return within(own[2], v[0], v[1]) && within(own[5], v[3], v[4])
	}
	return true
}

func within(v, least, most uint8) bool { return least <= v && v <= most }

// compatible refuses a push/pull of which no alive member could be merged: the peer itself is among them. Which line is
// the peer's is not told.
func (n *Node) compatible(s *State) error {
	alive := 0
	for i := range s.Members {
		m := &s.Members[i]
		if m.Status != Alive {
			continue
		}
		if n.speaks(m) {
			return nil
		}
		alive++
	}
	if alive == 0 {
		return nil
	}
	return fmt.Errorf("swim: push/pull: %w (all %d alive members)", ErrIncompatible, alive)
}
