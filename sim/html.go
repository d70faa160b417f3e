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
	for _, group := range groups(reports) {
		writeGroup(&b, group, len(reports) == len(group))
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

func writeGroup(b *strings.Builder, group []*Report, alone bool) {
	first := group[0]
	heading := "h2"
	if alone {
		heading = "h1"
	}
	fmt.Fprintf(b, "<%s>%s</%[1]s>\n", heading, html.EscapeString(first.Title))
	for _, r := range group {
		writeHead(b, r)
	}
	b.WriteString("<h2>Figures</h2>\n" + figures(group))
	for _, text := range notes(group) {
		fmt.Fprintf(b, "<p class=\"note\">%s</p>\n", html.EscapeString(text))
	}
	shown := group[:min(len(group), besideMax)]
	if len(shown) < len(group) {
		fmt.Fprintf(b, "<p class=\"note\">The first %d of %d are drawn; the table has all.</p>\n", len(shown), len(group))
	}
	writeCharts(b, "Distributions", distributionCharts(shown))
	writeCharts(b, "Over time and size", mergedCharts(shown))
	writeBands(b, shown)
}

// writeHead says what was run.
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

func notes(group []*Report) (list []string) {
	for _, r := range group {
		for _, n := range r.Notes {
			if !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return list
}

// figures is the table of all figures, a column for each report.
func figures(group []*Report) string {
	head := []string{"Figure"}
	for _, r := range group {
		head = append(head, cmp.Or(r.Variant, "value"))
	}
	var names []string
	rows := make(map[string][]string)
	expected := false
	for i, r := range group {
		for _, f := range r.Figures {
			if rows[f.Name] == nil {
				names = append(names, f.Name)
				rows[f.Name] = append([]string{f.Name}, make([]string, len(group)+1)...)
			}
			rows[f.Name][i+1] = f.text()
			if f.Source != "" {
				rows[f.Name][len(group)+1] = fmt.Sprintf("%s %s (%s)", chart.Number(f.Expected), f.Unit, f.Source)
				expected = true
			}
		}
	}
	columns := len(group) + 1
	if expected {
		head, columns = append(head, "expected"), columns+1
	}
	var table [][]string
	for _, name := range names {
		table = append(table, rows[name][:columns])
	}
	return chart.Table(head, table)
}

// text is the value with its unit, and how sure it is.
func (f *Figure) text() string {
	text := strings.TrimSpace(chart.Number(f.Value) + " " + f.Unit)
	if f.Low != 0 || f.High != 0 {
		text += fmt.Sprintf(" (95 %%: %s to %s)", chart.Number(f.Low), chart.Number(f.High))
	}
	return text
}

func writeCharts(b *strings.Builder, heading string, charts []chart.Chart) {
	if len(charts) == 0 {
		return
	}
	fmt.Fprintf(b, "<h2>%s</h2>\n<div class=\"charts\">\n", heading)
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
				b.WriteString("<h2>Members</h2>\n<div class=\"charts\">\n")
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
