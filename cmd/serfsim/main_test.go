package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"serf/sim"
)

// call runs one command line.
func call(t *testing.T, ctx context.Context, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(ctx, args, strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

func TestListNamesAllScenariosAndStudies(t *testing.T) {
	status, out, _ := call(t, context.Background(), "list")
	if status != 0 {
		t.Fatalf("status %d", status)
	}
	named := make(map[string]string)
	for _, s := range sim.Scenarios() {
		named["run "+s.Name] = s.Synopsis
	}
	for _, s := range sim.Studies() {
		named["study "+s.Name] = s.Synopsis
	}
	for name, synopsis := range named {
		if !strings.Contains(out, name+" ") || !strings.Contains(out, synopsis) {
			t.Errorf("%s is missing from\n%s", name, out)
		}
	}
}

func TestEveryScenarioAnswersInEveryFormat(t *testing.T) {
	for _, s := range sim.Scenarios() {
		args := []string{"run", "-nodes", "8", "-for", "20s", "-loss", "2%", s.Name}
		status, text, errs := call(t, context.Background(), args...)
		if status != 0 || !strings.Contains(text, "8 members, profile lan, loss 2 %") {
			t.Errorf("%s: status %d, %s%s", s.Name, status, text, errs)
		}
		_, out, _ := call(t, context.Background(), append([]string{"run", "-format", "json"}, args[1:]...)...)
		var r sim.Report
		if err := json.Unmarshal([]byte(out), &r); err != nil || r.Name != s.Name || len(r.Figures) == 0 {
			t.Errorf("%s: %v in %s", s.Name, err, out)
		}
		_, out, _ = call(t, context.Background(), append([]string{"run", "-format", "csv"}, args[1:]...)...)
		if rows, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || len(rows) != len(r.Figures)+1 {
			t.Errorf("%s: %v, %d rows", s.Name, err, len(rows))
		}
	}
}

func TestRunMayBeginWithAFormedCluster(t *testing.T) {
	for _, s := range sim.Scenarios() {
		status, text, errs := call(t, context.Background(), "run", "-formed", "-nodes", "40", "-for", "90s", s.Name)
		if status != 0 || !strings.Contains(text, "40 members, profile lan, loss 0 %, latency 1ms one way, formed long ago") {
			t.Errorf("%s: status %d, %s%s", s.Name, status, text, errs)
		}
	}
}

func TestRunIsTheSameAgain(t *testing.T) {
	hash := func(seed string) string {
		_, out, _ := call(t, context.Background(), "run", "-nodes", "10", "-for", "20s", "-seed", seed, "-loss", "0.1", "event")
		return out[strings.Index(out, "hash"):]
	}
	if a, b := hash("5"), hash("5"); a != b {
		t.Errorf("seed 5 gave %s and %s", a, b)
	}
	if a, b := hash("5"), hash("6"); a == b {
		t.Error("another seed gave the same run")
	}
}

func TestSwarmCountsTrialsAndFaults(t *testing.T) {
	status, out, errs := call(t, context.Background(), "swarm", "-seeds", "3..5", "-nodes", "10", "-verbose")
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	for _, want := range []string{"trials  ", "seed 3: 10 hosts", "faults drawn", "hash"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
}

func TestInterruptKeepsWhatIsDone(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	status, out, _ := call(t, ctx, "swarm", "-seeds", "1..50", "-nodes", "10")
	if status != 0 || !strings.Contains(out, "interrupted: ") {
		t.Errorf("status %d\n%s", status, out)
	}
}

func TestPlanFitsOnAPage(t *testing.T) {
	status, out, errs := call(t, context.Background(), "plan", "-nodes", "5000", "-loss", "1%", "-for", "5s")
	if status != 0 || strings.Count(out, "\n") > 40 || !strings.Contains(out, "5000 members") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

func TestWrongCommandLinesAreExplained(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"nope"}, `unknown command "nope"`},
		{[]string{"run"}, "one scenario is wanted"},
		{[]string{"run", "nope"}, `unknown scenario "nope"`},
		{[]string{"study", "nope"}, `unknown study "nope"`},
		{[]string{"run", "-x", "crash"}, "-x"},
		{[]string{"run", "-loss", "150%", "crash"}, `"150%" is no share below 1`},
		{[]string{"run", "-profile", "moon", "crash"}, `"moon" is not lan, wan, local`},
		{[]string{"run", "-nodes", "1", "crash"}, "1 is not within 2"},
		{[]string{"run", "-format", "xml", "crash"}, `"xml" is not text, json, csv`},
		{[]string{"swarm", "-seeds", "9..3"}, `"9..3" names no seeds`},
		{[]string{"plan", "more"}, "too many arguments"},
	} {
		status, out, errs := call(t, context.Background(), test.args...)
		if status != statusUsage || out != "" || !strings.Contains(errs, test.want) || !strings.Contains(errs, "hint: serfsim help") {
			t.Errorf("%v: status %d, output %q, errors %q, want %q", test.args, status, out, errs, test.want)
		}
	}
}
