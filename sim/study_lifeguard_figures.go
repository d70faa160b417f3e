package sim

import (
	"fmt"
	"math"
	"slices"

	"serf/sim/chart"
)

// lifeguardPublished is what Lifeguard's paper has of each variant, in percent of what plain SWIM had there; in the order of variants.
var lifeguardPublished = []struct{ total, healthy, messages, bytes float64 }{
	{100, 100, 100, 100},
	{67.72, 32.88, 98.46, 90.03},
	{3.00, 6.71, 111.31, 106.52},
	{94.08, 44.57, 100.07, 99.01},
	{1.53, 1.89, 110.59, 97.97},
}

// lifeguardByBlocked is how many false positives SWIM had there in all runs with so many blocked members.
var lifeguardByBlocked = map[int]float64{1: 900, 4: 6000, 8: 11300, 12: 23000, 16: 34500, 20: 45500, 24: 59000, 28: 77000, 32: 82000}

const lifeguardSource = "of SWIM's, Dadgar, Phillips and Currey 2018"

func lifeguardFigures(r *Report, f flavour, g *lifeguardGrid, points []lifeguardPoint) {
	points = slices.DeleteFunc(points, func(p lifeguardPoint) bool { return !p.done() })
	if len(points) == 0 {
		return
	}
	for _, what := range []struct {
		name      string
		value     func(*lifeguardRun) float64
		published func(variant int) float64
	}{
		{"false positives", (*lifeguardRun).totals, func(v int) float64 { return lifeguardPublished[v].total }},
		{"those at healthy members", (*lifeguardRun).healthies, func(v int) float64 { return lifeguardPublished[v].healthy }},
		{"packets", func(r *lifeguardRun) float64 { return float64(r.packets) }, func(v int) float64 { return lifeguardPublished[v].messages }},
		{"bytes", func(r *lifeguardRun) float64 { return float64(r.bytes) }, func(v int) float64 { return lifeguardPublished[v].bytes }},
	} {
		for v := 1; v < len(variants); v++ {
			var of proportion
			for i := range points {
				of.add(what.value(&points[i].runs[v]), what.value(&points[i].runs[0]))
			}
			if of.whole == 0 {
				continue
			}
			r.Figures = append(r.Figures, of.figure(what.name+", "+variants[v].name).expect(what.published(v), lifeguardSource))
		}
	}
	lifeguardCounts(r, g, points)
	lifeguardCharts(r, g, points)
	r.Notes = append(r.Notes, "A false positive is that a member calls one failed that is not blocked. Percentages are of the sums over all runs; each variant has the same members "+
		"blocked. Their intervals come from the runs' differences from the overall ratio.")
	if f == flavourReference {
		r.Notes = append(r.Notes, "The published figures are of the paper's rules, not of these.")
	}
}

func (r *lifeguardRun) totals() float64    { return float64(r.total) }
func (r *lifeguardRun) healthies() float64 { return float64(r.healthy) }

// lifeguardCounts adds how many false positives SWIM has, by what is done to it.
func lifeguardCounts(r *Report, g *lifeguardGrid, points []lifeguardPoint) {
	published := 0.0
	for _, c := range g.blocked {
		published += lifeguardByBlocked[c]
	}
	for _, c := range g.blocked {
		var each sample
		var of proportion
		for i := range points {
			n := points[i].runs[0].totals()
			if points[i].blocked == c {
				each.add(n)
				of.add(n, n)
			} else {
				of.add(0, n)
			}
		}
		if len(each.values) == 0 {
			continue
		}
		r.Figures = append(r.Figures, each.figure(fmt.Sprintf("false positives in a run of SWIM, %d blocked", c), ""))
		if of.whole > 0 {
			r.Figures = append(r.Figures, of.figure("their share of all of SWIM's").
				expect(100*lifeguardByBlocked[c]/published, "the same, figure"))
		}
	}
	for _, block := range g.blocks {
		for _, gap := range g.gaps {
			var plain, healthy, full sample
			for i := range points {
				if p := &points[i]; p.block == block && p.gap == gap {
					plain.add(p.runs[0].totals())
					healthy.add(p.runs[0].healthies())
					full.add(p.runs[len(variants)-1].totals())
				}
			}
			if len(plain.values) == 0 {
				continue
			}
			of := fmt.Sprintf(", blocked for %v, free for %v", block, gap)
			r.Figures = append(r.Figures, plain.figure("false positives in a run of SWIM"+of, ""),
				healthy.figure("those at healthy members", ""), full.figure("false positives in a run of Lifeguard"+of, ""))
		}
	}
}

// lifeguardCharts draws the false positives of all variants over the number of blocked members.
func lifeguardCharts(r *Report, g *lifeguardGrid, points []lifeguardPoint) {
	for _, what := range []struct {
		title string
		value func(*lifeguardRun) float64
	}{{"False positives", (*lifeguardRun).totals}, {"False positives at healthy members", (*lifeguardRun).healthies}} {
		c := chart.Chart{Title: what.title, X: chart.Axis{Label: "blocked members"}, Y: chart.Axis{Label: "in a run"}}
		for v := range variants {
			s := chart.Series{Name: variants[v].name}
			for _, blocked := range g.blocked {
				var each sample
				for i := range points {
					if points[i].blocked == blocked {
						each.add(what.value(&points[i].runs[v]))
					}
				}
				if len(each.values) > 0 {
					s.Points = append(s.Points, chart.Point{X: float64(blocked), Y: each.mean()})
				}
			}
			c.Series = append(c.Series, s)
		}
		r.Charts = append(r.Charts, c)
	}
}

// proportion is that of two sums over runs.
type proportion struct {
	parts, wholes []float64
	part, whole   float64
}

func (q *proportion) add(part, whole float64) {
	q.parts, q.wholes = append(q.parts, part), append(q.wholes, whole)
	q.part += part
	q.whole += whole
}

// figure is the ratio in percent with its interval of 95 % confidence, from how far each run is from it. It is never below 0.
func (q *proportion) figure(name string) Figure {
	value := q.part / q.whole
	f := Figure{Name: name, Value: 100 * value, Unit: "%"}
	n := len(q.parts)
	if n < 2 {
		return f
	}
	var rest sample
	for i := range q.parts {
		rest.add(q.parts[i] - value*q.wholes[i])
	}
	half := 100 * student(n-1) * rest.deviation() * math.Sqrt(float64(n)) / q.whole
	f.Low, f.High = max(0, f.Value-half), f.Value+half
	return f
}
