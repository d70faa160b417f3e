package swim

import (
	"math"
	"time"
)

// suspicion is the time a suspect has got to refute. It begins long and shrinks with each further accuser: who is alone
// with its opinion may be the one that has a problem (Lifeguard §IV-B).
//
// Invariants: confirmed ≤ wanted; accusers holds the first accuser and one name for each confirmation; timer is armed.
type suspicion struct {
	start     int64
	min, max  time.Duration
	wanted    int // confirmations after which it lasts min
	confirmed int
	accusers  []string
	timer     handle
}

// startSuspicion begins the suspicion of a member that has just become suspect.
func (n *Node) startSuspicion(member uint32, accuser string) {
	s := newSuspicion(&n.cfg, n.table.Len(), n.now, accuser)
	s.timer = n.timers.start(TimerSuspicion, member, s.end())
	n.suspicions[member] = s
}

func newSuspicion(cfg *Config, members int, now int64, accuser string) *suspicion {
	s := &suspicion{start: now, accusers: []string{accuser}}
	s.min = suspicionTimeout(cfg.SuspicionMult, members, cfg.ProbeInterval)
	s.max = time.Duration(cfg.SuspicionMaxTimeoutMult) * s.min
	// In a cluster too small to provide the confirmations nobody waits for them.
	if s.wanted = cfg.SuspicionMult - 2; members-2 < s.wanted || cfg.Variant.NoConfirmations {
		s.wanted = 0
	}
	s.wanted = max(s.wanted, 0)
	return s
}

// end returns when the suspicion is over.
func (s *suspicion) end() int64 {
	if s.wanted < 1 {
		return s.start + int64(s.min)
	}
	return s.start + int64(suspicionTotal(s.confirmed, s.wanted, s.min, s.max))
}

// confirm takes an accuser that was not heard before and reports whether it counts.
func (s *suspicion) confirm(from []byte) bool {
	if s.confirmed >= s.wanted {
		return false
	}
	for _, known := range s.accusers {
		if known == string(from) {
			return false
		}
	}
	s.accusers = append(s.accusers, string(from))
	s.confirmed++
	return true
}

// dropSuspicion forgets the suspicion of a member.
func (n *Node) dropSuspicion(member uint32) {
	n.timers.stop(n.suspicions[member].timer)
	delete(n.suspicions, member)
}

// overdue is how late a verdict may be before it must be the local node that was stopped or starved.
func (n *Node) overdue() int64 {
	if n.cfg.Variant.TrustLate {
		return math.MaxInt64
	}
	return max(int64(n.cfg.ProbeInterval), int64(time.Second))
}

// fireSuspicion declares dead who did not refute in time. Its timer is stopped already. If this node was stopped when the
// time was up, a refutation may wait in its socket: the suspect gets the time to be heard.
func (n *Node) fireSuspicion(member uint32, late int64) {
	s := n.suspicions[member]
	if late > n.overdue() {
		n.stats.SuspicionsPutOff++
		s.timer = n.timers.start(TimerSuspicion, member, n.now+n.overdue())
		return
	}
	delete(n.suspicions, member)
	r := n.table.Get(member)
	n.stats.SuspicionsExpired++
	if s.confirmed < s.wanted {
		n.stats.SuspicionsDegraded++
	}
	n.out.event(Event{Kind: EventSuspicionExpired, Info: n.dir.info(r.info()), Confirmations: s.confirmed})
	n.dead(member, accusation{incarnation: r.incarnation(), from: n.name, local: true})
}

// suspicionTimeout returns how long a suspect has got at least:
//
//	mult · max(1, log10 members) · interval
//
// with the logarithm cut to three decimals, as reference peers do, so that all agree to the nanosecond.
func suspicionTimeout(mult, members int, interval time.Duration) time.Duration {
	scale := max(1, math.Log10(max(1, float64(members))))
	return time.Duration(mult) * time.Duration(scale*1000) * interval / 1000
}

// suspicionTotal returns how long a suspicion lasts in all with n of k confirmations: from most, with none, down to
// least, with all, on a logarithmic scale and in whole milliseconds.
func suspicionTotal(n, k int, least, most time.Duration) time.Duration {
	share := math.Log(float64(n)+1) / math.Log(float64(k)+1)
	seconds := most.Seconds() - share*(most.Seconds()-least.Seconds())
	return max(least, time.Duration(math.Floor(1000*seconds))*time.Millisecond)
}
