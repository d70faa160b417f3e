package proof

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// numbers returns "1" to n.
func numbers(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(i+1))
	}
	return list
}

// docs/reliability.md has a row for each promise, fault and rule; each names what shows it, or says what is missing; and all that
// is named is there.
func TestEveryPromiseFaultAndRuleHasItsProof(t *testing.T) {
	want := map[string][]string{
		"Promises": numbers(8), "Faults": slices.Insert(numbers(42), 3, "3a"), "Rules on the wire": numbers(9), "Rules of RPC": numbers(8),
	}
	got := make(map[string][]string)
	for _, r := range ReadTable(t, "../../docs/reliability.md", 5) {
		got[r.Section] = append(got[r.Section], r.Cells[0])
		if r.Cells[1] == "" || r.Cells[2] == "" {
			t.Errorf("%v: half a row", r)
		}
		shown, missing, _ := strings.Cut(r.Cells[3], "not ")
		for _, name := range Spans(shown) {
			if _, err := Source("../..", name); err != nil {
				t.Errorf("%v: %v", r, err)
			}
		}
		if rest := strings.Trim(WithoutSpans(shown), ",; "); rest != "" {
			t.Errorf("%v: %q is no name of a test", r, rest)
		}
		if missing != "promised" && !strings.HasPrefix(missing, "shown yet: ") && (missing != "" || shown == "") {
			t.Errorf("%v: neither a test nor what is not shown yet: %q", r, r.Cells[3])
		}
	}
	for section, rows := range want {
		if !slices.Equal(got[section], rows) {
			t.Errorf("%s: got rows %v, want %v", section, got[section], rows)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d sections, want %d", len(got), len(want))
	}
}
