package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

var lifeguardStudy = Study{
	Name: "lifeguard", Synopsis: "Lifeguard (2018): who is called failed in vain while members cannot send or receive, by SWIM and each of Lifeguard's parts",
	Run: func(ctx context.Context, s Setup) (*Report, error) {
		return studyLifeguard(ctx, s, flavourPaper, s.lifeguardGrid())
	},
}

var lifeguardReferenceStudy = Study{
	Name: "lifeguard-reference", Synopsis: "the same with the rules of reference peers today instead of the paper's",
	Run: func(ctx context.Context, s Setup) (*Report, error) {
		return studyLifeguard(ctx, s, flavourReference, s.lifeguardGrid())
	},
}

// lifeguardNodes is how many members the paper's clusters had.
const lifeguardNodes = 128

// lifeguardGrid is what a study of Lifeguard measures: each variant with each number of blocked members, blocks and gaps.
type lifeguardGrid struct {
	nodes, runs  int
	blocked      []int
	blocks, gaps []time.Duration
}

// lifeguardBlocked are the numbers of blocked members among the paper's 128.
var lifeguardBlocked = []int{1, 4, 8, 12, 16, 20, 24, 28, 32}

func (s *Setup) lifeguardGrid() lifeguardGrid {
	g := lifeguardGrid{nodes: s.sizes(lifeguardNodes)[0], runs: s.runs(1, 10)}
	for _, c := range lifeguardBlocked {
		if c <= max(1, g.nodes/4) {
			g.blocked = append(g.blocked, c)
		}
	}
	g.blocks, g.gaps = milliseconds(8192, 16384, 32768), milliseconds(1, 16, 256)
	if s.Full {
		g.blocks = milliseconds(128, 512, 2048, 8192, 16384, 32768)
		g.gaps = milliseconds(1, 4, 16, 64, 256, 1024, 4096, 16384)
	}
	return g
}

func milliseconds(list ...int) (d []time.Duration) {
	for _, ms := range list {
		d = append(d, time.Duration(ms)*time.Millisecond)
	}
	return d
}

// lifeguardPoint is what each of the variants made of one cell, with equal seeds.
type lifeguardPoint struct {
	lifeguardCell
	runs []lifeguardRun // by variant
}

// done reports whether all variants are over.
func (p *lifeguardPoint) done() bool {
	for i := range p.runs {
		if !p.runs[i].done {
			return false
		}
	}
	return true
}

func studyLifeguard(ctx context.Context, s Setup, f flavour, g lifeguardGrid) (*Report, error) {
	var points []lifeguardPoint
	for k := range g.runs {
		for _, gap := range g.gaps {
			for _, block := range g.blocks {
				for _, c := range g.blocked {
					points = append(points, lifeguardPoint{lifeguardCell{c, k, block, gap}, make([]lifeguardRun, len(variants))})
				}
			}
		}
	}
	rand.New(rand.NewPCG(s.Seed, 2)).Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] }) // when interrupted it has seen of each
	var jobs []job
	for i := range points {
		p := &points[i]
		seed := mix(s.Seed, g.nodes, p.blocked, int(p.block), int(p.gap), p.repetition)
		for v := range variants {
			jobs = append(jobs, job{fmt.Sprintf("%s, %v", variants[v].name, &p.lifeguardCell), 16 + float64(p.blocked), func(ctx context.Context) error {
				return p.runs[v].run(ctx, seed, g.nodes, variants[v].config(f), p.lifeguardCell)
			}})
		}
	}
	partial, err := s.do(ctx, jobs)
	if err != nil {
		return nil, err
	}
	r := &Report{Name: "lifeguard", Title: "Lifeguard as published in 2018", Partial: partial}
	if f == flavourReference {
		r.Name, r.Title = "lifeguard-reference", "Lifeguard as reference peers have it"
	}
	r.Setting = fmt.Sprintf("%d members, of whom %v are blocked for %v, free for %v, again and again for %v; %d runs of each; seed %d",
		g.nodes, g.blocked, g.blocks, g.gaps, lifeguardFor, g.runs, s.Seed)
	lifeguardFigures(r, f, &g, points)
	return r, nil
}
