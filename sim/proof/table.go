package proof

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Row is a row of a table in a document.
type Row struct {
	Line    int
	Section string // the heading above, whatever its level
	Cells   []string
}

func (r Row) String() string { return fmt.Sprintf("line %d (%s)", r.Line, r.Section) }

// ReadTable returns the rows of all tables of a document that have so many columns. It fails t when there are none.
func ReadTable(t testing.TB, path string, columns int) (rows []Row) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	section, body := "", false
	for i, line := range strings.Split(string(text), "\n") {
		if marks := strings.TrimLeft(line, "#"); marks != line && strings.HasPrefix(marks, " ") {
			section = marks[1:]
		}
		if !strings.HasPrefix(line, "| ") {
			body = strings.HasPrefix(line, "|---")
			continue
		}
		if c := cells(line); body && len(c) == columns {
			rows = append(rows, Row{Line: i + 1, Section: section, Cells: c})
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no table of %d columns", path, columns)
	}
	return rows
}

// cells splits a row, in which a bar inside a cell is written \|.
func cells(line string) []string {
	line = strings.ReplaceAll(strings.Trim(strings.TrimSpace(line), "|"), `\|`, "\x00")
	parts := strings.Split(line, "|")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(strings.ReplaceAll(p, "\x00", "|"))
	}
	return parts
}

var codeSpan = regexp.MustCompile("``?([^`]+)`?`")

// Spans returns the texts of a cell that are in code font.
func Spans(cell string) (texts []string) {
	for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
		texts = append(texts, strings.TrimSpace(m[1]))
	}
	return texts
}

// WithoutSpans returns what else is in a cell.
func WithoutSpans(cell string) string { return codeSpan.ReplaceAllString(cell, "") }
