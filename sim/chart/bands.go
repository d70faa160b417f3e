package chart

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Heights of rows; the more there are the lower they are.
const (
	rowHeightMin  = 3.0
	rowHeightMax  = 15.0
	rowsHeight    = 320.0 // that they share
	labelDistance = 12.0  // of the names of two rows at least
	labelWidth    = 58.0
)

// HTML returns the bands as a figure with legend and table.
func (d *Bands) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<figure><figcaption>%s</figcaption>\n", html.EscapeString(d.Title))
	d.svg(&b)
	d.legend(&b)
	note(&b, d.Note)
	d.table(&b)
	b.WriteString("</figure>\n")
	return b.String()
}

func (d *Bands) svg(b *strings.Builder) {
	row := min(rowHeightMax, max(rowHeightMin, rowsHeight/float64(max(1, len(d.Rows)))))
	bottom := 4 + row*float64(len(d.Rows))
	x := newScale(d.X, []float64{0, d.End}, labelWidth, width-marginRight)
	fmt.Fprintf(b, `<svg viewBox="0 0 %d %s" role="img" aria-label="%s">`, width, place(bottom+marginBelow), html.EscapeString(d.Title))
	every := int(math.Ceil(labelDistance / row))
	for i := range d.Rows {
		y := 4 + row*float64(i)
		if i%every == 0 {
			fmt.Fprintf(b, `<text x="%s" y="%s" dy=".35em" text-anchor="end">%s</text>`, place(labelWidth-6), place(y+row/2), html.EscapeString(d.Rows[i].Name))
		}
		d.row(b, &d.Rows[i], x, y, row)
	}
	abscissa(b, x, bottom+2, d.X)
	b.WriteString("</svg>\n")
}

func (d *Bands) row(b *strings.Builder, r *Row, x scale, y, height float64) {
	gap := min(1, height/6)
	for _, s := range r.Spans {
		from, to := x.at(s.From), x.at(s.To)
		fmt.Fprintf(b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"><title>%s: %s, %s to %s</title></rect>`,
			d.Levels[s.Level].Fill, place(from), place(y), place(max(0.5, to-from)), place(height-gap),
			html.EscapeString(r.Name), html.EscapeString(d.Levels[s.Level].Name), Number(s.From), Number(s.To))
	}
	under := max(1, height/4)
	for _, s := range r.Marks {
		from, to := x.at(s.From), x.at(s.To)
		fmt.Fprintf(b, `<rect class="under" x="%s" y="%s" width="%s" height="%s"/>`,
			place(from), place(y+height-gap-under), place(max(0.5, to-from)), place(under))
	}
}

func (d *Bands) legend(b *strings.Builder) {
	b.WriteString(`<ul class="legend">`)
	for _, l := range d.Levels {
		fmt.Fprintf(b, `<li><svg viewBox="0 0 16 12" width="16" height="12" aria-hidden="true"><rect class="%s frame" width="16" height="12"/></svg>%s</li>`,
			l.Fill, html.EscapeString(l.Name))
	}
	if d.Mark != "" {
		fmt.Fprintf(b, `<li><svg viewBox="0 0 16 12" width="16" height="12" aria-hidden="true"><rect class="under" y="8" width="16" height="3"/></svg>%s</li>`,
			html.EscapeString(d.Mark))
	}
	b.WriteString("</ul>\n")
}

// table lists how long each row was at each level, of those that were not at the first one all the time.
func (d *Bands) table(b *strings.Builder) {
	head := []string{"How long (" + d.X.Unit + ")"}
	for _, l := range d.Levels {
		head = append(head, l.Name)
	}
	var rows [][]string
	for i := range d.Rows {
		sums := make([]float64, len(d.Levels))
		for _, s := range d.Rows[i].Spans {
			sums[s.Level] += s.To - s.From
		}
		row, moved := []string{d.Rows[i].Name}, false
		for level, sum := range sums {
			row = append(row, Number(sum))
			moved = moved || level > 0 && sum > 0
		}
		if moved && len(rows) < rowsMax {
			rows = append(rows, row)
		}
	}
	if len(rows) > 0 {
		fold(b, head, rows)
	}
}
