package eventbus

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"

	"serf/sim/proof"
)

// bombs are short for what they would cost: 200,000 instructions, tables of all letters, a search of 125,000 characters for each
// range, and such tables in a class that is sorted.
var bombs = []string{
	strings.Repeat("x{1000}", 200),
	strings.Repeat(`\pL`, 400),
	"(?i)[" + strings.Repeat("B-\U0001e942", 150) + "]",
	`(?i)[` + strings.Repeat(`B-\x{1e942}`, 100) + "]",
	`[` + strings.Repeat(`\pL`, 400) + "]",
}

func TestBombsAreRefusedBeforeTheyCostMemory(t *testing.T) {
	for _, pattern := range bombs {
		proof.MemoryWithin(t, len(pattern), 256<<10, func() {
			if _, _, err := CompilePattern(pattern, programMax); err == nil || !strings.Contains(err.Error(), "too costly") {
				t.Errorf("%.20q…: got error %v", pattern, err)
			}
		})
	}
}

func TestUsefulPatternsAreNotCostly(t *testing.T) {
	for _, pattern := range []string{
		"", "^web-[0-9]+$", `^[\p{L}\p{N}]{1,63}$`, "(?i)^(" + strings.Repeat("web-ä|", 7) + "db)$", strings.Repeat(`host-\d+|`, 140) + "x", "a{0,1000}",
		"(?i)[а-я]+", strings.Repeat("a-b", 400),
	} {
		if _, _, err := CompilePattern(pattern, programMax); err != nil {
			t.Errorf("%.20q…: %v", pattern, err)
		}
	}
}

// TestWideClassesOfOneQueryAreBounded: each expression alone may be compiled, all of them together are too much.
func TestWideClassesOfOneQueryAreBounded(t *testing.T) {
	var m Matcher
	var filters [][]byte
	for i := range 100 {
		filters = append(filters, AppendTagFilter(nil, "t", "(?i)[B-\U0001e942]|("+strings.Repeat("x", i)+")?"))
	}
	if !m.Match(filters[50:55], "a", nil) {
		t.Error("five expressions did not match")
	}
	if m.Match(filters, "a", nil) {
		t.Error("a hundred expressions were all matched")
	}
	if got := len(m.expressions.known); got > 30 {
		t.Errorf("%d expressions were compiled", got)
	}
}

// FuzzCompilePattern: what is compiled is what the library compiles, and its program is no longer than its cost.
func FuzzCompilePattern(f *testing.F) {
	for _, pattern := range append(bombs, "", "((a*)*)*(x{1000})", `(?i)[\pL-]{2,}|^\x{1e942}?`, "(a|b|c){3,5}", `\Qab\E`, "(?:", `[[:^ascii:]]`) {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if len(pattern) > patternBytesMax {
			return
		}
		var re *regexp.Regexp
		var cost int
		var err error
		proof.MemoryWithin(t, len(pattern), expressionMemory+64*len(pattern), func() { re, cost, err = CompilePattern(pattern, programMax) })
		if err != nil {
			if strings.HasPrefix(err.Error(), "too costly") {
				return
			}
			if _, want := regexp.Compile(pattern); want == nil || want.Error() != err.Error() {
				t.Fatalf("%q: got error %v, the library says %v", pattern, err, want)
			}
			return
		}
		if re.String() != pattern {
			t.Fatalf("%q became %q", pattern, re)
		}
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		program, err := syntax.Compile(parsed.Simplify())
		if err != nil || len(program.Inst) > cost {
			t.Fatalf("%q: got %d instructions and error %v at a cost of %d", pattern, len(program.Inst), err, cost)
		}
	})
}
