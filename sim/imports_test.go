package sim

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the direction of imports: the packages of this module that each package may use outside its tests. What
// is not listed uses none. An entry that ends in /... stands for the package and all below it.
var mayImport = map[string][]string{
	"swim/msgpack": nil, "broadcast": nil, "membership/lamport": nil, "transport": nil, "agent/journal": nil, "agent/typo": nil, "sim/chart": nil, "sim/process": nil,

	"swim":                  {"broadcast", "swim/msgpack"},
	"eventbus":              {"broadcast", "swim/msgpack", "membership/lamport"},
	"membership/coordinate": {"swim/msgpack"},
	"membership":            {"swim/...", "eventbus", "broadcast", "membership/..."},
	"transport/envelope":    {"swim/msgpack"},
	"transport/memnet":      {"transport"},

	"agent":           {"membership/...", "eventbus", "swim", "transport", "transport/envelope", "agent/journal"},
	"agent/config":    {"agent", "agent/handler", "agent/journal", "agent/telemetry", "agent/typo", "membership", "transport/envelope"},
	"agent/discover":  {"agent/journal", "membership", "eventbus"},
	"agent/handler":   {"agent", "agent/journal", "eventbus"},
	"agent/rpc":       {"agent", "agent/journal", "eventbus", "membership/coordinate", "swim/msgpack"},
	"agent/telemetry": {"agent", "agent/journal"},

	"cmd/serf":      {"agent/...", "eventbus", "membership/..."},
	"cmd/serf/demo": {"agent/rpc"},
	"cmd/serfsim":   {"sim", "sim/chart"},

	"sim":            {"membership/...", "eventbus", "swim/...", "broadcast", "transport/envelope", "sim/chart"},
	"sim/transcript": {"swim"},
	"sim/calibrate":  {"sim"},
	"sim/lab":        {"sim", "sim/chart", "agent/rpc"},
	"sim/soak":       {"agent", "agent/rpc"},
}

func TestImportsGoOneWay(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "bin" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		from := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), ".."+string(filepath.Separator)))
		for _, to := range ownImports(t, path) {
			if !allowed(from, to) {
				t.Errorf("%s: %s must not import %s: imports go from cmd over agent to the machine, and never back", path, from, to)
			}
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Fatalf("looked at %d files: %v", seen, err)
	}
}

func TestImportsBackAreFound(t *testing.T) {
	for _, back := range [][2]string{
		{"swim", "membership"}, {"swim", "transport/envelope"}, {"membership", "agent"}, {"agent", "agent/rpc"},
		{"transport", "swim"}, {"agent/config", "cmd/serf"}, {"sim", "agent"}, {"a/new/one", "swim"},
	} {
		if allowed(back[0], back[1]) {
			t.Errorf("%s may import %s", back[0], back[1])
		}
	}
}

func TestAllowedImportsMakeNoCircle(t *testing.T) {
	var visit func(from string, way []string)
	visit = func(from string, way []string) {
		if slices.Contains(way, from) {
			t.Fatalf("a circle: %s", strings.Join(append(way, from), " -> "))
		}
		for to := range mayImport {
			if to != from && allowed(from, to) {
				visit(to, append(slices.Clone(way), from))
			}
		}
	}
	for from := range mayImport {
		visit(from, nil)
	}
}

// allowed reports whether package from may import package to, both named below the module.
func allowed(from, to string) bool {
	return slices.ContainsFunc(mayImport[from], func(entry string) bool {
		root, tree := strings.CutSuffix(entry, "/...")
		return to == root || tree && strings.HasPrefix(to, root+"/")
	})
}

// ownImports returns what the file imports of this module, named below it.
func ownImports(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var own []string
	for _, spec := range f.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if below, ok := strings.CutPrefix(name, "serf/"); ok {
			own = append(own, below)
		}
	}
	return own
}
