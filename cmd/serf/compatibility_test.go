package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// This file holds docs/compatibility.md against the code: what it says is proven is, and nothing is left out. The keys of the
// configuration, the commands of RPC and the variables of handlers are looked for by the packages that have them.

const compatibilityPath = "../../docs/compatibility.md"

// weaknesses is how many the specification of the agent, of RPC and of the commands lists of the reference.
const weaknesses = 64

// compatRow is a row of a table: | what | tests | difference |
type compatRow struct {
	line    int
	section string   // the heading above
	what    []string // texts in code font; none when the first cell is a sentence
	proofs  []string // tests, scripts, checks
	differs string   // from the reference, and why; empty: not at all
}

func (r compatRow) String() string { return fmt.Sprintf("line %d (%s)", r.line, r.section) }

var codeSpan = regexp.MustCompile("``?([^`]+)`?`")

// cells splits a row, in which a bar inside a cell is written \|.
func cells(line string) []string {
	line = strings.ReplaceAll(strings.Trim(strings.TrimSpace(line), "|"), `\|`, "\x00")
	parts := strings.Split(line, "|")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(strings.ReplaceAll(p, "\x00", "|"))
	}
	return parts
}

func spans(cell string) (texts []string) {
	for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
		texts = append(texts, strings.TrimSpace(m[1]))
	}
	return texts
}

func compatTables(t *testing.T, columns int) [][]string {
	t.Helper()
	return tablesOf(t, compatibilityPath, columns)
}

// tablesOf returns the rows of all tables of a document with so many columns, as cells, with the line and the section in front.
func tablesOf(t *testing.T, path string, columns int) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	section, header := "", false
	for i, line := range strings.Split(string(text), "\n") {
		if h, is := strings.CutPrefix(line, "## "); is {
			section = h
		}
		if !strings.HasPrefix(line, "| ") {
			header = !strings.HasPrefix(line, "|---")
			continue
		}
		if c := cells(line); !header && len(c) == columns {
			rows = append(rows, append([]string{fmt.Sprint(i + 1), section}, c...))
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no table of %d columns", path, columns)
	}
	return rows
}

// compatRows returns the rows about what there is.
func compatRows(t *testing.T) (rows []compatRow) {
	t.Helper()
	for _, c := range compatTables(t, 3) {
		r := compatRow{section: c[1], proofs: spans(c[3]), differs: c[4]}
		if strings.Trim(codeSpan.ReplaceAllString(c[2], ""), ", ") == "" {
			r.what = spans(c[2])
		}
		_, _ = fmt.Sscan(c[0], &r.line)
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
			if got[r.section] != nil && (strings.HasPrefix(what, "-") || strings.HasPrefix(what, "serf ")) {
				got[r.section][what] = true
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
		for _, c := range compatTables(t, 2) {
			if names := spans(c[2]); c[1] == tt.section && len(names) == 1 && c[3] != "" {
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
	for _, c := range compatTables(t, 4) {
		number, ours, proofs := c[2], c[4], spans(c[5])
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
