package sim

import (
	"fmt"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/swim"
)

// Checker watches one invariant of a world.
type Checker interface {
	// Name is what reports call the invariant.
	Name() string
	// See is told of everything that changes, in order. It fails when that breaks the invariant.
	See(s *Sight) error
}

// SightKind says what was seen, and which fields of a Sight count.
type SightKind uint8

const (
	// SawStart: the host begins a life. Clocks are those with which it begins, Floor is what its disk says.
	SawStart SightKind = iota + 1
	// SawCrash: the host's life is over.
	SawCrash
	// SawLeave: the host was told to leave.
	SawLeave
	// SawRecord: what the host's failure detector knows of Member went from Was to Is.
	SawRecord
	// SawStatus: the host's table shows Member as StatusIs, and showed it as StatusWas.
	SawStatus
	// SawEvent: the host's application heard Event.
	SawEvent
	// SawSend: the host's application sends the user event Event.Name.
	SawSend
	// SawClocks: the host's Lamport clocks moved to Clocks.
	SawClocks
	// SawStats: what the host holds, looked at once a second.
	SawStats
)

// Known is what a failure detector knows of a member; the zero value is nothing.
type Known struct {
	There       bool
	Status      swim.Status
	Incarnation uint32
}

// String returns the status and incarnation, or "unknown".
func (k Known) String() string {
	if !k.There {
		return "unknown"
	}
	return fmt.Sprintf("%v(%d)", k.Status, k.Incarnation)
}

// Clocks are the three Lamport clocks of a member.
type Clocks struct{ Member, Event, Query uint64 }

// Sight is one thing that changed.
type Sight struct {
	Kind                SightKind
	At                  time.Duration
	Host, Life          int
	Member              int // the host whose member it is about
	Was, Is             Known
	StatusWas, StatusIs membership.Status
	Event               *eventbus.Event
	Clocks, Floor       Clocks
	Stats               *membership.Stats
	Inbox               int  // Stats: what waits at the host
	Late                bool // Record: it comes from what waited at a frozen, slow or blocked host
}

// String describes s in one line.
func (s *Sight) String() string {
	head := fmt.Sprintf("%12.6fs n%05d/%d ", s.At.Seconds(), s.Host, s.Life)
	switch s.Kind {
	case SawStart:
		return head + "starts"
	case SawCrash:
		return head + "crashes"
	case SawLeave:
		return head + "leaves"
	case SawRecord:
		return head + fmt.Sprintf("n%05d %v -> %v", s.Member, s.Was, s.Is)
	case SawStatus:
		return head + fmt.Sprintf("n%05d %v -> %v", s.Member, s.StatusWas, s.StatusIs)
	case SawEvent:
		return head + fmt.Sprintf("hears %s %q ltime %d", s.Event.Type, s.Event.Name, s.Event.LTime)
	case SawSend:
		return head + fmt.Sprintf("sends %q", s.Event.Name)
	case SawClocks:
		return head + fmt.Sprintf("clocks %d %d %d", s.Clocks.Member, s.Clocks.Event, s.Clocks.Query)
	case SawStats:
		return head + fmt.Sprintf("holds %d members", s.Stats.Members)
	}
	return head + "?"
}

// Violation is an invariant that broke.
type Violation struct {
	At      time.Duration
	Checker string
	Err     error
	// Last are the last things that changed, the one that broke the invariant at the end.
	Last []string
}

// Error names the invariant and what broke it.
func (v *Violation) Error() string { return fmt.Sprintf("at %v %s: %v", v.At, v.Checker, v.Err) }

// lastMax is how many changes before a violation are told.
const lastMax = 24

// watch is the checkers of a world and what they saw last.
type watch struct {
	checkers []Checker
	last     [lastMax]Sight
	seen     int
	broken   *Violation
}

// Check has the checkers look at everything from now on. It must be called before the first Start.
func (w *World) Check(checkers ...Checker) {
	if len(w.watch.checkers) == 0 {
		w.At(statsInterval, w.lookAround)
	}
	w.watch.checkers = append(w.watch.checkers, checkers...)
}

// invariants returns a checker for each invariant that must hold at all times.
func invariants(w *World) []Checker {
	return []Checker{
		incarnationMonotone{}, newNoResurrection(), legalTransition{}, newSelfOnlyRaises(), newBounded(w),
		newLamportMonotone(), newExactlyOnceEvents(), newNoFalseLeave(),
	}
}

// Violation is the first invariant that broke; nil when all hold. The world stands still from then on.
func (w *World) Violation() *Violation { return w.watch.broken }

// see shows s to all checkers.
func (w *World) see(s Sight) {
	if len(w.watch.checkers) == 0 || w.watch.broken != nil {
		return
	}
	s.At = w.Now()
	if s.Kind != SawStats && s.Kind != SawClocks {
		w.watch.last[w.watch.seen%lastMax] = s
		w.watch.seen++
	}
	for _, c := range w.watch.checkers {
		if err := c.See(&s); err != nil {
			w.broke(c.Name(), err)
			return
		}
	}
}

// broke notes that an invariant does not hold.
func (w *World) broke(checker string, err error) {
	if w.watch.broken != nil {
		return
	}
	v := &Violation{At: w.Now(), Checker: checker, Err: err}
	for i := max(0, w.watch.seen-lastMax); i < w.watch.seen; i++ {
		v.Last = append(v.Last, w.watch.last[i%lastMax].String())
	}
	w.watch.broken = v
}
