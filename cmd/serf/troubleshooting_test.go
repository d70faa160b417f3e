package main

import (
	"regexp"
	"slices"
	"testing"

	"serf/sim/proof"
)

const operationsPath = "../../docs/operations.md"

// troubles are the headings of the tables about symptoms.
var troubles = []string{
	"The agent does not start", "Members do not find each other", "Members flap or fail", "Events, queries and handlers", "Files", "Commands and RPC",
}

// counterInInfo is how the operator's guide points at a counter instead of a line.
var counterInInfo = regexp.MustCompile("^`([a-z_]+)` in `serf info`$")

// What the operator's guide quotes to look up is in the sources, piece by piece, or a counter of "serf info".
func TestLinesOfTheTroubleshootingSectionAreThoseOfTheSources(t *testing.T) {
	missing, counters := pieceMissing(t), infoCounters(t)
	lines := map[string]int{}
	for _, r := range proof.ReadTable(t, operationsPath, 4) {
		seen, meaning, remedy := r.Cells[1], r.Cells[2], r.Cells[3]
		if !slices.Contains(troubles, r.Section) {
			continue
		}
		if seen == "" || meaning == "" || remedy == "" {
			t.Errorf("%v: a cell is empty", r)
		}
		if m := counterInInfo.FindStringSubmatch(seen); m != nil {
			if !counters[m[1]] {
				t.Errorf("%v: serf info has no counter %s", r, m[1])
			}
			continue
		}
		for _, quoted := range proof.Spans(seen) {
			lines[r.Section]++
			if piece := missing(quoted); piece != "" {
				t.Errorf("%v: %q: no source has %q", r, quoted, piece)
			}
		}
	}
	for _, section := range troubles {
		if lines[section] < 5 {
			t.Errorf("%s quotes %d lines under %q, want five and more", operationsPath, lines[section], section)
		}
	}
}
