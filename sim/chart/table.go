package chart

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// rowsMax bounds the rows of a table below a chart.
const rowsMax = 40

// table writes the numbers that the chart shows, folded up.
func (c *Chart) table(b *strings.Builder) {
	if len(c.Series) == 0 {
		return
	}
	if c.sameX() {
		c.wideTable(b)
		return
	}
	c.longTable(b)
}

// sameX says whether all lines have values at the same places.
func (c *Chart) sameX() bool {
	first := c.Series[0].Points
	for i := range c.Series {
		if !slices.EqualFunc(c.Series[i].Points, first, func(a, b Point) bool { return a.X == b.X }) {
			return false
		}
	}
	return true
}

// wideTable has a column for each line.
func (c *Chart) wideTable(b *strings.Builder) {
	head := []string{c.X.title()}
	for i := range c.Series {
		head = append(head, c.Series[i].Name)
	}
	var rows [][]string
	for _, k := range chosen(len(c.Series[0].Points)) {
		row := []string{Number(c.Series[0].Points[k].X)}
		for i := range c.Series {
			row = append(row, c.Series[i].Points[k].text())
		}
		rows = append(rows, row)
	}
	fold(b, head, rows)
}

// longTable has the lines one below the other.
func (c *Chart) longTable(b *strings.Builder) {
	var rows [][]string
	for i := range c.Series {
		s := &c.Series[i]
		for _, k := range chosen(len(s.Points)) {
			rows = append(rows, []string{s.Name, Number(s.Points[k].X), s.Points[k].text()})
		}
	}
	fold(b, []string{"", c.X.title(), c.Y.title()}, rows)
}

// text is the value, and how sure it is.
func (p Point) text() string {
	if !p.estimate() {
		return Number(p.Y)
	}
	return fmt.Sprintf("%s (%s to %s)", Number(p.Y), Number(p.Low), Number(p.High))
}

// chosen are the rows of n that a table shows, the first and last among them.
func chosen(n int) []int {
	var list []int
	count := min(n, rowsMax)
	for i := range count {
		if count == n {
			list = append(list, i)
		} else {
			list = append(list, i*(n-1)/(count-1))
		}
	}
	return list
}

func fold(b *strings.Builder, head []string, rows [][]string) {
	fmt.Fprintf(b, "<details><summary>Numbers</summary>\n%s</details>\n", Table(head, rows))
}

// Table returns a table in a box that scrolls when it is too wide. The first column names the rows; what follows the first
// line of a cell is small.
func Table(head []string, rows [][]string) string {
	var b strings.Builder
	b.WriteString(`<div class="table" tabindex="0"><table><thead><tr>`)
	for _, h := range head {
		fmt.Fprintf(&b, `<th scope="col">%s</th>`, html.EscapeString(h))
	}
	b.WriteString("</tr></thead><tbody>\n")
	for _, row := range rows {
		for i, cell := range row {
			if i == 0 {
				fmt.Fprintf(&b, `<tr><th scope="row">%s</th>`, html.EscapeString(cell))
			} else {
				first, rest, _ := strings.Cut(html.EscapeString(cell), "\n")
				if rest != "" {
					rest = "<small>" + strings.ReplaceAll(rest, "\n", "<br>") + "</small>"
				}
				fmt.Fprintf(&b, "<td>%s%s</td>", first, rest)
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>\n")
	return b.String()
}
