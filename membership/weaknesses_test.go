package membership

import (
	"fmt"
	"strings"
	"testing"

	"serf/sim/proof"
)

// weaknesses is how many the specification of Serf's layer lists of the reference.
const weaknesses = 35

// The table of weaknesses in the documentation is true: every one has its row, and every test named there is one.
func TestEveryWeaknessOfTheReferenceHasItsTest(t *testing.T) {
	rows := make(map[string]bool)
	for _, r := range proof.ReadTable(t, "../docs/protocol.md", 4) {
		if r.Section != "Weaknesses of the reference" {
			continue
		}
		rows[r.Cells[0]] = true
		tests := proof.Spans(r.Cells[3])
		if len(tests) == 0 || strings.Trim(proof.WithoutSpans(r.Cells[3]), ", ") != "" {
			t.Errorf("%v: %s: %q does not only name tests", r, r.Cells[0], r.Cells[3])
		}
		for _, name := range tests {
			if _, err := proof.Source("..", name); err != nil {
				t.Errorf("%v: %s: %v", r, r.Cells[0], err)
			}
		}
	}
	if len(rows) != weaknesses {
		t.Errorf("%d rows, want %d", len(rows), weaknesses)
	}
	for i := range weaknesses {
		if name := fmt.Sprint("W", i+1); !rows[name] {
			t.Errorf("no row for %s", name)
		}
	}
}
