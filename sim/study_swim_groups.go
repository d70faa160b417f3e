package sim

import (
	"context"
	"fmt"
	"time"

	"serf/eventbus"
	"serf/membership"
)

// The experiment of SWIM §5 with a lossy network: members join one after the other while each of them fails to receive a packet in
// ten, and who is declared failed is out for good.
const (
	lossyMembers = 17
	lossyShare   = 0.1
	lossyPause   = 10 * time.Second // between two joins
	lossyEnd     = 175 * time.Second
)

// lossyVariant is one way to run it.
type lossyVariant struct {
	name      string
	published float64
	change    func(c *membership.Config)
}

var lossyVariants = []lossyVariant{
	{"suspicion of 3·ln(n) periods", 12, func(*membership.Config) {}},
	{"suspicion of 3·log10(n) periods", 12, func(c *membership.Config) { c.Swim.SuspicionMult = 3 }},
	{"no suspicion", 4, func(c *membership.Config) { c.Swim.Variant.NoSuspicion = true }},
	{"no suspicion, news told once", 2, func(c *membership.Config) {
		c.Swim.Variant.NoSuspicion, c.Swim.RetransmitMult = true, 0
	}},
}

// lossyGroups are many runs of it.
type lossyGroups struct {
	seed  uint64
	runs  int
	sizes [][]float64 // by variant and run
	done  [][]bool
}

func newLossyGroups(seed uint64, runs int) *lossyGroups {
	g := &lossyGroups{seed: seed, runs: runs}
	for range lossyVariants {
		g.sizes, g.done = append(g.sizes, make([]float64, runs)), append(g.done, make([]bool, runs))
	}
	return g
}

func (g *lossyGroups) jobs() (jobs []job) {
	for v := range lossyVariants {
		for k := range g.runs {
			jobs = append(jobs, job{"groups that lose packets, " + lossyVariants[v].name, 200, func(ctx context.Context) (err error) {
				g.sizes[v][k], err = lossyGroup(ctx, mix(g.seed, 3, v, k), lossyVariants[v].change)
				g.done[v][k] = err == nil
				return err
			}})
		}
	}
	return jobs
}

func (g *lossyGroups) figures(r *Report) {
	for v, variant := range lossyVariants {
		var sizes sample
		for k, size := range g.sizes[v] {
			if g.done[v][k] {
				sizes.add(size)
			}
		}
		if len(sizes.values) > 0 {
			r.Figures = append(r.Figures, sizes.figure(fmt.Sprintf("members of %d left after %v with 10 %% loss: %s", lossyMembers, lossyEnd, variant.name), "").
				expect(variant.published, "SWIM §5"))
		}
	}
	r.Notes = append(r.Notes, fmt.Sprintf("Members that lose packets: one joins every %v, and stops when anybody declares it failed; SWIM's paper does not say how long its "+
		"members waited between two joins. Its basic protocol told failures by multicast, which has no likeness here: in the third variant each piece of news is sent once.", lossyPause))
}

// lossyGroup returns how many members are still there in the end.
func lossyGroup(ctx context.Context, seed uint64, change func(c *membership.Config)) (float64, error) {
	c := swim2002()
	change(&c)
	w, err := ground(seed, lossyMembers, c)
	if err != nil {
		return 0, err
	}
	w.Network.Loss = lossyShare
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind == membership.EffectNotice && e.Notice.Kind == membership.NoticeMember && e.Notice.Type == eventbus.MemberFailed {
			i := w.byName[e.Notice.Member.Name]
			w.At(0, func() { w.Crash(i) })
		}
	}
	up := func() (list []int) {
		for i, h := range w.hosts {
			if h.cluster != nil {
				list = append(list, i)
			}
		}
		return list
	}
	for i := range lossyMembers {
		w.At(time.Duration(i)*lossyPause, func() {
			others := up()
			if w.Start(i) == nil && len(others) > 0 {
				_ = w.Join(i, others[0]) // it is up
			}
		})
	}
	if err := advance(ctx, w, lossyEnd); err != nil {
		return 0, err
	}
	return float64(len(up())), nil
}
