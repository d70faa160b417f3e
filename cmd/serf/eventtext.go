package main

import (
	"fmt"
	"strings"

	"serf/agent/rpc"
)

// eventText returns an event as monitor shows it, one line per fact.
func eventText(e rpc.Event) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "\n\t"+format, args...) }
	b.WriteString("Event Info:")
	line("Event: %q", e.Type)
	switch e.Type {
	case "user":
		line("Name: %q", e.Name)
		line("Payload: %q", e.Payload)
		line("LTime: %d", e.LTime)
		line("Coalesce: %v", e.Coalesce)
	case "query":
		line("Name: %q", e.Name)
		line("Payload: %q", e.Payload)
		line("LTime: %d", e.LTime)
		line("ID: %d", e.ID)
	default:
		line("Members:")
		rows := memberRows(e.Members)
		for row := range strings.SplitSeq(columns(rows), "\n") {
			line("\t%s", row)
		}
	}
	if e.Dropped > 0 {
		line("Lost before this one: %d", e.Dropped)
	}
	return b.String()
}
