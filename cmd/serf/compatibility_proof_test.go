package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// proofText returns the text of what proves something: a script, as "members.txt"; a test, as "agent/rpc.TestX"; or a check of
// the conformance suite, as "TestCLI/4/join", with what it says in front.
func proofText(name string) (string, error) {
	switch {
	case strings.HasSuffix(name, ".txt"):
		b, err := os.ReadFile(filepath.Join("testdata/script", name))
		return string(b), err
	case strings.HasPrefix(name, "Test"):
		return conformCheck(name)
	}
	dir, test, _ := strings.Cut(name, ".")
	functions, err := testFunctions(dir)
	if err == nil && functions[test] == "" {
		err = fmt.Errorf("package %s has no test %q", dir, test)
	}
	return functions[test], err
}

var testFunctionsOf sync.Map // by directory

// testFunctions returns the sources of the tests of a package.
func testFunctions(dir string) (map[string]string, error) {
	if known, ok := testFunctionsOf.Load(dir); ok {
		return known.(map[string]string), nil
	}
	files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	functions := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		positions := token.NewFileSet()
		tree, err := parser.ParseFile(positions, file, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range tree.Decls {
			if f, is := d.(*ast.FuncDecl); is && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				functions[f.Name.Name] = string(text[positions.Position(f.Pos()).Offset:positions.Position(f.End()).Offset])
			}
		}
	}
	testFunctionsOf.Store(dir, functions)
	return functions, nil
}

var conformSources = sync.OnceValues(func() (string, error) {
	files, err := filepath.Glob("../../sim/conform/*_test.go")
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		b.Write(text)
	}
	return b.String(), err
})

// conformCheck returns what a check says and its source. A check of a table that is made by a loop has its own words behind those
// of the table, as "query" in "auth-required-query".
func conformCheck(name string) (string, error) {
	list, err := os.ReadFile("../../sim/conform/checks.txt")
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut("\n"+string(list), "\n"+name+"\t")
	if !found {
		return "", fmt.Errorf("sim/conform/checks.txt has no %s", name)
	}
	says, _, _ := strings.Cut(rest, "\n")
	sources, err := conformSources()
	if err != nil {
		return "", err
	}
	words := name[strings.LastIndex(name, "/")+1:]
	for {
		source := compositeWith(sources, words)
		if _, fewer, more := strings.Cut(words, "-"); source == "" && more && strings.Contains(fewer, "-") {
			words = fewer
			continue
		}
		return says + "\n" + source, nil
	}
}

// compositeWith returns the lines of a literal that begins with, or has in its first line, the text words.
func compositeWith(sources, words string) string {
	at := strings.Index(sources, `"`+words+`"`)
	if at < 0 {
		return ""
	}
	at = strings.LastIndex(sources[:at], "\n") + 1
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, "\t")) }
	var b strings.Builder
	first := true
	for line := range strings.Lines(sources[at:]) {
		b.WriteString(line)
		switch {
		case first && !strings.HasSuffix(strings.TrimSpace(line), "{"), !first && strings.TrimSpace(line) != "" && indent(line) <= indent(sources[at:]):
			return b.String()
		}
		first = false
	}
	return b.String()
}

var (
	placeholder = regexp.MustCompile(`<[a-z][a-z0-9 :/]*>`)
	lead        = regexp.MustCompile(`^(==> )?(\[[A-Z]+\] ([a-z.]+: )?)?`)
	identifier  = regexp.MustCompile(`^-?[A-Za-z_][A-Za-z0-9_.*-]*$`)
	invocation  = regexp.MustCompile(`^serf ([a-z-]+)(?: (-[a-z-]+))?$`)
	quoting     = strings.NewReplacer(`\`, "", "'", "", `"`, "", " ", "", "`", "")
)

// mentions reports whether a test has a text inside: a name as a word of its own; a command and its flag in one line; the parts of a
// message that do not vary, in their order, whatever quoting they need there.
func mentions(test, text string) bool {
	word := func(s string) *regexp.Regexp {
		return regexp.MustCompile(`(?:^|\bserf-agent\.|[^\w.-])-?` + regexp.QuoteMeta(s) + `(?:[^\w-]|$)`)
	}
	if m := invocation.FindStringSubmatch(text); m != nil {
		command, flag := word(m[1]), word(m[2])
		for line := range strings.Lines(test) {
			if command.MatchString(line) && (m[2] == "" || flag.MatchString(line)) {
				return true
			}
		}
		return false
	}
	if identifier.MatchString(text) {
		return word(text).MatchString(strings.ReplaceAll(test, `\`, ""))
	}
	var parts []string
	for _, p := range fragments(text) {
		if p = quoting.Replace(p); p != "" {
			parts = append(parts, regexp.QuoteMeta(p))
		}
	}
	return regexp.MustCompile(strings.Join(parts, `(?s:.{0,300}?)`)).MatchString(quoting.Replace(test))
}

// fragments returns the parts of a text that do not vary.
func fragments(text string) (parts []string) {
	for _, p := range placeholder.Split(lead.ReplaceAllString(text, ""), -1) {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}
