package sim

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// purePackages are the folders whose code must behave the same on every run: the deterministic machine and the bytes
// around it. A folder that does not exist yet is no error; one that exists and is missing here is found by review.
var purePackages = []string{
	"swim", "swim/msgpack", "broadcast", "eventbus", "membership", "membership/lamport", "membership/coordinate",
	"transport/envelope",
}

// impureImports maps an import path to the reason why a pure package must not use it.
var impureImports = map[string]string{
	"os":           "the machine has no files and no environment",
	"log":          "the machine does not log, it emits events",
	"log/slog":     "the machine does not log, it emits events",
	"sync":         "the machine belongs to one goroutine",
	"sync/atomic":  "the machine belongs to one goroutine",
	"net":          "the machine has no sockets; addresses are net/netip",
	"crypto/rand":  "randomness is injected",
	"math/rand":    "randomness is injected as math/rand/v2",
	"runtime":      "the machine does not depend on its host",
	"testing":      "tests belong in _test.go files",
	"os/exec":      "the machine starts no processes",
	"syscall":      "the machine makes no system calls",
	"unsafe":       "the machine has no reason to",
	"hash/maphash": "its seed differs from run to run",
}

// impureFuncs maps a package-qualified function to the reason why a pure package must not call it.
var impureFuncs = map[string]string{
	"time.Now": wallClock, "time.Since": wallClock, "time.Until": wallClock, "time.After": wallClock, "time.Sleep": wallClock,
	"time.NewTimer": wallClock, "time.AfterFunc": wallClock, "time.NewTicker": wallClock, "time.Tick": wallClock,
	"math/rand/v2.Int": globalSource, "math/rand/v2.IntN": globalSource, "math/rand/v2.Float64": globalSource, "math/rand/v2.Perm": globalSource,
	"math/rand/v2.Shuffle": globalSource, "math/rand/v2.Uint32": globalSource, "math/rand/v2.Uint64": globalSource, "math/rand/v2.N": globalSource,
	"math/rand/v2.Uint64N": globalSource, "math/rand/v2.Uint32N": globalSource, "math/rand/v2.Int64N": globalSource,
}

const (
	wallClock    = "time is an argument"
	globalSource = "the global source is seeded at random; use the injected *rand.Rand"

	// orderFree marks a line that ranges over a map although order cannot matter; the reason follows the colon.
	orderFree = "//order-free:"
)

func TestPurePackagesArePure(t *testing.T) {
	var dirs []string
	for _, dir := range purePackages {
		if files, _ := filepath.Glob(filepath.Join("..", dir, "*.go")); len(files) > 0 {
			dirs = append(dirs, "serf/"+dir)
		}
	}
	exports := exportFiles(t, dirs)
	for _, path := range dirs {
		t.Run(path, func(t *testing.T) {
			for _, finding := range impurities(t, filepath.Join("..", strings.TrimPrefix(path, "serf/")), path, exports) {
				t.Error(finding)
			}
		})
	}
}

func TestPurityCheckFindsEachImpurity(t *testing.T) {
	dir := t.TempDir()
	src := `package p
import ("os"; "time"; "math/rand/v2")
func f(m map[int]int, c chan int) {
	_ = os.Args
	_ = time.Now()
	_ = rand.IntN(3)
	go f(nil, nil)
	select { case <-c: default: }
	for range m {}
	for range m { //order-free: counts only
	}
}`
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(impurities(t, dir, "p", exportFiles(t, []string{"os", "time", "math/rand/v2"})), "\n")
	for _, want := range []string{
		"p.go:2:9: imports os", "p.go:5:6: uses time.Now", "p.go:6:6: uses math/rand/v2.IntN", "p.go:7:2: starts a goroutine",
		"p.go:8:2: selects", "p.go:3:25: uses a channel type", "p.go:9:2: ranges over a map",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("finding missing: want %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "p.go:10") {
		t.Errorf("a marked range over a map was reported:\n%s", got)
	}
}

// exportFiles asks the go command for the export data of everything that paths import, themselves included.
func exportFiles(t *testing.T, paths []string) map[string]string {
	t.Helper()
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, paths...)
	cmd := exec.Command("go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	files := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	return files
}

// impurities type-checks the non-test files of one folder and returns a line per violation.
func impurities(t *testing.T, dir, path string, exports map[string]string) []string {
	t.Helper()
	fset := token.NewFileSet()
	files := parseDir(t, fset, dir)
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object)}
	lookup := func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok || file == "" {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(file)
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup), FakeImportC: true, Error: func(error) {}}
	if _, err := conf.Check(path, fset, files, info); err != nil && path != "p" {
		t.Fatalf("type check of %s: %v", path, err)
	}
	c := &purity{fset: fset, info: info}
	for _, f := range files {
		c.file(f)
	}
	slices.Sort(c.found)
	return c.found
}

func parseDir(t *testing.T, fset *token.FileSet, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if excluded(f) {
			continue
		}
		files = append(files, f)
	}
	return files
}

// excluded reports whether f is left out of an ordinary build; only the invariants tag splits pure packages.
func excluded(f *ast.File) bool {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if group.Pos() < f.Package && c.Text == "//go:build invariants" {
				return true
			}
		}
	}
	return false
}

// purity walks files and collects violations.
type purity struct {
	fset   *token.FileSet
	info   *types.Info
	marked map[int]bool // lines of the current file that carry the order-free mark
	found  []string
}

func (c *purity) file(f *ast.File) {
	c.marked = make(map[int]bool)
	for _, group := range f.Comments {
		for _, comment := range group.List {
			if reason, ok := strings.CutPrefix(comment.Text, orderFree); ok && strings.TrimSpace(reason) != "" {
				c.marked[c.fset.Position(comment.Pos()).Line] = true
			}
		}
	}
	for _, spec := range f.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		if why, ok := impureImports[path]; ok {
			c.report(spec.Pos(), "imports "+path, why)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool { c.node(n); return true })
}

func (c *purity) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.report(n.Pos(), "starts a goroutine", "the machine runs on its caller's")
	case *ast.SelectStmt:
		c.report(n.Pos(), "selects", "the machine never waits")
	case *ast.ChanType:
		c.report(n.Pos(), "uses a channel type", "the machine never waits")
	case *ast.RangeStmt:
		t := c.info.TypeOf(n.X)
		if t == nil {
			return
		}
		if _, isMap := t.Underlying().(*types.Map); isMap && !c.marked[c.fset.Position(n.Pos()).Line] {
			c.report(n.Pos(), "ranges over a map", "its order differs from run to run; sort, or mark the line "+orderFree+" why")
		}
	case *ast.SelectorExpr:
		obj := c.info.Uses[n.Sel]
		if obj == nil || obj.Pkg() == nil {
			return
		}
		name := obj.Pkg().Path() + "." + obj.Name()
		fn, isFunc := obj.(*types.Func)
		if why, ok := impureFuncs[name]; ok && isFunc && fn.Signature().Recv() == nil {
			c.report(n.Pos(), "uses "+name, why)
		}
	}
}

func (c *purity) report(pos token.Pos, what, why string) {
	p := c.fset.Position(pos)
	c.found = append(c.found, fmt.Sprintf("%s:%d:%d: %s: %s", filepath.Base(p.Filename), p.Line, p.Column, what, why))
}
