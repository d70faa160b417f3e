//go:build conform

package conform

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// check is one statement of the specification and the experiment that proves it.
type check struct {
	at   string // section, "4.3"
	name string // stable, lower case, unique within the section: "ack-repeats-seq"
	says string // what the section says
	run  func(t *trial)
}

// family is the checks of one part of the specification.
type family struct {
	name   string // of its test function, without Test
	spec   string // document of the specification
	checks []check
}

func (f family) checkName(c check) string { return "Test" + f.name + "/" + c.at + "/" + c.name }

// outcome is how a check ended.
type outcome int

const (
	passed   outcome = iota
	failed           // the binary does not do what the specification says
	known            // it does not, and the list of known differences says why
	mended           // it does, although the list says it does not
	outcomes         // number of outcomes
)

// results collects outcomes for the summary.
var results struct {
	sync.Mutex
	count map[string]*[outcomes]int // by document and section
	names [outcomes][]string
}

func runFamily(t *testing.T, f family) {
	for _, c := range f.checks {
		t.Run(c.at+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			name := f.checkName(c)
			tr := newTrial(name, t.TempDir())
			defer tr.finish()
			tr.attempt(c.run)
			record(f, c, report(t, f, c, tr))
		})
	}
}

// report tells the test runner how a check went and returns the outcome.
func report(t *testing.T, f family, c check, tr *trial) outcome {
	t.Helper()
	says := fmt.Sprintf("%s §%s: %s", f.spec, c.at, c.says)
	difference, listed := knownLists[*knownList][tr.name]
	switch {
	case tr.failure == "" && !listed:
		return passed
	case tr.failure == "" && difference.timing:
		return passed
	case tr.failure == "":
		t.Errorf("%s\nlisted as a known difference (%s), yet it passes: take it off the list", says, difference.why)
		return mended
	case listed:
		t.Logf("%s\nknown difference: %s\n%s", says, difference.why, tr.failure)
		return known
	default:
		t.Errorf("%s\n%s%s", says, tr.failure, tr.evidence())
		return failed
	}
}

func record(f family, c check, o outcome) {
	results.Lock()
	defer results.Unlock()
	if results.count == nil {
		results.count = map[string]*[outcomes]int{}
	}
	chapter, _, _ := strings.Cut(c.at, ".")
	key := fmt.Sprintf("%-8s §%2s", f.name, chapter)
	if results.count[key] == nil {
		results.count[key] = new([outcomes]int)
	}
	results.count[key][o]++
	results.names[o] = append(results.names[o], f.checkName(c))
}

// summary is a table with a line per section, and the names of what failed.
func summary() string {
	results.Lock()
	defer results.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "\nconformance of %s\n%-14s %7s %7s %7s %7s\n", *agentPath, "section", "passed", "failed", "known", "mended")
	var total [outcomes]int
	for _, key := range sortedKeys(results.count) {
		n := results.count[key]
		fmt.Fprintf(&b, "%-14s %7d %7d %7d %7d\n", key, n[passed], n[failed], n[known], n[mended])
		for o := range total {
			total[o] += n[o]
		}
	}
	fmt.Fprintf(&b, "%-14s %7d %7d %7d %7d\n", "all", total[passed], total[failed], total[known], total[mended])
	for _, name := range slices.Sorted(slices.Values(results.names[failed])) {
		fmt.Fprintf(&b, "failed: %s\n", name)
	}
	for _, name := range slices.Sorted(slices.Values(results.names[mended])) {
		fmt.Fprintf(&b, "passes, take it off the list: %s\n", name)
	}
	return b.String()
}

// checkList is a line for each check: name, document and section, statement, separated by tabs.
func checkList() string {
	var lines []string
	for _, f := range families {
		for _, c := range f.checks {
			lines = append(lines, fmt.Sprintf("%s\t%s §%s\t%s\n", f.checkName(c), f.spec, c.at, c.says))
		}
	}
	return strings.Join(lines, "")
}

func TestListOfChecksIsCurrent(t *testing.T) {
	const file = "checks.txt"
	want := checkList()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s differs from the checks: run go test -tags conform ./sim/conform -run List -update", file)
	}
}

func TestNamesOfChecksAreUniqueAndKnown(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range families {
		for _, c := range f.checks {
			name := f.checkName(c)
			if seen[name] {
				t.Errorf("two checks are called %s", name)
			}
			if strings.ContainsAny(name, " \t") || c.says == "" {
				t.Errorf("%s: a name has no blanks, and a check says what it proves", name)
			}
			seen[name] = true
		}
	}
	for list, differences := range knownLists {
		for name, difference := range differences {
			if !seen[name] {
				t.Errorf("list %q names a check that does not exist: %s", list, name)
			}
			if difference.why == "" {
				t.Errorf("list %q gives no reason for %s", list, name)
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
