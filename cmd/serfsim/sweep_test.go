package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sweepFile writes the file of a small sweep, and returns its path and the directory.
func sweepFile(t *testing.T) (file, dir string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, "event.json")
	text := `{"scenario": "event", "seeds": "1..2", "nodes": [5, 8], "for": "30s"}`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file, dir
}

func TestSweepInPartsIsMergedToTheWhole(t *testing.T) {
	file, dir := sweepFile(t)
	status, whole, errs := call(t, context.Background(), "sweep", file)
	if status != 0 || strings.Count(whole, "\n") != 5 {
		t.Fatalf("status %d: %s%s", status, whole, errs)
	}
	args := []string{"merge"}
	for i := range 3 {
		t.Setenv("JOB_COMPLETION_INDEX", strconv.Itoa(i))
		part := filepath.Join(dir, "part"+strconv.Itoa(i))
		if status, _, errs := call(t, context.Background(), "sweep", "-shard", "auto/3", "-to", part, file); status != 0 {
			t.Fatalf("status %d: %s", status, errs)
		}
		args = append(args, part)
	}
	if status, merged, errs := call(t, context.Background(), args...); status != 0 || merged != whole {
		t.Errorf("status %d, merged to other bytes: %s%s", status, merged, errs)
	}
	to, out := filepath.Join(dir, "all.jsonl"), filepath.Join(dir, "all.html")
	status, text, errs := call(t, context.Background(), append([]string{"merge", "-to", to, "-out", out}, args[1:]...)...)
	if status != 0 || !strings.Contains(text, "How events spread: nodes 8\n") || !strings.Contains(text, "2 seeds of 1..2") {
		t.Errorf("status %d: %s%s", status, text, errs)
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != whole {
		t.Errorf("%v, or the file has other bytes", err)
	}
	if b, err := os.ReadFile(out); err != nil || !bytes.Contains(b, []byte("Sweep of event")) {
		t.Errorf("%v, or the page is none", err)
	}
	status, _, errs = call(t, context.Background(), "merge", "-to", to, args[1])
	if status != statusFailed || !strings.Contains(errs, "missing: shard 2/3, 3/3") {
		t.Errorf("status %d: %s", status, errs)
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != whole {
		t.Errorf("a merge that failed changed the file: %v", err)
	}
}

func TestInterruptedSweepFailsAndGoesOn(t *testing.T) {
	file, dir := sweepFile(t)
	to := filepath.Join(dir, "out.jsonl")
	_, whole, _ := call(t, context.Background(), "sweep", file)
	head := strings.Join(strings.SplitAfter(whole, "\n")[:3], "")
	if err := os.WriteFile(to, []byte(head+`{"point":2,"se`), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	status, out, errs := call(t, ctx, "sweep", "-to", to, file)
	if status != statusFailed || !strings.Contains(errs, "interrupted: 2 of 4 points are done and kept in "+to) || !strings.Contains(out, "nodes 5\n") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	status, _, errs = call(t, context.Background(), "sweep", "-to", to, file)
	if status != 0 || !strings.Contains(errs, to+" has 2 of 4 points already\n") {
		t.Errorf("status %d: %s", status, errs)
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != whole {
		t.Errorf("%v, or the file has other bytes", err)
	}
}

func TestWrongSweepsAreExplained(t *testing.T) {
	file, dir := sweepFile(t)
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("my letters\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		status int
		want   string
		args   []string
	}{
		{statusUsage, "one file is wanted", []string{"sweep"}},
		{statusUsage, `"9/3" is no shard`, []string{"sweep", "-shard", "9/3", file}},
		{statusUsage, `"auto/x" is no shard`, []string{"sweep", "-shard", "auto/x", file}},
		{statusUsage, "-out needs -to", []string{"sweep", "-out", filepath.Join(dir, "x.html"), file}},
		{statusFailed, "no such file", []string{"sweep", filepath.Join(dir, "none")}},
		{statusFailed, other + ": sim: sweep: ", []string{"sweep", other}},
		{statusFailed, "another sweep or shard", []string{"sweep", "-to", other, file}},
		{statusUsage, "the files of the parts are wanted", []string{"merge"}},
		{statusFailed, other + ": no results of a sweep", []string{"merge", other}},
	} {
		status, _, errs := call(t, context.Background(), test.args...)
		if status != test.status || !strings.Contains(errs, test.want) {
			t.Errorf("%v: status %d, %q, want %q", test.args, status, errs, test.want)
		}
	}
	if b, err := os.ReadFile(other); err != nil || string(b) != "my letters\n" {
		t.Errorf("a file of something else was changed: %v", err)
	}
}
