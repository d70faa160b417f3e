package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"serf/eventbus"
	"serf/membership"
)

var flipflopStudy = Study{
	Name: "flipflop", Synopsis: "one member in a hundred loses 80 % of its packets, or hears nothing every other 20 s: who is called failed, and how often",
	Run: studyFlipflop,
}

const (
	flipflopShare = 100 // one member of so many is in trouble
	flipflopLoss  = 0.8
	flipflopTurn  = 20 * time.Second
	flipflopFor   = 200 * time.Second
)

// flipflop is one run with one kind of trouble.
type flipflop struct {
	ill, well int // how often members in trouble, and healthy ones, were called failed, by each who did
	back      int // how often members in trouble came back, at each who saw it
	blamed    int // different healthy members that were
	done      bool
}

// flipflopKinds are the kinds of trouble.
var flipflopKinds = []struct {
	name  string
	begin func(w *World, hosts []int)
}{
	{"80 % loss both ways", func(w *World, hosts []int) {
		w.AddRule(&Rule{From: hosts, Loss: flipflopLoss})
		w.AddRule(&Rule{To: hosts, Loss: flipflopLoss})
	}},
	{"nothing heard every other 20 s", alternate},
}

// alternate lets nothing arrive at the hosts for a turn, everything for the next, and so on.
func alternate(w *World, hosts []int) {
	deaf := &Rule{To: hosts, Cut: true}
	w.AddRule(deaf)
	w.At(flipflopTurn, func() {
		w.RemoveRule(deaf)
		w.At(flipflopTurn, func() { alternate(w, hosts) })
	})
}

func studyFlipflop(ctx context.Context, s Setup) (*Report, error) {
	runs, sizes := s.runs(2, 10), s.sizes(1000)
	r := &Report{Name: "flipflop", Title: "Members that flip-flop", Setting: fmt.Sprintf("profile lan, one member in %d in trouble for %v; %d runs of each; seed %d",
		flipflopShare, flipflopFor, runs, s.Seed)}
	var jobs []job
	found := make([][]flipflop, 0, len(sizes)*len(flipflopKinds))
	for _, n := range sizes {
		for kind := range flipflopKinds {
			list := make([]flipflop, runs)
			found = append(found, list)
			for k := range list {
				jobs = append(jobs, job{fmt.Sprintf("%d, %s", n, flipflopKinds[kind].name), float64(n), func(ctx context.Context) error {
					return list[k].run(ctx, mix(s.Seed, n, kind, k), n, kind)
				}})
			}
		}
	}
	partial, err := s.do(ctx, jobs)
	if err != nil {
		return nil, err
	}
	r.Partial = partial
	for i, list := range found {
		flipflopFigures(r, list, sizes[i/len(flipflopKinds)], flipflopKinds[i%len(flipflopKinds)].name)
	}
	r.Notes = append(r.Notes, "Rapid (ATC'18) shows of memberlist in such a network that members in trouble are taken out and put back again and again; it gives curves, no "+
		"figures to compare with.")
	return r, nil
}

func flipflopFigures(r *Report, list []flipflop, nodes int, kind string) {
	var ill, back, well, blamed sample
	for _, f := range list {
		if f.done {
			each := float64(nodes) * float64(max(1, nodes/flipflopShare))
			ill.add(float64(f.ill) / each)
			back.add(float64(f.back) / each)
			well.add(float64(f.well) / float64(nodes))
			blamed.add(float64(f.blamed))
		}
	}
	if len(ill.values) == 0 {
		return
	}
	of := fmt.Sprintf(" (%d, %s)", nodes, kind)
	r.Figures = append(r.Figures,
		ill.figure("times that a member calls one in trouble failed"+of, ""),
		back.figure("times that it sees one come back"+of, ""),
		well.figure("times that a member calls a healthy one failed"+of, ""),
		blamed.figure("healthy members that were called failed by anybody"+of, ""))
}

func (f *flipflop) run(ctx context.Context, seed uint64, nodes, kind int) error {
	w, err := assembled(seed, nodes, membership.DefaultLAN())
	if err != nil {
		return err
	}
	if err := advance(ctx, w, 20*time.Second); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	hosts := rng.Perm(nodes)[:max(1, nodes/flipflopShare)]
	ill, blamed := make(map[int]bool), make(map[int]bool)
	for _, i := range hosts {
		ill[i] = true
	}
	var now flipflop
	w.Observe = func(_ int, e *membership.Effect) {
		if e.Kind != membership.EffectNotice || e.Notice.Kind != membership.NoticeMember {
			return
		}
		about := w.byName[e.Notice.Member.Name]
		switch {
		case e.Notice.Type == eventbus.MemberJoin && ill[about]:
			now.back++
		case e.Notice.Type != eventbus.MemberFailed:
		case ill[about]:
			now.ill++
		default:
			now.well++
			blamed[about] = true
		}
	}
	flipflopKinds[kind].begin(w, hosts)
	if err := advance(ctx, w, flipflopFor); err != nil {
		return err
	}
	now.blamed, now.done = len(blamed), true
	*f = now
	return nil
}
