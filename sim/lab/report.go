//go:build linux

package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"serf/sim/chart"
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
	var body strings.Builder
	body.WriteString("<h1>Fault laboratory</h1>\n")
	for _, r := range results {
		fmt.Fprintf(&body, "<h2>%s</h2><p>%s</p>\n", html.EscapeString(r.scenario.name), html.EscapeString(r.scenario.about))
		var rows [][]string
		for _, c := range r.checks {
			rows = append(rows, []string{c.what, c.bound, c.measured, word(c.held)})
		}
		if r.err != nil {
			rows = append(rows, []string{"carried through", "", r.err.Error(), word(false)})
		}
		body.WriteString(chart.Table([]string{"promise", "bound", "measured", "verdict"}, rows))
		body.WriteString(r.picture)
	}
	var page bytes.Buffer
	if err := chart.Page(&page, "Fault laboratory", body.String()); err != nil {
		return err
	}
	return os.WriteFile(path, page.Bytes(), 0o644)
}
