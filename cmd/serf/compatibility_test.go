package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"serf/sim/proof"
)

// This file holds docs/compatibility.md against the code: what it says is proven is, and nothing is left out. The keys of the
// configuration, the commands of RPC and the variables of handlers are looked for by the packages that have them.

const compatibilityPath = "../../docs/compatibility.md"

// weaknesses is how many the specification of the agent, of RPC and of the commands lists of the reference.
const weaknesses = 64

// compatRow is a row of a table: | what | tests | difference |
type compatRow struct {
	proof.Row
	what    []string // texts in code font; none when the first cell is a sentence
	proofs  []string // tests, scripts, checks
	differs string   // from the reference, and why; empty: not at all
}

// compatRows returns the rows about what there is.
func compatRows(t *testing.T) (rows []compatRow) {
	t.Helper()
	for _, row := range proof.ReadTable(t, compatibilityPath, 3) {
		r := compatRow{Row: row, proofs: proof.Spans(row.Cells[1]), differs: row.Cells[2]}
		if strings.Trim(proof.WithoutSpans(row.Cells[0]), ", ") == "" {
			r.what = proof.Spans(row.Cells[0])
		}
		rows = append(rows, r)
	}
	if len(rows) < 400 {
		t.Fatalf("%d rows in %s, want hundreds", len(rows), compatibilityPath)
	}
	return rows
}

func TestEveryTestNamedInTheCompatibilityDocumentExists(t *testing.T) {
	for _, r := range compatRows(t) {
		if len(r.proofs) == 0 && r.differs == "" {
			t.Errorf("%v: neither a test nor a difference", r)
		}
		for _, name := range r.proofs {
			if _, err := proofText(name); err != nil {
				t.Errorf("%v: %v", r, err)
			}
		}
	}
}

func TestTestsMentionWhatTheyAreNamedFor(t *testing.T) {
	for _, r := range compatRows(t) {
		for _, what := range r.what {
			mentioned := func(name string) bool {
				text, _ := proofText(name)
				return mentions(text, what)
			}
			if len(r.proofs) > 0 && !slices.ContainsFunc(r.proofs, mentioned) {
				t.Errorf("%v: %s: none of %v mentions it", r, what, r.proofs)
			}
		}
	}
}

func TestCompatibilityListsEveryCommandAndFlag(t *testing.T) {
	const agentFlags, clientFlagsOf, commandFlags = "Configuration keys and flags of the agent", "Flags that choose the agent", "Commands and their flags"
	want := map[string]map[string]bool{agentFlags: {}, clientFlagsOf: {}, commandFlags: {}}
	common := map[string]bool{}
	for _, f := range clientFlags() {
		common[f.Names()[0]] = true
		want[clientFlagsOf]["-"+f.Names()[0]] = true
	}
	for _, c := range (&program{}).commands() {
		want[commandFlags]["serf "+c.Name] = true
		for _, f := range c.Flags {
			switch name := f.Names()[0]; {
			case c.Name == "agent":
				want[agentFlags]["-"+name] = true
			case !common[name]:
				want[commandFlags]["serf "+c.Name+" -"+name] = true
			}
		}
	}
	got := map[string]map[string]bool{agentFlags: {}, clientFlagsOf: {}, commandFlags: {}}
	for _, r := range compatRows(t) {
		for _, what := range r.what {
			if got[r.Section] != nil && (strings.HasPrefix(what, "-") || strings.HasPrefix(what, "serf ")) {
				got[r.Section][what] = true
			}
		}
	}
	for section := range want {
		wantSame(t, section, got[section], want[section])
	}
}

// wantSame compares what the document lists with what there is.
func wantSame(t *testing.T, section string, got, want map[string]bool) {
	t.Helper()
	for name := range want {
		if !got[name] {
			t.Errorf("%s: no row for %s", section, name)
		}
	}
	for name := range got {
		if !want[name] {
			t.Errorf("%s: there is no %s", section, name)
		}
	}
}

// The lists of known differences are kept by the suites that found them; the document tells all of them, and no others.
func TestCompatibilityListsEveryKnownDifference(t *testing.T) {
	for _, tt := range []struct{ section, file, entry string }{
		{"Where the commands differ side by side", "../../sim/interop/differences_test.go", `(?m)^\t"([a-z-]+)": +\{`},
		{"What Debian's 0.9.4 does otherwise", "../../sim/conform/known_debian_test.go", `(?m)^\t"(Test[^"]+)": +\{why: `},
	} {
		source, err := os.ReadFile(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		for _, m := range regexp.MustCompile(tt.entry).FindAllStringSubmatch(string(source), -1) {
			want[m[1]] = true
		}
		got := map[string]bool{}
		for _, r := range proof.ReadTable(t, compatibilityPath, 2) {
			if names := proof.Spans(r.Cells[0]); r.Section == tt.section && len(names) == 1 && r.Cells[1] != "" {
				got[names[0]] = true
			}
		}
		if len(want) == 0 {
			t.Errorf("%s has no differences", tt.file)
		}
		wantSame(t, tt.section, got, want)
	}
}

func TestEveryWeaknessOfTheReferencesAgentHasItsRow(t *testing.T) {
	numbers := map[string]bool{}
	for _, r := range proof.ReadTable(t, compatibilityPath, 4) {
		number, ours, proofs := r.Cells[0], r.Cells[2], proof.Spans(r.Cells[3])
		if numbers[number] {
			t.Errorf("weakness %s is there twice", number)
		}
		numbers[number] = true
		if ours == "" || len(proofs) == 0 && !strings.HasPrefix(ours, "not mended") {
			t.Errorf("weakness %s: neither a test nor the words that it is not mended: %s", number, ours)
		}
		for _, name := range proofs {
			if _, err := proofText(name); err != nil {
				t.Errorf("weakness %s: %v", number, err)
			}
		}
	}
	want := map[string]bool{}
	for i := range weaknesses {
		want[fmt.Sprint(i+1)] = true
	}
	if !maps.Equal(numbers, want) {
		t.Errorf("got weaknesses %v, want 1 to %d", slices.Sorted(maps.Keys(numbers)), weaknesses)
	}
}
