package sim

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/swim"
)

// frozenPeriods is how long victims do nothing: nobody is ever missed for as long. recoverPeriods is how long they are left alone then.
const (
	frozenPeriods  = 12
	recoverPeriods = 6
)

// firstDetections lets members stop again and again, until count of them have, and returns in which protocol period after that
// each was first probed in vain. They only freeze, and nobody declares them dead, so that the group stays what it is.
func firstDetections(ctx context.Context, seed uint64, nodes, victims, count int) (periods sample, err error) {
	c := swim2002()
	c.Swim.SuspicionMult, c.Swim.Variant.NoBuddy, c.Swim.RetransmitMult = 60, false, 16 // who is back hears that it is suspected, and all that it is back
	w, err := assembled(seed, nodes, c)
	if err != nil {
		return periods, err
	}
	if err := advance(ctx, w, 40*swimPeriod); err != nil {
		return periods, err
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	first := make(map[int]time.Duration)
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind != membership.EffectNotice || e.Notice.Kind != membership.NoticeSwim || e.Notice.Swim.Kind != swim.EventProbeFailed {
			return
		}
		began := w.Now() - c.Swim.ProbeInterval // healthy members end a probe one interval after it began
		if at, known := first[w.byName[e.Notice.Swim.Info.Name]]; known && at < 0 && began >= -at {
			first[w.byName[e.Notice.Swim.Info.Name]] = began
		}
	}
	for len(periods.values) < count {
		if err := w.Converged(); err != nil {
			return periods, fmt.Errorf("the group is not what it was: %w", err)
		}
		clear(first)
		at := w.Now() + time.Duration(rng.Float64()*float64(swimPeriod))
		if err := advance(ctx, w, at-w.Now()); err != nil {
			return periods, err
		}
		chosen := rng.Perm(nodes)[:min(victims, count-len(periods.values))]
		for _, i := range chosen {
			first[i] = -at // not seen yet
			w.Freeze(i, frozenPeriods*swimPeriod)
		}
		if err := advance(ctx, w, (frozenPeriods+recoverPeriods)*swimPeriod); err != nil {
			return periods, err
		}
		for _, i := range chosen {
			if began := first[i]; began >= at {
				periods.add(math.Ceil(float64(began-at)/float64(swimPeriod) + 1e-9))
			}
		}
	}
	return periods, nil
}

// watchUpdates calls heard whenever a member other than the origin hears of an update.
func watchUpdates(w *World, heard func()) {
	w.Observe = func(host int, e *membership.Effect) {
		if e.Kind == membership.EffectNotice && e.Notice.Kind == membership.NoticeMember && e.Notice.Type == eventbus.MemberUpdate &&
			w.byName[e.Notice.Member.Name] != host {
			heard()
		}
	}
}

// trend is points through which a straight line is laid.
type trend struct{ x, y []float64 }

func (l *trend) add(x, y float64) { l.x, l.y = append(l.x, x), append(l.y, y) }

// slope is that of the line of the least squares, and the share of the variance that it explains.
func (l *trend) slope() (slope, share float64) {
	x, y := sample{l.x}, sample{l.y}
	var xy, xx, yy float64
	for i := range l.x {
		dx, dy := l.x[i]-x.mean(), l.y[i]-y.mean()
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx == 0 || yy == 0 {
		return 0, 0
	}
	return xy / xx, xy * xy / (xx * yy)
}
