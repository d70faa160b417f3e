package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

var hardeningStudy = Study{
	Name: "hardening", Synopsis: "the same crashes and events with each hardening rule and without it: none may slow them by more than 2 %",
	Run: studyHardening,
}

// hardeningEqual is after how many pairs of equal runs a rule counts as one that does nothing there.
const hardeningEqual = 100

// hardeningLarge is from how many members on a place gets no more runs than asked for.
const hardeningLarge = 30

// hardeningCell is what was found about all rules in one place.
type hardeningCell struct {
	place hardeningPlace
	rules []hardeningPairs // of the study's rules
	acts  []uint64         // of watchedRules, in all runs
	runs  int              // with all rules on
	done  bool
}

// hardeningPairs is what was found about one rule in one place.
type hardeningPairs struct {
	times   [len(hardeningTimes)]pairs
	unequal int // pairs that were not equal to the bit
}

// runsOf is how many runs there are of so many asked for.
func (c *hardeningCell) runsOf(runs int) int { return runs * max(1, hardeningLarge/c.place.nodes) }

// idle says that the rule has not acted in so many runs that it will not.
func (p *hardeningPairs) idle() bool { return p.unequal == 0 && len(p.times[0].off) >= hardeningEqual }

func studyHardening(ctx context.Context, s Setup) (*Report, error) {
	return compareRules(ctx, s, hardenings)
}

func compareRules(ctx context.Context, s Setup, rules []hardening) (*Report, error) {
	runs := s.runs(400, 2000)
	r := &Report{Name: "hardening", Title: "Hardening rules and true news"}
	r.Setting = fmt.Sprintf("profile lan, latency 0.2 ms to 0.8 ms, 20 events and a crash a run; up to %d pairs of runs of equal seeds for each rule, "+
		"among fewer than %d members as many more as they are cheaper; seed %d", runs, hardeningLarge, s.Seed)
	var cells []*hardeningCell
	var jobs []job
	for _, n := range s.sizes(30, 5) {
		for _, ground := range hardeningGrounds {
			c := &hardeningCell{place: hardeningPlace{n, ground}}
			cells = append(cells, c)
			jobs = append(jobs, job{c.place.String(), float64(n), func(ctx context.Context) error { return c.compare(ctx, s.Seed, c.runsOf(runs), rules) }})
		}
	}
	partial, err := s.do(ctx, jobs)
	if err != nil {
		return nil, err
	}
	r.Partial = partial
	rng := rand.New(rand.NewPCG(s.Seed, 0))
	for i := range rules {
		hardeningFigures(r, cells, i, &rules[i], rng)
	}
	watchedTable(r, cells)
	r.Notes = append(r.Notes, "Off, on: of a crash the median, of an event, whose times come in steps, the mean of the faster nine in ten; behind it what nine in ten runs kept to. The ratio "+
		"has the 95 % of a paired bootstrap. Not slower: all of that is below 1.02.",
		fmt.Sprintf("In runs that are equal to the bit, every packet goes at the same time with the rule and without; after %d of them there are no others.", hardeningEqual),
		"The rules on streams, RPC, handlers, files and keys are not part of the machine that detects and tells; the fault laboratory and the tests of the agent show them.")
	return r, nil
}

// compare runs each seed with all rules, and without each of them.
func (c *hardeningCell) compare(ctx context.Context, seed uint64, runs int, rules []hardening) error {
	c.rules, c.acts = make([]hardeningPairs, len(rules)), make([]uint64, len(watchedRules))
	for k := range runs {
		seed := mix(seed, c.place.nodes, k)
		base, err := c.place.run(ctx, seed, nil)
		if err != nil {
			return err
		}
		c.runs++
		for i, n := range base.acts {
			c.acts[i] += n
		}
		for i := range rules {
			if p := &c.rules[i]; !p.idle() {
				other, err := c.place.run(ctx, seed, rules[i].off)
				if err != nil {
					return err
				}
				p.add(&base, &other, rules[i].added)
			}
		}
	}
	c.done = true
	return nil
}

// add takes a run with all rules, and one without one, or with one more.
func (p *hardeningPairs) add(base, other *hardeningRun, added bool) {
	if base.hash != other.hash {
		p.unequal++
	}
	off, on := other, base
	if added {
		off, on = base, other
	}
	for i := range p.times {
		p.times[i].add(off.times[i], on.times[i])
	}
}

// hardeningFigures puts what was found about one rule into r: a row for each time that differs somewhere, and one for all that do not.
func hardeningFigures(r *Report, cells []*hardeningCell, rule int, h *hardening, rng *rand.Rand) {
	t := Table{Title: fmt.Sprintf("%s (%s)", h.name, h.where), Head: []string{"members, network", "time", "off", "on", "ratio", "verdict"}}
	same, equal, runs := 0, 0, 0
	for _, c := range cells {
		if !c.done {
			continue
		}
		p := &c.rules[rule]
		runs, equal = runs+len(p.times[0].off), equal+len(p.times[0].off)-p.unequal
		for i := range p.times {
			if p.times[i].equal() {
				same++
				continue
			}
			found := p.times[i].ratio(hardeningTimes[i].of, rng)
			t.Rows = append(t.Rows, []string{c.place.String(), hardeningTimes[i].name, p.times[i].text(false, found.off), p.times[i].text(true, found.on),
				found.String(), found.verdict()})
			r.Figures = append(r.Figures, Figure{Name: fmt.Sprintf("%s: %v: %s, ratio", h.name, &c.place, hardeningTimes[i].name),
				Value: found.value, Low: found.low, High: found.top})
		}
	}
	if same > 0 {
		t.Rows = append(t.Rows, []string{others(len(t.Rows) > 0), fmt.Sprintf("%d times, equal in each run", same), "", "", "1", "not slower"})
	}
	t.Title += fmt.Sprintf(": %d of %d runs are equal to the bit without it", equal, runs)
	r.Figures = append(r.Figures, Figure{Name: h.name + ": share of runs that are equal without it", Value: float64(equal) / float64(max(1, runs))})
	r.Tables = append(r.Tables, t)
}

func others(some bool) string {
	if some {
		return "all others"
	}
	return "all"
}

// text is what was found of a time with the rule on or off, and what nine in ten runs kept to.
func (p *pairs) text(on bool, found float64) string {
	values := p.off
	if on {
		values = p.on
	}
	return fmt.Sprintf("%.3f / %.3f s", found, quantileOf(slices.Sorted(slices.Values(values)), 0.9))
}

// watchedTable puts into r how often the rules without a switch acted.
func watchedTable(r *Report, cells []*hardeningCell) {
	t := Table{Title: "Rules without a switch", Head: []string{"rule", "shown in", "acted", "in runs", "verdict"}}
	for i, rule := range watchedRules {
		acted, runs := uint64(0), 0
		for _, c := range cells {
			if c.done {
				acted, runs = acted+c.acts[i], runs+c.runs
			}
		}
		verdict := "not slower"
		if acted > 0 {
			verdict = "undecided"
		}
		t.Rows = append(t.Rows, []string{rule.name, rule.where, fmt.Sprint(acted), fmt.Sprint(runs), verdict})
		r.Figures = append(r.Figures, Figure{Name: "times that it acted: " + rule.name, Value: float64(acted)})
	}
	r.Tables = append(r.Tables, t)
}
