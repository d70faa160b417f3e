package sim

import (
	"cmp"
	"time"

	"serf/membership"
	"serf/swim"
)

// statsInterval is how often the checkers look at what hosts hold.
const statsInterval = time.Second

// seen is what the checkers know of a host.
type seen struct {
	view     *membership.View
	detector *swim.View
	clocks   Clocks
}

// look tells the checkers what an input has changed at the host.
func (h *host) look() {
	if len(h.world.watch.checkers) == 0 || h.cluster == nil {
		return
	}
	h.lookDetector()
	h.lookMembers()
	var c Clocks
	if c.Member, c.Event, c.Query = h.cluster.Clocks(); c != h.seen.clocks {
		h.seen.clocks = c
		h.world.see(Sight{Kind: SawClocks, Host: h.index, Life: h.lives, Clocks: c})
	}
}

func (h *host) lookDetector() {
	is := h.cluster.Detector()
	was := h.seen.detector
	if is == was {
		return
	}
	h.seen.detector = is
	var before []swim.MemberState
	if was != nil {
		before = was.Members
	}
	merge(before, is.Members,
		func(m *swim.MemberState) string { return m.Info.Name },
		func(a, b *swim.MemberState) {
			if a != nil && b != nil && a.Status == b.Status && a.Incarnation == b.Incarnation {
				return
			}
			name := cmp.Or(b, a).Info.Name
			h.world.see(Sight{Kind: SawRecord, Host: h.index, Life: h.lives, Member: h.world.byName[name],
				Was: known(a), Is: known(b), Late: h.inbox.late})
		})
}

func known(m *swim.MemberState) Known {
	if m == nil {
		return Known{}
	}
	return Known{true, m.Status, m.Incarnation}
}

func (h *host) lookMembers() {
	is, was := h.cluster.View(), h.seen.view
	if is == was {
		return
	}
	h.seen.view = is
	var before []*membership.Member
	if was != nil {
		before = was.Members
	}
	merge(before, is.Members,
		func(m **membership.Member) string { return (*m).Name },
		func(a, b **membership.Member) {
			from, to := status(a), status(b)
			if from != to {
				name := (*cmp.Or(b, a)).Name
				h.world.see(Sight{Kind: SawStatus, Host: h.index, Life: h.lives, Member: h.world.byName[name], StatusWas: from, StatusIs: to})
			}
		})
}

func status(m **membership.Member) membership.Status {
	if m == nil {
		return 0
	}
	return (*m).Status
}

// merge walks two lists in order of name and calls each with what both have of a name; nil is nothing.
func merge[T any](a, b []T, name func(*T) string, each func(a, b *T)) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && name(&a[0]) < name(&b[0]):
			each(&a[0], nil)
			a = a[1:]
		case len(a) == 0 || name(&b[0]) < name(&a[0]):
			each(nil, &b[0])
			b = b[1:]
		default:
			each(&a[0], &b[0])
			a, b = a[1:], b[1:]
		}
	}
}

// lookAround tells the checkers what all hosts hold, again and again.
func (w *World) lookAround() {
	for _, h := range w.hosts {
		if h.cluster == nil {
			continue
		}
		stats := h.cluster.Stats()
		w.see(Sight{Kind: SawStats, Host: h.index, Life: h.lives, Stats: &stats, Inbox: h.inbox.arrived})
	}
	w.At(statsInterval, w.lookAround)
}
