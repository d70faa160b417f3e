package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// textSections are those whose rows are about texts that the program prints.
var textSections = map[string]bool{
	"Errors and warnings of the start": true, "Banner and console": true, "Log lines": true, "Error texts of RPC": true,
	"Messages of the commands": true, "Metrics": true, "Lines of a snapshot": true,
}

// libraryTexts are words that texts take over from the Go library, the library of the command line and the system.
var libraryTexts = []string{
	"missing unit in duration", "unknown unit", "in duration", "invalid duration", "illegal base64 data at input byte",
	"connect: connection refused", "no such host", "lookup", "dial tcp", "missing address", "bind: address already in use", "listen tcp",
	"no such file or directory", "invalid port", "too many colons in address", "unexpected EOF", "EOF", "expected a map or struct",
	"looking for beginning of object key string", "flag provided but not defined", "flag needs an argument", "invalid boolean value",
	"invalid value", "for flag -", "parse error", "invalid character", "exit status", "signal: killed", "address", "open", "stat", "time",
}

// A text that the document quotes is one of the program, piece by piece, unless the row says what it prints instead.
func TestTextsOfTheCompatibilityDocumentAreThoseOfTheSources(t *testing.T) {
	missing := pieceMissing(t)
	for _, r := range compatRows(t) {
		if !textSections[r.Section] || r.differs != "" {
			continue
		}
		for _, what := range r.what {
			if piece := missing(what); piece != "" {
				t.Errorf("%v: %q: no source has %q", r, what, piece)
			}
		}
	}
}

func TestCompatibilityListsEveryMetric(t *testing.T) {
	files, err := filepath.Glob("../../agent/telemetry/[a-z]*.go")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	name := regexp.MustCompile(`"((?:runtime|memberlist|serf|agent)\.[A-Za-z_.-]+)"`)
	for _, file := range append(files, "agenttelemetry.go") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range name.FindAllStringSubmatch(string(text), -1) {
			full := m[1]
			if strings.HasSuffix(full, ".") {
				full += "<name>"
			}
			want[strings.Replace(full, "agent.invoke.<name>", "agent.invoke.<script>", 1)] = true
		}
	}
	got := map[string]bool{}
	for _, r := range compatRows(t) {
		if r.Section == "Metrics" && !strings.HasPrefix(r.differs, "Absent: ") {
			got[r.what[0]] = true
		}
	}
	wantSame(t, "Metrics", got, want)
}

// pieceMissing returns missingPiece for the texts of the sources and the library.
func pieceMissing(t *testing.T) func(what string) string {
	t.Helper()
	texts := sourceTexts(t)
	joined := strings.Join(texts, "\n")
	for _, text := range libraryTexts {
		joined += "\n" + text + ":"
	}
	var formats []*regexp.Regexp
	for _, text := range texts {
		if f := formatOf(text); f != nil {
			formats = append(formats, f)
		}
	}
	return func(what string) string { return missingPiece(joined, formats, what) }
}

// missingPiece returns a piece of a text, between colons, that no source has, or nothing. What a format can become is there, too.
func missingPiece(joined string, formats []*regexp.Regexp, what string) string {
	rest := lead.ReplaceAllString(what, "")
	for {
		if slices.ContainsFunc(formats, func(f *regexp.Regexp) bool { return f.MatchString(rest) }) {
			return ""
		}
		piece, after, more := strings.Cut(rest, ": ")
		for _, fragment := range placeholder.Split(piece, -1) {
			if fragment = strings.Trim(fragment, ` "':`); fragment != "" && !strings.Contains(joined, fragment) {
				return fragment
			}
		}
		if !more {
			return ""
		}
		rest = after
	}
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// formatOf returns an expression for what a format with enough words of its own can become.
func formatOf(text string) *regexp.Regexp {
	if own := verb.ReplaceAllString(text, ""); own == text || len(own) < 11 {
		return nil
	}
	var b strings.Builder
	for i, part := range verb.Split(text, -1) {
		if i > 0 {
			b.WriteString(`[^:]*`)
		}
		b.WriteString(regexp.QuoteMeta(part))
	}
	return regexp.MustCompile(`^(?:` + b.String() + `)$`)
}

// sourceTexts returns the texts in the sources of the program, those that are put together from constants in one piece.
func sourceTexts(t *testing.T) (texts []string) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "sim"):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if e, is := n.(ast.Expr); is {
				if text, constant := textOf(e); constant {
					texts = append(texts, text)
					return false
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// textOf returns the text of a literal or of a sum of them.
func textOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		x, isX := textOf(e.X)
		y, isY := textOf(e.Y)
		return x + y, isX && isY && e.Op == token.ADD
	}
	return "", false
}
