//go:build linux

package main

import (
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// result is what came of a scenario.
type result struct {
	scenario scenario
	checks   []check
	err      error // the scenario was given up
	picture  string
	logs     map[string][]string // of a scenario that failed
}

func (r result) failed() bool {
	for _, c := range r.checks {
		if !c.held {
			return true
		}
	}
	return r.err != nil
}

func word(held bool) string {
	if held {
		return "held"
	}
	return "BROKEN"
}

func printScenarios(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range scenarios {
		mark := ""
		if s.long {
			mark = " (long)"
		}
		fmt.Fprintf(tw, "%s\t%s%s\n", s.name, s.about, mark)
	}
	tw.Flush()
}

// printChecks prints what came of one scenario.
func printChecks(w io.Writer, r result) {
	for _, c := range r.checks {
		fmt.Fprintf(w, "   %-6s  %s: %s (%s)\n", word(c.held), c.what, c.measured, c.bound)
	}
	if r.err != nil {
		fmt.Fprintf(w, "   BROKEN  %v\n", r.err)
	}
	if r.failed() {
		for name, lines := range r.logs {
			fmt.Fprintf(w, "   -- the last of %s\n", name)
			for _, line := range lines[max(0, len(lines)-15):] {
				fmt.Fprintln(w, "     ", line)
			}
		}
	}
}

// printTable prints all scenarios, a line for each promise.
func printTable(w io.Writer, results []result) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "fault\tpromise\tbound\tmeasured\tverdict")
	for _, r := range results {
		for _, c := range r.checks {
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", r.scenario.name, c.what, c.bound, c.measured, word(c.held))
		}
		if r.err != nil {
			fmt.Fprintf(tw, "%s\tcarried through\t\t%v\t%s\n", r.scenario.name, strings.ReplaceAll(r.err.Error(), "\n", " "), word(false))
		}
	}
	tw.Flush()
}

// writePage writes one page with a picture of each scenario.
func writePage(path string, results []result) error {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fault laboratory</title><style>
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:68rem;padding:0 1rem;color:#1b1f23}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}td,th{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #e3e6e9;vertical-align:top}
svg{width:100%;height:auto}.held{color:#1a7f37}.BROKEN{color:#b42318;font-weight:600}h2{margin-top:2.5rem}
</style><h1>Fault laboratory</h1>
`)
	for _, r := range results {
		fmt.Fprintf(&b, "<h2>%s</h2><p>%s</p><table><tr><th>promise<th>bound<th>measured<th>verdict\n",
			html.EscapeString(r.scenario.name), html.EscapeString(r.scenario.about))
		for _, c := range r.checks {
			fmt.Fprintf(&b, "<tr><td>%s<td>%s<td>%s<td class=%s>%[4]s\n", html.EscapeString(c.what), html.EscapeString(c.bound),
				html.EscapeString(c.measured), word(c.held))
		}
		if r.err != nil {
			fmt.Fprintf(&b, "<tr><td>carried through<td><td>%s<td class=BROKEN>BROKEN\n", html.EscapeString(r.err.Error()))
		}
		fmt.Fprintf(&b, "</table>\n%s\n", r.picture)
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
