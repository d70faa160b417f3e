//go:build linux

package main

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
)

// Colours of what the members say of one: the worst that anybody says counts.
var colours = map[string]string{"alive": "#4c9f70", "failed": "#d1495b", "left": "#8d96a0", "reaped": "#d9dde1"}

// worst orders statuses, the worst last.
var worst = []string{"", "reaped", "left", "alive", "failed"}

const (
	rowHeight    = 14
	labelWidth   = 70
	pictureWidth = 1000
)

// picture draws who was believed what, over time: a row for each member, coloured by the worst that anybody else said of it.
func (l *lab) picture() string {
	end := l.now()
	observations := l.since(0)
	var b strings.Builder
	height := rowHeight*len(l.members) + 24
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="statuses of the members over time">`, pictureWidth, height)
	for i, m := range l.members {
		y := i * rowHeight
		fmt.Fprintf(&b, `<text x="0" y="%d" font-size="11">%s</text>`, y+11, html.EscapeString(m.name))
		for _, s := range spans(observations, m.name, end) {
			x, w := abscissa(s.from, end), abscissa(s.to, end)-abscissa(s.from, end)
			fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"><title>%s %s from %s</title></rect>`,
				x, y+2, max(w, 0.5), rowHeight-3, colours[s.status], html.EscapeString(m.name), s.status, short(s.from))
		}
	}
	for i := range 6 {
		at := end * time.Duration(i) / 5
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" font-size="11" text-anchor="middle">%s</text>`,
			min(abscissa(at, end), pictureWidth-16), height-6, at.Round(time.Second))
	}
	b.WriteString("</svg>")
	return b.String()
}

func abscissa(at, end time.Duration) float64 {
	return labelWidth + (pictureWidth-labelWidth)*float64(at)/float64(max(end, 1))
}

// span is a time in which a member was believed one thing.
type span struct {
	from, to time.Duration
	status   string
}

// spans returns what was believed of a member, from its first mention to the end.
func spans(observations []observation, name string, end time.Duration) []span {
	said := make(map[string]string) // by observer
	var list []span
	for _, o := range observations {
		if o.member != name {
			continue
		}
		said[o.observer] = o.status
		now := ""
		for _, status := range said {
			if slices.Index(worst, status) > slices.Index(worst, now) {
				now = status
			}
		}
		if n := len(list); n > 0 {
			if list[n-1].status == now {
				continue
			}
			list[n-1].to = o.at
		}
		list = append(list, span{o.at, end, now})
	}
	return list
}
