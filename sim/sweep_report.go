package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"serf/sim/chart"
)

// summary is what all seeds of a combination found.
type summary struct {
	first         *Report // of the first seed that found something
	seeds, failed int
	failure       string
	figures       map[string]*sample
	distributions map[string]*pool
}

// pool is the values of one distribution of all seeds.
type pool struct {
	sample
	count, of int
}

// Summarize reads results of a sweep and returns a report for each combination of values, the mean of its seeds, and one with
// charts of the figures over the parameters. Combinations without results are left out.
func Summarize(r io.Reader) (overview *Report, reports []*Report, err error) {
	lines := newLineReader(r)
	sweep, _, err := lines.readHeader()
	if err != nil {
		return nil, nil, fmt.Errorf("sim: sweep: %w", err)
	}
	found := make([]*summary, sweep.combinations())
	for {
		b, err := lines.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			break
		}
		var result SweepResult
		if err == nil {
			err = json.Unmarshal(b, &result)
		}
		if err == nil && (result.Point < 0 || result.Point >= sweep.Points()) {
			err = fmt.Errorf("there is no point %d", result.Point)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("sim: sweep: results: %w", err)
		}
		i := result.Point / sweep.seeds()
		if found[i] == nil {
			found[i] = &summary{figures: make(map[string]*sample), distributions: make(map[string]*pool)}
		}
		found[i].add(&result)
	}
	for i, s := range found {
		if s != nil {
			reports = append(reports, s.report(sweep, i))
		}
	}
	return sweep.overview(found), reports, nil
}

func (s *summary) add(r *SweepResult) {
	s.seeds++
	if r.Found == nil {
		s.failed++
		s.failure = fmt.Sprintf("seed %d: %s", r.Seed, r.Error)
		return
	}
	if s.first == nil {
		s.first = r.Found
	}
	for _, f := range r.Found.Figures {
		if s.figures[f.Name] == nil {
			s.figures[f.Name] = &sample{}
		}
		s.figures[f.Name].add(f.Value)
	}
	for _, d := range r.Found.Distributions {
		p := s.distributions[d.Name]
		if p == nil {
			p = &pool{}
			s.distributions[d.Name] = p
		}
		p.values = append(p.values, d.Values...)
		p.count, p.of = p.count+d.Count, p.of+d.Of
	}
}

// report sums up combination i.
func (s *summary) report(sweep *Sweep, i int) *Report {
	p := sweep.params(i * sweep.seeds())
	out := &Report{Name: sweep.Scenario, Title: sweep.Scenario, Variant: sweep.variant(i),
		Setting: fmt.Sprintf("%s, %d seeds of %s", p.cluster(), s.seeds, sweep.Seeds)}
	if s.failed > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d of %d seeds found nothing; %s", s.failed, s.seeds, s.failure))
	}
	if s.first == nil {
		return out
	}
	out.Title, out.Charts, out.Bands = s.first.Title, s.first.Charts, s.first.Bands
	out.Notes = append(out.Notes, s.first.Notes...)
	if len(out.Charts) > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("Charts over time are of the first seed; figures are the mean of %d.", s.seeds-s.failed))
	}
	for _, f := range s.first.Figures {
		out.Figures = append(out.Figures, s.figure(f))
	}
	for _, d := range s.first.Distributions {
		pool := s.distributions[d.Name]
		all := pool.distribution(d.Name, d.Unit, pool.of)
		all.Count, all.Of = pool.count, pool.of
		out.Distributions = append(out.Distributions, all)
	}
	return out
}

// figure is the mean of all seeds; of one seed, what it says itself.
func (s *summary) figure(f Figure) Figure {
	if len(s.figures[f.Name].values) < 2 {
		return f
	}
	return s.figures[f.Name].figure(f.Name, f.Unit).expect(f.Expected, f.Source)
}

// overview draws each figure over the parameter that has most values, a line for each combination of the others.
func (s *Sweep) overview(found []*summary) *Report {
	out := &Report{Name: "sweep", Title: "Sweep of " + s.Scenario, Setting: fmt.Sprintf("%d combinations, seeds %s", s.combinations(), s.Seeds)}
	along := -1
	axes := s.axes()
	for k, a := range axes {
		if n := len(*a.values); a.numeric && n > 1 && (along < 0 || n > len(*axes[along].values)) {
			along = k
		}
	}
	if along < 0 {
		return out
	}
	for i, sum := range found {
		if sum == nil || sum.first == nil {
			continue
		}
		x := abscissaOf(axes[along].name, s.params(i*s.seeds()))
		for _, f := range sum.first.Figures {
			out.point(axes[along].name, s.others(i, along), f.Unit, x, sum.figure(f))
		}
	}
	for i := range out.Charts {
		out.Charts[i].X.Log = spansFactor(out.Charts[i].Series, 8)
	}
	return out
}

// others names the values of combination i but that of one parameter.
func (s *Sweep) others(i, but int) string {
	name := ""
	list := s.combination(i)
	for k, a := range s.axes() {
		if k != but && len(*a.values) > 1 {
			name += ", " + a.name + " " + list[k]
		}
	}
	if name == "" {
		return "mean"
	}
	return name[2:]
}

// point adds one value to the chart of its figure.
func (r *Report) point(along, series, unit string, x float64, f Figure) {
	k := slices.IndexFunc(r.Charts, func(c chart.Chart) bool { return c.Title == f.Name })
	if k < 0 {
		k = len(r.Charts)
		r.Charts = append(r.Charts, chart.Chart{Title: f.Name, X: axisOf(along), Y: chart.Axis{Label: "mean", Unit: unit}})
	}
	c := &r.Charts[k]
	j := slices.IndexFunc(c.Series, func(s chart.Series) bool { return s.Name == series })
	if j < 0 {
		j = len(c.Series)
		c.Series = append(c.Series, chart.Series{Name: series})
	}
	points := &c.Series[j].Points
	at, _ := slices.BinarySearchFunc(*points, x, func(p chart.Point, x float64) int { return compareFloat(p.X, x) })
	*points = slices.Insert(*points, at, chart.Point{X: x, Y: f.Value, Low: f.Low, High: f.High})
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// axisOf is how a parameter is shown along a chart, abscissaOf its value there.
func axisOf(name string) chart.Axis {
	unit := map[string]string{"nodes": "", "loss": "%", "latency": "ms", "for": "s"}[name]
	return chart.Axis{Label: name, Unit: unit}
}

func abscissaOf(name string, p Params) float64 {
	switch name {
	case "nodes":
		return float64(p.Nodes)
	case "loss":
		return 100 * p.Loss
	case "latency":
		return 1000 * p.Latency.Seconds()
	}
	return p.For.Seconds()
}

// spansFactor reports whether all points lie above 0, and the last as many times as far as the first.
func spansFactor(list []chart.Series, factor float64) bool {
	low, high := 0.0, 0.0
	for _, s := range list {
		for _, p := range s.Points {
			if p.X <= 0 {
				return false
			}
			if low == 0 || p.X < low {
				low = p.X
			}
			high = max(high, p.X)
		}
	}
	return low > 0 && high >= factor*low
}
