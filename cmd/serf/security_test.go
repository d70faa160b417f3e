package main

import (
	"go/constant"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"serf/membership"
	"serf/sim/proof"
)

// This file holds docs/security.md against the code: its limits and its counters are those of the program, and none is left out.

const securityPath = "../../docs/security.md"

// noLimits are constants that are named like limits and bound nothing: versions, and numbers of a format.
var noLimits = []string{
	"agent/config.protocolMax", "membership.ProtocolVersionMax", "swim.ProtocolVersionMax",
	"transport/envelope.codeMax", "transport/envelope.codeBitsMax", "transport/envelope.codeWidthMax",
}

func TestLimitsOfTheSecurityDocumentAreThoseOfTheCode(t *testing.T) {
	rows := proof.ReadTable(t, securityPath, 5)
	if len(rows) < 100 {
		t.Fatalf("%d limits in %s, want a hundred and more", len(rows), securityPath)
	}
	for _, r := range rows {
		names, packages, value := proof.Spans(r.Cells[0]), proof.Spans(r.Cells[1]), r.Cells[2]
		if len(names) != 1 || len(packages) == 0 || r.Cells[3] == "" {
			t.Errorf("%v: want one name, its packages and a reason", r)
			continue
		}
		got, err := amount(value)
		if err != nil {
			t.Errorf("%v: %v", r, err)
			continue
		}
		for _, dir := range packages {
			want, err := constantOf(t, dir, names[0])
			if err != nil {
				t.Errorf("%v: %v", r, err)
			} else if !constant.Compare(got, token.EQL, want) {
				t.Errorf("%v: %s.%s is %v, not %s", r, dir, names[0], want, value)
			}
		}
	}
}

func TestSecurityDocumentListsEveryLimit(t *testing.T) {
	listed := map[string]bool{}
	for _, r := range proof.ReadTable(t, securityPath, 5) {
		for _, name := range proof.Spans(r.Cells[0]) {
			for _, dir := range proof.Spans(r.Cells[1]) {
				listed[dir+"."+name] = true
			}
		}
	}
	limit := regexp.MustCompile(`(Max|Limit|Window)$`)
	found := 0
	for _, dir := range limitedPackages(t) {
		for name := range constantsIn(t, dir) {
			full := dir + "." + name
			if !limit.MatchString(name) || slices.Contains(noLimits, full) {
				continue
			}
			found++
			if !listed[full] {
				t.Errorf("%s has no row for %s", securityPath, full)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d limits found in the sources", found)
	}
}

func TestSecurityDocumentKnowsTheCountersOfInfo(t *testing.T) {
	known := infoCounters(t)
	named := map[string]bool{}
	for _, r := range append(proof.ReadTable(t, securityPath, 5), proof.ReadTable(t, securityPath, 2)...) {
		cell := r.Cells[len(r.Cells)-1] // of a limit
		if len(r.Cells) == 2 {
			cell = r.Cells[0]
		}
		for _, counter := range proof.Spans(cell) {
			named[counter] = true
			if metric := strings.HasPrefix(counter, "agent."); !metric && !known[counter] {
				t.Errorf("%v: serf info has no counter %s", r, counter)
			} else if metric && !slices.Contains(sourceTexts(t), counter) {
				t.Errorf("%v: there is no metric %s", r, counter)
			}
		}
	}
	for counter := range known {
		if !named[counter] {
			t.Errorf("%s says nothing about the counter %s", securityPath, counter)
		}
	}
}

// infoCounters returns the counters that the groups "trouble" and "rpc" of "serf info" can show.
func infoCounters(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	new(membership.Stats).Trouble(func(name string, _ uint64) { known[name] = true })
	yield := regexp.MustCompile(`(?m)^\t+(?:yield\()?"([a-z_]+)"[,:] `)
	for _, file := range []string{"agent/stats.go", "agent/rpc/tally.go", "agent/handler/stats.go"} {
		text, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, m := range yield.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[0], "yield") || strings.HasPrefix(m[1], "handler_") {
				known[m[1]], found = true, found+1
			}
		}
		if found == 0 {
			t.Errorf("%s has no counters any more", file)
		}
	}
	return known
}

var amountForm = regexp.MustCompile(`^(2\^)?([0-9.,]+)(?: (bytes|KiB|MiB|ms|s|min|h))?$`)

// amount reads a value of the table: sizes in bytes, times in nanoseconds.
func amount(text string) (constant.Value, error) {
	m := amountForm.FindStringSubmatch(text)
	if m == nil {
		return nil, strconv.ErrSyntax
	}
	v := constant.MakeFromLiteral(strings.ReplaceAll(m[2], ",", ""), token.FLOAT, 0)
	if m[1] != "" {
		n, _ := constant.Uint64Val(constant.ToInt(v))
		v = constant.Shift(constant.MakeInt64(1), token.SHL, uint(n))
	}
	unit := map[string]int64{"": 1, "bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9}[m[3]]
	return constant.BinaryOp(v, token.MUL, constant.MakeInt64(unit)), nil
}
