package proof

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

// Source returns the text of what proves something, in the module whose folder is root. It is named in one of these ways:
//
//	members.txt        a script of cmd/serf/testdata/script
//	agent/rpc.TestX    a test of a package, or FuzzX
//	TestCLI/4/join     a check of the conformance suite; what it says comes in front
//	lab kill-5         a scenario of the fault laboratory
func Source(root, name string) (string, error) {
	switch scenario, isScenario := strings.CutPrefix(name, "lab "); {
	case isScenario:
		return labScenario(root, scenario)
	case strings.HasSuffix(name, ".txt"):
		b, err := os.ReadFile(filepath.Join(root, "cmd/serf/testdata/script", name))
		return string(b), err
	case strings.HasPrefix(name, "Test"):
		return conformCheck(root, name)
	}
	dir, test, _ := strings.Cut(name, ".")
	functions, err := testFunctions(filepath.Join(root, dir))
	if err == nil && functions[test] == "" {
		err = fmt.Errorf("package %s has no test %q", dir, test)
	}
	return functions[test], err
}

var testFunctionsOf sync.Map // by folder

// testFunctions returns the sources of the tests of the package in dir.
func testFunctions(dir string) (map[string]string, error) {
	if known, ok := testFunctionsOf.Load(dir); ok {
		return known.(map[string]string), nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
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
			if f, is := d.(*ast.FuncDecl); is && f.Recv == nil && testName.MatchString(f.Name.Name) {
				functions[f.Name.Name] = string(text[positions.Position(f.Pos()).Offset:positions.Position(f.End()).Offset])
			}
		}
	}
	testFunctionsOf.Store(dir, functions)
	return functions, nil
}

var testName = regexp.MustCompile(`^(Test|Fuzz)[A-Z]`)

// labScenario returns the line that lists a scenario.
func labScenario(root, name string) (string, error) {
	list, err := os.ReadFile(filepath.Join(root, "sim/lab/scenario.go"))
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut(string(list), "\n\t{\""+name+"\", ")
	if !found {
		return "", fmt.Errorf("sim/lab/scenario.go has no scenario %q", name)
	}
	line, _, _ := strings.Cut(rest, "\n")
	return line, nil
}

var conformSourcesOf sync.Map // by root

// conformSources returns the tests of the conformance suite, one behind the other.
func conformSources(root string) (string, error) {
	if known, ok := conformSourcesOf.Load(root); ok {
		return known.(string), nil
	}
	files, err := filepath.Glob(filepath.Join(root, "sim/conform/*_test.go"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		b.Write(text)
	}
	conformSourcesOf.Store(root, b.String())
	return b.String(), nil
}

// conformCheck returns what a check says and its source. A check of a table that is made by a loop has its own words behind those
// of the table, as "query" in "auth-required-query".
func conformCheck(root, name string) (string, error) {
	list, err := os.ReadFile(filepath.Join(root, "sim/conform/checks.txt"))
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut("\n"+string(list), "\n"+name+"\t")
	if !found {
		return "", fmt.Errorf("sim/conform/checks.txt has no %s", name)
	}
	says, _, _ := strings.Cut(rest, "\n")
	sources, err := conformSources(root)
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
