package chart

import (
	"fmt"
	"html"
	"strings"
)

// The room of a picture. It is narrow, so that its text can be read where it fills a phone.
const (
	width       = 360
	height      = 235
	marginLeft  = 48
	marginRight = 14
	marginTop   = 26
	marginBelow = 42
)

const (
	colours = 8
	// pointsMarked is up to how many points of a line have a mark each; longer lines have marksSparse of them.
	pointsMarked = 24
	marksSparse  = 5
)

// HTML returns the chart as a figure with legend and table.
func (c *Chart) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<figure><figcaption>%s</figcaption>\n", html.EscapeString(c.Title))
	c.svg(&b)
	if len(c.Series) > 1 || len(c.Series) == 1 && c.Series[0].Expected {
		c.legend(&b)
	}
	note(&b, c.Note)
	c.table(&b)
	b.WriteString("</figure>\n")
	return b.String()
}

func (c *Chart) svg(b *strings.Builder) {
	x, y := c.scales()
	fmt.Fprintf(b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, height, html.EscapeString(c.Title))
	c.axes(b, x, y)
	for i := range c.Series {
		c.line(b, x, y, i)
	}
	b.WriteString("</svg>\n")
}

func (c *Chart) scales() (x, y scale) {
	var xs, ys []float64
	for i := range c.Series {
		for _, p := range c.Series[i].Points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
			if p.estimate() {
				ys = append(ys, p.High, max(p.Low, 0))
			}
		}
	}
	return newScale(c.X, xs, marginLeft, width-marginRight), newScale(c.Y, ys, height-marginBelow, marginTop)
}

func (p Point) estimate() bool { return p.Low != 0 || p.High != 0 }

func (c *Chart) axes(b *strings.Builder, x, y scale) {
	for _, v := range y.ticks(5) {
		at := place(y.at(v))
		fmt.Fprintf(b, `<path class="grid" d="M%d %sH%d"/><text x="%d" y="%s" dy=".35em" text-anchor="end">%s</text>`,
			marginLeft, at, width-marginRight, marginLeft-6, at, Number(v))
	}
	abscissa(b, x, height-marginBelow, c.X)
	fmt.Fprintf(b, `<text x="2" y="14" class="axis">%s</text>`, html.EscapeString(c.Y.title()))
}

// abscissa draws the axis of x at the height y.
func abscissa(b *strings.Builder, x scale, y float64, axis Axis) {
	fmt.Fprintf(b, `<path class="base" d="M%s %sH%s"/>`, place(x.from), place(y), place(x.to))
	for _, v := range x.ticks(6) {
		at := x.at(v)
		fmt.Fprintf(b, `<path class="base" d="M%s %sv4"/><text x="%s" y="%s" text-anchor="middle">%s</text>`,
			place(at), place(y), place(at), place(y+17), Number(v))
	}
	fmt.Fprintf(b, `<text x="%s" y="%s" class="axis" text-anchor="middle">%s</text>`,
		place((x.from+x.to)/2), place(y+35), html.EscapeString(axis.title()))
}

func (c *Chart) line(b *strings.Builder, x, y scale, i int) {
	s := &c.Series[i]
	fmt.Fprintf(b, `<g class="s%d">`, i%colours)
	c.intervals(b, x, y, s)
	class := "line"
	if s.Expected {
		class = "line expected"
	}
	fmt.Fprintf(b, `<path class="%s" d="%s"/>`, class, c.path(x, y, s.Points))
	for k, p := range s.Points {
		if marked(k, len(s.Points), i) {
			mark(b, i, x.at(p.X), y.at(p.Y), fmt.Sprintf("%s: %s at %s", s.Name, Number(p.Y), Number(p.X)))
		}
	}
	b.WriteString("</g>")
}

// marked says whether point k of n of line i has a mark. Lines of many points have theirs at different places.
func marked(k, n, i int) bool {
	if n <= pointsMarked {
		return true
	}
	every := n / marksSparse
	return k%every == (every/2+i*every/colours)%every
}

func (c *Chart) path(x, y scale, points []Point) string {
	var b strings.Builder
	last := ""
	for k, p := range points {
		px, py := place(x.at(p.X)), place(y.at(p.Y))
		switch {
		case k == 0:
			fmt.Fprintf(&b, "M%s %s", px, py)
		case c.Steps:
			fmt.Fprintf(&b, "H%sV%s", px, py)
		case px+" "+py != last:
			fmt.Fprintf(&b, "L%s %s", px, py)
		}
		last = px + " " + py
	}
	return b.String()
}

// intervals draws how sure the values are: a bar each, or a band when there are many.
func (c *Chart) intervals(b *strings.Builder, x, y scale, s *Series) {
	var above, below strings.Builder
	for k := range s.Points {
		p, q := s.Points[k], s.Points[len(s.Points)-1-k]
		if !p.estimate() {
			return
		}
		if len(s.Points) <= pointsMarked {
			fmt.Fprintf(b, `<path class="sure" d="M%s %sV%s"/>`, place(x.at(p.X)), place(y.at(p.Low)), place(y.at(p.High)))
			continue
		}
		fmt.Fprintf(&above, "%s,%s ", place(x.at(p.X)), place(y.at(p.High)))
		fmt.Fprintf(&below, "%s,%s ", place(x.at(q.X)), place(y.at(q.Low)))
	}
	if above.Len() > 0 {
		fmt.Fprintf(b, `<polygon class="band" points="%s%s"/>`, above.String(), below.String())
	}
}

// mark draws the shape of line i.
func mark(b *strings.Builder, i int, x, y float64, title string) {
	shape := [...]string{
		"m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z", "m-2.7 -2.7h5.4v5.4h-5.4z", "m0 -3.6l3.4 6h-6.8z", "m0 -3.8l3.8 3.8l-3.8 3.8l-3.8 -3.8z",
		"m-3 -3l6 6m0 -6l-6 6", "m0 3.6l3.4 -6h-6.8z", "m-3.5 0h7m-3.5 -3.5v7", "m-3.5 -1.3h7v2.6h-7z",
	}[i%colours]
	fmt.Fprintf(b, `<path class="mark" d="M%s %s%s"><title>%s</title></path>`, place(x), place(y), shape, html.EscapeString(title))
}

func (c *Chart) legend(b *strings.Builder) {
	b.WriteString(`<ul class="legend">`)
	for i := range c.Series {
		class := "line"
		if c.Series[i].Expected {
			class = "line expected"
		}
		fmt.Fprintf(b, `<li><svg viewBox="0 0 26 12" width="26" height="12" aria-hidden="true"><g class="s%d"><path class="%s" d="M0 6H26"/>`, i%colours, class)
		mark(b, i, 13, 6, c.Series[i].Name)
		fmt.Fprintf(b, "</g></svg>%s</li>", html.EscapeString(c.Series[i].Name))
	}
	b.WriteString("</ul>\n")
}

func note(b *strings.Builder, text string) {
	if text != "" {
		fmt.Fprintf(b, "<p class=\"note\">%s</p>\n", html.EscapeString(text))
	}
}
