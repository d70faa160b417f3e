package membership

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// weaknesses is how many the specification of Serf's layer lists of the reference.
const weaknesses = 35

// The table of weaknesses in the documentation is true: every one has its row, and every test named there is one.
func TestEveryWeaknessOfTheReferenceHasItsTest(t *testing.T) {
	text, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "### Weaknesses of the reference\n")
	if !found {
		t.Fatal("the documentation has no section on weaknesses")
	}
	table, _, _ = strings.Cut(table, "\n### ")
	rows := make(map[string]string)
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if name, is := strings.CutPrefix(cells[0], "| W"); is && len(cells) == 4 {
			rows[name] = cells[3]
		}
	}
	if len(rows) != weaknesses {
		t.Errorf("%d rows, want %d", len(rows), weaknesses)
	}
	quoted := regexp.MustCompile("`([a-z/]+)\\.(Test[A-Za-z0-9]+)`")
	for i := range weaknesses {
		name := fmt.Sprint(i + 1)
		tests := quoted.FindAllStringSubmatch(rows[name], -1)
		if len(tests) == 0 || strings.Count(rows[name], "`") != 2*len(tests) {
			t.Errorf("W%s names %d tests in %q", name, len(tests), rows[name])
		}
		for _, test := range tests {
			if !declares(t, filepath.Join("..", test[1]), test[2]) {
				t.Errorf("W%s: package %s has no %s", name, test[1], test[2])
			}
		}
	}
}

// declares reports whether the tests of the package in dir have one of that name.
func declares(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}
