package transcript

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts anew instead of comparing")

func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := string(b)
			got, err := Run(want)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("%s: %s\nread the difference, then run with -rewrite", file, firstDifference(got, want))
			}
		})
	}
}

func TestRunNamesTheLineOfAMistake(t *testing.T) {
	for text, want := range map[string]string{
		"node a\nfly a\n----\n":        `line 2: "fly a": unknown command`,
		"node a\ndrop a->z\n----\n":    `line 2: "drop a->z": want A->B with known nodes`,
		"node a\nadvance soon\n":       `line 2: "advance soon": time: invalid duration "soon"`,
		"node a speed=3\n":             `line 1: "node a speed=3": unknown option "speed"`,
		"node a\ncrash a\nleave a\n\n": `line 3: "leave a": no running node "a"`,
	} {
		_, err := Run(text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Run(%q): %v, want %s", text, err, want)
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\n  got  %s\n  want %s", i+1, a, b)
		}
	}
	return "no difference"
}
