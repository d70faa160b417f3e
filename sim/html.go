package sim

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"serf/sim/chart"
)

// besideMax bounds the reports that are drawn side by side: more lines than that nobody tells apart.
const besideMax = 8

// WriteHTML writes the reports as one page that needs nothing else. Reports of one name stand side by side.
func WriteHTML(w io.Writer, reports ...*Report) error {
	var b strings.Builder
	heading := "h1"
	for _, group := range groups(reports) {
		writeGroup(&b, group, heading)
		heading = "h2"
	}
	title := "serfsim"
	if len(reports) > 0 {
		title = reports[0].Title
	}
	return chart.Page(w, title, b.String())
}

// groups returns the reports by name, in the order of the first of each.
func groups(reports []*Report) (list [][]*Report) {
	for _, r := range reports {
		i := slices.IndexFunc(list, func(g []*Report) bool { return g[0].Name == r.Name })
		if i < 0 {
			list = append(list, []*Report{r})
		} else {
			list[i] = append(list[i], r)
		}
	}
	return list
}

func writeGroup(b *strings.Builder, group []*Report, heading string) {
	first := group[0]
	fmt.Fprintf(b, "<%s>%s</%[1]s>\n", heading, html.EscapeString(first.Title))
	writeHeads(b, group)
	for _, r := range group {
		for _, t := range r.Tables {
			b.WriteString("<h3>" + html.EscapeString(t.Title) + "</h3>\n" + chart.Table(t.Head, t.Rows))
		}
	}
	if len(first.Figures) > 0 && len(first.Tables) == 0 {
		b.WriteString("<h3>Figures</h3>\n" + figures(group))
	}
	for _, text := range notes(group) {
		fmt.Fprintf(b, "<p class=\"note\">%s</p>\n", html.EscapeString(text))
	}
	shown := group[:min(len(group), besideMax)]
	if len(shown) < len(group) {
		fmt.Fprintf(b, "<p class=\"note\">The first %d of %d are drawn; the table has all.</p>\n", len(shown), len(group))
	}
	writeCharts(b, "Distributions", distributionCharts(shown))
	writeCharts(b, "Charts", mergedCharts(shown))
	writeBands(b, shown)
}

// headsMax is how many settings stand open at the top.
const headsMax = 3

// writeHeads says what was run.
func writeHeads(b *strings.Builder, group []*Report) {
	if len(group) > headsMax {
		fmt.Fprintf(b, "<details><summary>Settings of the %d variants</summary>\n", len(group))
		defer b.WriteString("</details>\n")
	}
	for _, r := range group {
		writeHead(b, r)
	}
}

func writeHead(b *strings.Builder, r *Report) {
	setting := html.EscapeString(r.Setting)
	if r.Variant != "" {
		setting = "<strong>" + html.EscapeString(r.Variant) + "</strong>: " + setting
	}
	fmt.Fprintf(b, "<p class=\"dim\">%s", setting)
	if r.Hash != "" {
		fmt.Fprintf(b, ", hash %s", html.EscapeString(r.Hash[:min(8, len(r.Hash))]))
	}
	b.WriteString("</p>\n")
	if r.Partial != "" {
		fmt.Fprintf(b, "<p class=\"warn\">Interrupted: %s</p>\n", html.EscapeString(r.Partial))
	}
}

// notes are the notes of all, and where what is expected comes from.
func notes(group []*Report) (list []string) {
	add := func(text string) {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	for _, r := range group {
		for _, n := range r.Notes {
			add(n)
		}
		for _, f := range r.Figures {
			if f.Source != "" {
				add("Expected " + f.Name + ": " + f.Source)
			}
		}
	}
	return list
}

// besideColumns is up to how many reports have a column each; more have a row each.
const besideColumns = 4

// figures is the table of all figures.
func figures(group []*Report) string {
	var names []string
	for _, r := range group {
		for _, f := range r.Figures {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	cells := [][]string{append([]string{""}, names...)}
	for _, r := range group {
		row := make([]string, len(names)+1)
		row[0] = cmp.Or(r.Variant, "value")
		for i := range r.Figures {
			row[1+slices.Index(names, r.Figures[i].Name)] = r.Figures[i].text()
		}
		cells = append(cells, row)
	}
	if len(group) <= besideColumns {
		cells = transpose(cells)
	}
	return chart.Table(cells[0], cells[1:])
}

func transpose(cells [][]string) [][]string {
	out := make([][]string, len(cells[0]))
	for i := range out {
		for _, row := range cells {
			out[i] = append(out[i], row[i])
		}
	}
	return out
}

// text is the value with its unit; below it, how sure it is, and what was expected.
func (f *Figure) text() string {
	unit := ""
	if f.Unit != "" {
		unit = " " + f.Unit
	}
	text := chart.Number(f.Value) + unit
	if f.Low != f.High {
		text += fmt.Sprintf("\n95 %%: %s to %s", chart.Number(f.Low), chart.Number(f.High))
	}
	if f.Source != "" {
		text += "\nexpected " + chart.Number(f.Expected) + unit
	}
	return text
}

func writeCharts(b *strings.Builder, heading string, charts []chart.Chart) {
	if len(charts) == 0 {
		return
	}
	fmt.Fprintf(b, "<h3>%s</h3>\n<div class=\"charts\">\n", heading)
	for i := range charts {
		b.WriteString(charts[i].HTML())
	}
	b.WriteString("</div>\n")
}

func writeBands(b *strings.Builder, group []*Report) {
	open := false
	for _, r := range group {
		for _, d := range r.Bands {
			if !open {
				b.WriteString("<h3>Members</h3>\n<div class=\"charts wide\">\n")
				open = true
			}
			if r.Variant != "" {
				d.Title += ": " + r.Variant
			}
			b.WriteString(d.HTML())
		}
	}
	if open {
		b.WriteString("</div>\n")
	}
}

// distributionCharts draws the distributions of one name into one chart each.
func distributionCharts(group []*Report) (list []chart.Chart) {
	for _, r := range group {
		for i := range r.Distributions {
			d := &r.Distributions[i]
			if len(d.Values) == 0 {
				continue
			}
			k := slices.IndexFunc(list, func(c chart.Chart) bool { return c.Title == d.Name })
			if k < 0 {
				k = len(list)
				list = append(list, chart.Chart{Title: d.Name, Steps: true, X: chart.Axis{Label: "time", Unit: d.Unit, Free: true},
					Y: chart.Axis{Label: "share that is over by then", Unit: "%"}})
			}
			list[k].Series = append(list[k].Series, d.steps(cmp.Or(r.Variant, "measured")))
		}
	}
	return list
}

// steps is the share of values up to each.
func (d *Distribution) steps(name string) chart.Series {
	s := chart.Series{Name: name, Points: []chart.Point{{X: d.Values[0]}}}
	reached := 100 * float64(d.Count) / float64(d.Of)
	for i, v := range d.Values {
		s.Points = append(s.Points, chart.Point{X: v, Y: reached * float64(i+1) / float64(len(d.Values))})
	}
	return s
}

// mergedCharts draws the charts of one title into one.
func mergedCharts(group []*Report) (list []chart.Chart) {
	for _, r := range group {
		for _, c := range r.Charts {
			k := slices.IndexFunc(list, func(o chart.Chart) bool { return o.Title == c.Title })
			if k < 0 {
				k = len(list)
				list = append(list, c)
				list[k].Series = nil
			}
			for _, s := range c.Series {
				switch {
				case r.Variant != "" && len(c.Series) == 1:
					s.Name = r.Variant
				case r.Variant != "":
					s.Name = r.Variant + " " + s.Name
				}
				list[k].Series = append(list[k].Series, s)
			}
		}
	}
	return list
}
