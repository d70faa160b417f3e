package sim

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// timesOfDay are the uses of the time of day in an agent: what is printed or told, and what may be wrong for as long as the clock is.
// A time that came from time.Now is compared by its monotonic reading, and every other use is one of these calls.
var timesOfDay = []string{
	"agent/discover/respond.go: now.Unix",                 // answers of a second are counted; any other second begins anew
	"agent/handler/environ.go: e.Deadline.Unix",           // told to a script
	"agent/handler/stdinjson.go: e.Deadline.UTC",          // told to a script
	"agent/handler/stdinjson.go: e.Deadline.UTC().Format", // told to a script
	"agent/journal/json.go: l.At.Format",                  // printed
	"agent/journal/sink.go: now.Format",                   // printed
	"agent/journal/journal.go: now.AppendFormat",          // printed
	"agent/journal/syslog.go: l.At.Local",                 // printed
	"agent/journal/syslog.go: l.At.Local().Format",        // printed
	"agent/rpc/tls.go: info.ModTime",                      // of certificates; compared for equality
	"agent/rpc/tls.go: info.ModTime().UnixNano",           // the same
	"agent/rpc/monitor.go: time.Now().Format",             // printed
	"agent/telemetry/interval.go: a.lastUpdate.Format",    // printed
	"agent/telemetry/interval.go: i.start.Format",         // printed
	"agent/telemetry/interval.go: now.Truncate",           // intervals of metrics begin at whole seconds of the clock
	"cmd/serf/dispatch.go: time.Unix",                     // a constant
}

// readings are the methods of a time that lose its monotonic reading, or use the other one, and the functions that make a time without.
// Methods of the same names of other types are told apart below.
var readings = []string{
	"Unix", "UnixNano", "UnixMilli", "UnixMicro", "UTC", "Local", "In", "Round", "Truncate", "Format", "AppendFormat", "Date", "Clock",
	"Hour", "Minute", "Second", "Nanosecond", "YearDay", "Weekday", "AddDate", "Parse", "ParseInLocation", "ModTime", "MarshalText",
	"MarshalJSON", "MarshalBinary", "AppendText", "GobEncode",
}

// otherTypes are calls by such names that have nothing to do with the time of day.
var otherTypes = []string{
	"Round(time.", "Truncate(s.size)", "Truncate(int64(len(content)))", "math.Round", "netip.", "url.Parse", "syntax.Parse",
}

// TestNoDurationHangsOnTheTimeOfDay is what shows that a clock that jumps by a day does no harm: a test cannot set the clock of its host,
// and system calls of a static program cannot be replaced.
func TestNoDurationHangsOnTheTimeOfDay(t *testing.T) {
	found := map[string]bool{}
	for _, top := range []string{"agent", "broadcast", "cmd/serf", "eventbus", "membership", "swim", "transport"} {
		err := filepath.WalkDir(filepath.Join("..", top), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || d.Name() == "memnet" || d.Name() == "demo"):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			return usesOfWallClock(path, found)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for use := range found {
		if !slices.Contains(timesOfDay, use) {
			t.Errorf("%s: a use of the time of day that is not known; a duration must be the difference of two times from time.Now", use)
		}
	}
	for _, use := range timesOfDay {
		if !found[use] {
			t.Errorf("%s: is not there any more", use)
		}
	}
}

// usesOfWallClock adds the calls of a file that readings names.
func usesOfWallClock(path string, found map[string]bool) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is {
			return true
		}
		s, is := call.Fun.(*ast.SelectorExpr)
		if !is || !slices.Contains(readings, s.Sel.Name) {
			return true
		}
		text := printed(call)
		if !slices.ContainsFunc(otherTypes, func(other string) bool { return strings.Contains(text, other) }) {
			found[filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))+": "+printed(s)] = true
		}
		return true
	})
	return nil
}

// printed returns the source of an expression.
func printed(e ast.Expr) string {
	var b strings.Builder
	_ = printer.Fprint(&b, token.NewFileSet(), e) // a Builder never fails
	return b.String()
}
