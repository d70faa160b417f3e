package proof

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const document = `# A

| x | y |
|---|---|
| 1 | 2 |
| 1 | 2 | 3 |
| ` + "`a\\|b`, c" + ` |  |

### B

| x | y |
|---|---|
| 5 | ` + "``d`` `e`" + ` |

| no | table |
`

func TestRowsAreThoseOfTablesWithThatManyColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.md")
	if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []Row{{5, "A", []string{"1", "2"}}, {7, "A", []string{"`a|b`, c", ""}}, {13, "B", []string{"5", "``d`` `e`"}}}
	got := ReadTable(t, path, 2)
	if !slices.EqualFunc(got, want, func(a, b Row) bool {
		return a.Line == b.Line && a.Section == b.Section && slices.Equal(a.Cells, b.Cells)
	}) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if spans := Spans(got[1].Cells[0]); !slices.Equal(spans, []string{"a|b"}) {
		t.Errorf("got spans %q, want a|b", spans)
	}
	if spans := Spans(got[2].Cells[1]); !slices.Equal(spans, []string{"d", "e"}) {
		t.Errorf("got spans %q, want d and e", spans)
	}
	if rest := WithoutSpans(got[1].Cells[0]); rest != ", c" {
		t.Errorf("got %q beside the spans, want %q", rest, ", c")
	}
}

func TestSourceFindsWhatThereIsAndNothingElse(t *testing.T) {
	for name, exists := range map[string]bool{
		"sim/proof.TestSourceFindsWhatThereIsAndNothingElse": true, "sim/proof.TestNothing": false, "sim/nowhere.TestX": false,
		"swim.FuzzHandlePacket": true, "swim.BenchmarkPingOut": false, "members.txt": true, "nobody.txt": false,
		"TestGossip/1/empty-datagram-is-dropped": true, "TestGossip/1/empty-datagram": false, "lab kill-5": true, "lab kill-": false,
	} {
		text, err := Source("../..", name)
		if (err == nil) != exists || (text != "") != exists {
			t.Errorf("%s: got %d bytes, %v", name, len(text), err)
		}
	}
}
