//go:build linux

package main

import (
	"slices"
	"time"

	"serf/sim/chart"
)

// beliefs are what the members may say of one, as the picture paints it.
var beliefs = []chart.Level{{Name: "alive", Fill: chart.Good}, {Name: "failed", Fill: chart.Bad}, {Name: "left", Fill: chart.Gone}, {Name: "reaped", Fill: chart.Faint}}

// worst orders statuses, the worst last.
var worst = []string{"", "reaped", "left", "alive", "failed"}

// picture shows who was believed what, over time: a row for each member, coloured by the worst that anybody else said of it.
func (l *lab) picture(title string) string {
	end := l.now()
	observations := l.since(0)
	bands := chart.Bands{Title: title, X: chart.Axis{Label: "time", Unit: "s"}, End: end.Seconds(), Levels: beliefs}
	for _, m := range l.members {
		row := chart.Row{Name: m.name}
		for _, s := range spans(observations, m.name, end) {
			if level := slices.IndexFunc(beliefs, func(b chart.Level) bool { return b.Name == s.status }); level >= 0 {
				row.Spans = append(row.Spans, chart.Span{From: s.from.Seconds(), To: s.to.Seconds(), Level: level})
			}
		}
		bands.Rows = append(bands.Rows, row)
	}
	return bands.HTML()
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
